"""Finds the model in a folder written by MLflow."""

import re
import stat
from pathlib import Path

from onnx101.errors import ConversionError

_NAME = "MLmodel"
_LONGEST = 2**20
# The scikit-learn flavor's entry for its file: YAML as MLflow writes it, one line each.
_FILE = re.compile(r"^ +pickled_model:(.+)$", re.MULTILINE)
_FLAVOR = re.compile(r"^  (\w+):", re.MULTILINE)


def file_in(folder: Path) -> Path:
    """The pickle or .skops file of the scikit-learn model in a folder of MLflow.

    Raises ConversionError where it is some other folder, or holds another kind of model.
    """
    try:
        _check_file(folder / _NAME)
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
        path = (folder / _unquoted(found[1].strip())).resolve()
        inside = path.is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links, a null character
        inside = False
    if not inside:
        raise ConversionError(f"{folder / _NAME} points outside its folder: give the file itself")
    _check_file(path)
    return path


def _unquoted(text: str) -> str:
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if is_quoted else text


def _check_file(path: Path) -> None:
    """Raise ConversionError for a pipe or a device, which may have no end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise ConversionError(f"{path} is no file: save what comes from it first")
