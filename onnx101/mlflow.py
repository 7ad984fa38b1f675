"""Finds the model in a folder written by MLflow."""

import re
from pathlib import Path

from onnx101.errors import ConversionError

_NAME = "MLmodel"
_LONGEST = 2**20
# The scikit-learn flavor's entry for its file: YAML as MLflow writes it, one line each.
_FILE = re.compile(r"""^ +pickled_model: *(['"]?)(.+?)\1 *$""", re.MULTILINE)
_FLAVOR = re.compile(r"^  (\w+):", re.MULTILINE)


def file_in(folder: Path) -> Path:
    """The pickle or .skops file of the scikit-learn model in a folder of MLflow.

    Raises ConversionError where it is some other folder, or holds another kind of model.
    """
    try:
        with open(folder / _NAME, "rb") as file:
            text = file.read(_LONGEST).decode(errors="replace")
    except FileNotFoundError:
        raise ConversionError(
            f"{folder} is a folder without an {_NAME} of MLflow: give the file of the model"
        ) from None
    found = _FILE.search(text)
    if not found:
        flavors = ", ".join(_FLAVOR.findall(text)[:5]) or "none"
        raise ConversionError(
            f"the model of MLflow in {folder} is not of scikit-learn (flavors: {flavors}): use the "
            "converter of the package that it is of"
        )
    try:
        path = (folder / found[2]).resolve()
        inside = path.is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links, a null character
        inside = False
    if not inside:
        raise ConversionError(f"{folder / _NAME} points outside its folder: give the file itself")
    return path
