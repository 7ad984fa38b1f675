"""Runs an untrusted model in a process of its own, within limits."""

import importlib.util
import json
import os
import signal
import stat
import struct
import threading
from math import prod

import numpy as np

from onnx101.apart import start
from onnx101.errors import ConversionError

# Limits of a model: CPU seconds a step, and bytes of memory; plus so much per byte of its file.
_SECONDS, _SECONDS_A_BYTE = 30, 0.5e-6
_MEMORY, _MEMORY_A_BYTE = 2**31, 24
_PATIENCE = 4  # seconds of waiting for each CPU second, since other programs run, too
_LINE = 2**20
TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}
_TEXT = "tensor(string)"


class Runtime:
    """onnxruntime with the model at a path, on one thread.

    inputs, outputs: the name and type of each, such as ["X", "tensor(float)"].
    texts: all that go in or may come out, where an input or output is text.

    Raises ConversionError where the model cannot be loaded, or takes more than its limits.
    """

    def __init__(self, path: str | os.PathLike, texts: list[str]):
        self._path, self._texts = os.fspath(path), np.array([*texts, None], dtype=object)
        self._places = {text: place for place, text in enumerate(texts)}
        size = size_of(path)
        self._seconds = int(_SECONDS + _SECONDS_A_BYTE * size)
        limits = {"seconds": self._seconds, "memory": _MEMORY + _MEMORY_A_BYTE * size}
        told = {"path": os.path.abspath(self._path), "texts": texts, **limits}
        self._child = start("runtime_child")
        try:
            answer = self._ask("load", json.dumps(told).encode() + b"\n")
            self.inputs, self.outputs = answer["inputs"], answer["outputs"]
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Runtime":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._child.kill()
        self._child.communicate()

    def run(self, feeds: list[np.ndarray], shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
        """The outputs for a matrix for each input, which must be of these shapes.

        Text that is not known becomes None. Raises ConversionError where the model cannot be run,
        or answers in other shapes.
        """
        request = b""
        for feed in feeds:
            if feed.dtype == object:
                feed = np.array([self._places[text] for text in feed.flat]).reshape(feed.shape)
            request += struct.pack("<2q", *feed.shape) + feed.tobytes()
        answer = self._ask("run", request)
        if answer["shapes"] != [list(shape) for shape in shapes]:
            raise ConversionError(f"{self._path} has other outputs than the estimator")
        given = []
        for (_, kind), shape in zip(self.outputs, shapes, strict=True):
            dtype = np.dtype(TYPES.get(kind, np.int64))
            values = np.frombuffer(self._read(prod(shape) * dtype.itemsize), dtype).reshape(shape)
            given.append(self._texts[values] if kind == _TEXT else values)
        return given

    def _ask(self, what: str, request: bytes) -> dict:
        """Send a request and return the answer, within the time limit."""
        late = threading.Event()
        clock = threading.Timer(_PATIENCE * self._seconds, lambda: (late.set(), self._child.kill()))
        clock.start()
        try:
            self._child.stdin.write(request)
            self._child.stdin.flush()
            line = self._child.stdout.readline(_LINE)
        except OSError:
            line = b""
        finally:
            clock.cancel()
        if not line.endswith(b"\n"):
            raise self._ended(what, late.is_set())
        answer = json.loads(line)
        if "error" in answer:
            raise ConversionError(f"onnxruntime cannot {what} {self._path}: {answer['error']}")
        return answer

    def _read(self, size: int) -> bytes:
        data = self._child.stdout.read(size)
        if len(data) < size:
            raise self._ended("run", late=False)
        return data

    def _ended(self, what: str, late: bool) -> ConversionError:
        """The error that says why the process ended."""
        status = self._child.wait()
        if late or status == -getattr(signal, "SIGXCPU", signal.NSIG):
            why = f"it takes more than {self._seconds} seconds"
        else:
            why = f"it ends the process, with status {status}"
        return ConversionError(f"onnxruntime cannot {what} {self._path}: {why}")


def size_of(path: str | os.PathLike) -> int:
    """The bytes of the model at a path.

    Raises ConversionError where there is no such file, or no onnxruntime.
    """
    if not _installed():
        raise ConversionError("verify needs onnxruntime: pip install 'onnx101[verify]'")
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConversionError(f"{path}: {why}") from None
    if not stat.S_ISREG(found.st_mode):
        raise ConversionError(f"{path}: is no file, as a model must be")
    return found.st_size


def _installed() -> bool:
    try:
        return importlib.util.find_spec("onnxruntime") is not None
    except ValueError:  # sys.modules says that there is none
        return False
