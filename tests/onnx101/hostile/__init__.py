"""Files that must be refused, built from opcodes.

`code` runs something when a plain unpickler loads it, `smuggled` abuses names that a forest
really uses, `forged` holds trees that lie, `bombs` exhausts memory or time.
"""

import bz2
import gzip
import io
import lzma
import pickle
import zlib
from collections.abc import Callable
from functools import partial

import joblib
import lz4.frame
import numpy as np
from sklearn.ensemble import RandomForestRegressor

PROTOCOL = {number: bytes([0x80, number]) for number in range(2, 6)}
STOP = pickle.STOP


def text(value: str) -> bytes:
    data = value.encode()
    return pickle.BINUNICODE + len(data).to_bytes(4, "little") + data


def number(value: int) -> bytes:
    return pickle.BININT + value.to_bytes(4, "little", signed=True)


def data(value: bytes) -> bytes:
    return pickle.BINBYTES + len(value).to_bytes(4, "little") + value


def named(path: str) -> bytes:
    """GLOBAL: `module:attribute`, as protocols 0 to 3 write it."""
    module, attribute = path.split(":")
    return b"c" + module.encode() + b"\n" + attribute.encode() + b"\n"


def stacked(path: str) -> bytes:
    """STACK_GLOBAL: `module:attribute`, as protocol 4 writes it; the attribute may be dotted."""
    module, attribute = path.split(":")
    return text(module) + text(attribute) + pickle.STACK_GLOBAL


def group(*items: bytes) -> bytes:
    return pickle.MARK + b"".join(items) + pickle.TUPLE


def called(function: bytes, *arguments: bytes) -> bytes:
    return function + group(*arguments) + pickle.REDUCE


def whole(*parts: bytes, protocol: int = 4) -> bytes:
    return PROTOCOL[protocol] + b"".join(parts) + STOP


class Call:
    """Pickles as a call of `function`, optionally setting a state on the result."""

    def __init__(self, function: Callable, arguments: tuple, state: object = None):
        self.reduced = (function, arguments, state)

    def __reduce__(self):
        return self.reduced


COMPRESS = {
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": partial(lzma.compress, format=lzma.FORMAT_ALONE),
    "lz4": lz4.frame.compress,
}


def with_joblib(value: object) -> bytes:
    file = io.BytesIO()
    joblib.dump(value, file)
    return file.getvalue()


def forest() -> RandomForestRegressor:
    """Two small valid trees, to hide things in."""
    X = np.arange(48, dtype=np.float32).reshape(24, 2) % 17
    return RandomForestRegressor(n_estimators=2, max_depth=3, random_state=0).fit(X, X[:, 0])


def within_forest(part: bytes) -> bytes:
    """A valid forest with one more attribute, whose value is what `part` leaves on the stack."""
    opcodes = pickle.dumps(forest(), 2)  # ends in SETITEMS, BUILD and STOP
    return opcodes[:-2] + text("more") + part + pickle.SETITEM + opcodes[-2:]
