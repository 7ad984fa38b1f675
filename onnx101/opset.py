"""The versions that every model of this project declares, pinned here and nowhere else."""

import re
from typing import NamedTuple

from onnx101.errors import ConversionError

# onnx writes the newest versions it knows, and a runtime refuses what is newer than itself.
# These are the newest that every onnxruntime since 1.21 and onnxruntime-web load, and the
# oldest that have TreeEnsemble (ai.onnx.ml 5). IR 10 and opset 21 came out together.
IR_VERSION = 10
OPSET = 21
ML_OPSET = 5


class Versions(NamedTuple):
    """What a model declares. ml: of ai.onnx.ml."""

    ir: int
    opset: int
    ml: int


NEWEST = Versions(IR_VERSION, OPSET, ML_OPSET)
# The oldest that have the operators in use, TreeEnsembleRegressor among them.
OLDER = Versions(8, 15, 3)
# The oldest onnxruntime that is tested, and the oldest that has TreeEnsemble.
_OLDEST, _NEWER = (1, 15), (1, 21)


def versions_for(target: str | None) -> Versions:
    """The versions of a model that is for a runtime such as "onnxruntime==1.15".

    Raises ConversionError where the text is something else, or the runtime is too old.
    """
    if target is None:
        return NEWEST
    found = re.fullmatch(r"onnxruntime==(\d{1,4})\.(\d{1,4})(\.\d{1,4})?", target, re.ASCII)
    if not found:
        raise ConversionError(f"the target {target!r} is not known: say onnxruntime==1.15")
    release = int(found[1]), int(found[2])
    if release < _OLDEST:
        raise ConversionError("onnxruntime below 1.15 is not supported: use 1.15 or newer")
    return NEWEST if release >= _NEWER else OLDER
