"""The provenance of a model, kept in its metadata."""

import json
import os
import re
import time
from importlib.metadata import version
from urllib.parse import unquote, urlsplit

from onnx101.arrays import Array
from onnx101.errors import ConversionError
from onnx101.fitted import name_of
from onnx101.inert import Estimator, Object

VERSION = version("onnx101")
_DEPTH = 8  # nested Pipelines


def origin_of(estimator: Estimator | Object) -> dict[str, str]:
    """What the estimator or Pipeline in a pickle says about itself.

    `class`, with its module; `scikit-learn`, the version that wrote it; and `feature_names`, a list
    in JSON. What it does not say is left out.
    """
    found = {"class": path_of(estimator)}
    written = _attribute(estimator, "_sklearn_version")
    if isinstance(written, str):
        found["scikit-learn"] = written
    for _ in range(_DEPTH):  # a Pipeline is fitted on what its first step is fitted on
        steps = _attribute(estimator, "steps")
        if name_of(estimator) != "Pipeline" or not steps:
            break
        estimator = steps[0][1]
    columns = _attribute(estimator, "feature_names_in_")
    if isinstance(columns, Array) and columns.value is not None:
        called = columns.value.ravel().tolist()
        if all(isinstance(each, str) for each in called):
            found["feature_names"] = json.dumps(called, ensure_ascii=False)
    return found


def path_of(made: Estimator | Object) -> str:
    """The module and class name of an unpickled object."""
    return made.path if isinstance(made, Estimator) else f"{made.name.module}.{made.name.name}"


def _attribute(made, name: str):
    state = getattr(made, "state", None)
    return state.get(name) if type(state) is dict else None


def source_of(address: str | os.PathLike, sha256: str | None) -> dict[str, str]:
    """The `source`, only by the last part of its path, its SHA-256, and when it was `converted`.

    As other tools do, takes the time from SOURCE_DATE_EPOCH where that is set: then the same file
    gives the same model. Raises ConversionError where that is not a time.
    """
    path = os.fspath(address)
    if re.match(r"(file|https?)://", path):  # without user names, and without anything after a "?"
        path = unquote(urlsplit(path).path)
    found = {"source": os.path.basename(path.rstrip("/")), "source_sha256": sha256}
    given = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        now = time.gmtime(time.time() if given is None else int(given))
    except (OSError, OverflowError, ValueError):
        raise ConversionError(f"SOURCE_DATE_EPOCH={given} is no number of seconds") from None
    found["converted"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", now)
    return {key: fact for key, fact in found.items() if fact}
