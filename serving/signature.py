"""What a session takes and gives, in the terms of the Open Inference Protocol."""

from collections.abc import Iterable

import numpy as np
import onnxruntime as ort
from kserve import InferInput, InferOutput, InferRequest, InferResponse
from kserve.errors import InvalidInput

DATATYPES = {  # onnxruntime's name: the protocol's, NumPy's
    "tensor(bool)": ("BOOL", np.bool_),
    "tensor(float16)": ("FP16", np.float16),
    "tensor(float)": ("FP32", np.float32),
    "tensor(double)": ("FP64", np.float64),
    **{f"tensor({kind})": (kind.upper(), np.dtype(kind)) for kind in ("int8", "int16", "int32")},
    **{f"tensor({kind})": (kind.upper(), np.dtype(kind)) for kind in ("uint8", "uint16", "uint32")},
    **{f"tensor({kind})": (kind.upper(), np.dtype(kind)) for kind in ("int64", "uint64")},
}
DTYPES = dict(DATATYPES.values())
KINDS = {
    "b": "b",
    "i": "iu",
    "u": "iu",
    "f": "iuf",
}  # by a tensor's NumPy kind: the kinds of JSON data it accepts


def tensors(nodes: Iterable[ort.NodeArg]) -> list[dict]:
    """Name, datatype and shape of each input or output; -1 is any size. Raises ValueError."""
    found = []
    for node in nodes:
        if node.type not in DATATYPES:
            raise ValueError(f"{node.name} is {node.type}; only tensors of numbers are served")
        shape = [size if isinstance(size, int) else -1 for size in node.shape]
        found.append({"name": node.name, "datatype": DATATYPES[node.type][0], "shape": shape})
    return found


def arrays(request: InferRequest, expected: list[dict]) -> dict[str, np.ndarray]:
    """The request's tensors by name, as `expected` by the model. Raises InvalidInput."""
    names = [tensor["name"] for tensor in expected]
    given = [tensor.name for tensor in request.inputs]
    if sorted(map(str, given)) != sorted(names):
        raise InvalidInput(f"inputs {listed(given)}; this model takes {listed(names)}, each once")
    by_name = {tensor.name: tensor for tensor in request.inputs}
    return {tensor["name"]: array(by_name[tensor["name"]], tensor) for tensor in expected}


def array(given: InferInput, expected: dict) -> np.ndarray:
    """The tensor that was given, checked against the one expected. Raises InvalidInput."""
    name, shape, datatype = expected["name"], given.shape, expected["datatype"]
    if given.datatype != datatype:
        raise InvalidInput(f"{name} is {given.datatype}; this model takes {datatype}")
    if not fits(shape, expected["shape"]):
        raise InvalidInput(f"{name} has shape {shape}; this model takes {expected['shape']}")
    try:
        found = numbers(given.data, shape, DTYPES[datatype]) if given.data else given.as_numpy()
        found = found.reshape(shape)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidInput(f"{name} is not {datatype} of shape {shape}: {error}") from None
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        row = np.argwhere(~np.isfinite(found))[0, :1].tolist()
        raise InvalidInput(f"{name}{row} has a number that is NaN, infinite or too large")
    return found


def fits(shape: object, expected: list[int]) -> bool:
    sizes = isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape)
    return (
        sizes
        and len(shape) == len(expected)
        and all(wanted in (-1, size) for size, wanted in zip(shape, expected, strict=True))
    )


def numbers(data: list, shape: list[int], dtype: type[np.generic]) -> np.ndarray:
    """Numbers, flat or nested as `shape` says. Raises ValueError."""
    found = np.array(data)
    if found.dtype.kind not in KINDS[np.dtype(dtype).kind]:
        raise ValueError("its data is not a list of such numbers")
    if found.ndim > 1 and found.shape != tuple(shape):
        raise ValueError(f"its data is nested as {list(found.shape)}")
    with np.errstate(over="ignore"):  # too large becomes infinite, and is refused by name
        cast = found.astype(dtype)
    if cast.dtype.kind in "iu" and not np.array_equal(cast, found):
        raise ValueError("a number is out of range")
    return cast


def response(request: InferRequest, name: str, given: list[dict], results: list) -> InferResponse:
    """The answer of model `name` to a request: a session's results as its outputs are `given`."""
    outputs = []
    for tensor, result in zip(given, results, strict=True):
        output = InferOutput(tensor["name"], list(result.shape), tensor["datatype"], result)
        if request.from_grpc:  # KServe 0.21 does not convert arrays itself
            output.set_data_from_numpy(result, binary_data=request.use_binary_outputs)
        outputs.append(output)
    return InferResponse(
        request.id or "",
        name,
        outputs,
        use_binary_outputs=request.use_binary_outputs,
        requested_outputs=request.request_outputs,
    )


def listed(names: list) -> str:
    return ", ".join(map(str, names)) or "none"
