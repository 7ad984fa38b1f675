"""Reads an object in a store through a process of its own, whose memory is limited."""

import io
import json
from contextlib import suppress

from onnx101.apart import start
from onnx101.digest import Counted
from onnx101.errors import ConversionError
from onnx101.store_child import HEADER, NEXT, REWIND


class RemoteFile(Counted, io.RawIOBase):
    """The object at `address` as a file of `size` bytes, read up to `position`.

    A store that refuses may send a page without end, all of which its client would hold: that ends
    the child, and no more. Raises ConversionError as `store.RangeReader`, which the child runs.
    """

    stat = None  # no local file
    once = False

    def __init__(self, address: str):
        self._address, self._here = address, memoryview(b"")
        self._child = start("store_child")
        try:
            (self.size,) = HEADER.unpack(self._ask(json.dumps(address).encode() + b"\n"))
        except BaseException:
            self.close()
            raise

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if not self._here:
            self._here = self._ask(NEXT)
        read = min(len(buffer), len(self._here))
        buffer[:read] = self._here[:read]
        self._here = self._here[read:]
        return self.count(buffer, read)

    def rewind(self) -> None:
        """Go back to the beginning of the same version."""
        self.out_of_order()
        self._ask(REWIND)
        self._here, self.position = memoryview(b""), 0

    def close(self) -> None:
        self.end_digest()
        self._child.kill()
        self._child.communicate()
        super().close()

    def _ask(self, what: bytes) -> memoryview:
        with suppress(OSError):  # it has ended, as its answer will say
            self._child.stdin.write(what)
            self._child.stdin.flush()
        (size,) = HEADER.unpack(self._read(HEADER.size))
        data = self._read(abs(size))
        if size < 0:
            raise ConversionError(str(data, "utf-8", "replace"))
        return data

    def _read(self, size: int) -> memoryview:
        data = bytearray(size)
        if self._child.stdout.readinto(data) < size:
            raise ConversionError(
                f"{self._address} cannot be read: the process that read it ended with status "
                f"{self._child.wait()}, as it does where a store sends a page without end"
            )
        return memoryview(data)
