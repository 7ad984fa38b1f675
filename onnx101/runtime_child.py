"""The process that `runtime` starts: loads a model and runs it, as it is asked on its stdin.

First comes a line of JSON: `path`, `texts`, and the limits `seconds` and `memory`. Each request has
for each input two int64, rows and columns, and then the numbers in the type that the input has. An
answer is a line of JSON, in which `error` is a text, and after it the bytes of each output. A text
is written as its place in `texts`, int64.
"""

import json
import os
import struct
import sys

import numpy as np

from onnx101.limits import allow, limit_memory


def main() -> None:
    """Answer requests until stdin ends."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries may print to stdout
    told = json.loads(requests.readline())

    def answer(message: dict, *arrays: np.ndarray) -> None:
        answers.write(json.dumps(message).encode() + b"\n")
        for array in arrays:
            answers.write(array.tobytes())
        answers.flush()

    places = {text: place for place, text in enumerate(told["texts"])}
    limit_memory(told["memory"])
    try:
        allow(told["seconds"])
        session = _load(told["path"])
        described = [
            [[each.name, each.type] for each in group()]
            for group in (session.get_inputs, session.get_outputs)
        ]
    except Exception as error:
        answer({"error": _line(error)})
        return
    answer(dict(zip(("inputs", "outputs"), described, strict=True)))
    texts = np.array(told["texts"], dtype=object)
    while (feed := _feed(requests, described[0], texts)) is not None:
        try:
            allow(told["seconds"])
            given = session.run(None, feed)
            given = [_numbers(array, places) for array in given]
        except Exception as error:
            answer({"error": _line(error)})
        else:
            answer({"shapes": [array.shape for array in given]}, *given)


def _feed(requests, inputs: list, texts: np.ndarray) -> dict[str, np.ndarray] | None:
    """The arrays of one request by name; None when there are no more."""
    feed = {}
    for name, kind in inputs:
        shape = requests.read(16)
        if not shape:
            return None
        rows, columns = struct.unpack("<2q", shape)
        dtype = {"tensor(float)": np.float32, "tensor(string)": np.int64}.get(kind, np.float64)
        data = requests.read(rows * columns * np.dtype(dtype).itemsize)
        array = np.frombuffer(data, dtype).reshape(rows, columns)
        feed[name] = texts[array] if kind == "tensor(string)" else array
    return feed or None


def _load(path: str):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _numbers(array, places: dict[str, int]) -> np.ndarray:
    if not isinstance(array, np.ndarray):
        raise TypeError("an output is no tensor")
    if array.dtype != object:
        return array
    flat = [places.get(text, -1) for text in array.ravel()]
    return np.array(flat, dtype=np.int64).reshape(array.shape)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
