"""The bytes of a pickle, returned complete or not at all."""

import io
from typing import BinaryIO

from onnx101.errors import ConversionError
from onnx101.foreign import what_is

# Longer than any name or number in a line, and than any frame a pickler writes.
_MAX_LINE, _MAX_FRAME = 1_000, 2**20
# Allocated before the file has delivered more; and read at once where memory is there already.
_PIECE, _AT_ONCE = 2**20, 2**22
# How many bytes are needed to recognise a file.
_START = 512


class Tape:
    """Reads `file`, in which protocol 4 puts most instructions into frames.

    Each method raises EOFError where the file, or the frame, ends too early.
    """

    def __init__(self, file: BinaryIO):
        self._file = self._now = file

    def expect_pickle(self) -> None:
        """Skip the first two bytes of a pickle of protocol 2 or later."""
        start = self._file.read(2)
        if start[:1] != b"\x80":
            raise ConversionError(what_is(start + self._file.read(_START)))
        if start[1:] > b"\x05":
            raise ConversionError("a pickle of a protocol newer than 5: save it with protocol 5")

    def take(self, size: int) -> bytes:
        """A few bytes."""
        data = self._now.read(size)
        if len(data) < size:
            if data or not self._leave():
                raise EOFError
            return self.take(size)
        return data

    def line(self) -> bytes:
        """The bytes up to the next line feed."""
        line = self._now.readline(_MAX_LINE)
        if not line and self._leave():
            line = self._now.readline(_MAX_LINE)
        if line[-1:] != b"\n":
            if len(line) == _MAX_LINE:
                raise ConversionError("the pickle has a line of a length that no pickler writes")
            raise EOFError
        return line[:-1]

    def buffer(self, size: int, memory: bytearray) -> memoryview:
        """Many bytes, put into `memory`, which grows only as the file delivers them."""
        done = 0
        while done < size:
            if done < len(memory):
                with memoryview(memory)[done : min(size, done + _AT_ONCE)] as rest:
                    read = self._now.readinto(rest)
            else:
                piece = self._now.read(min(size - done, _PIECE))
                memory += piece
                read = len(piece)
            if not read and (done or not self._leave()):
                raise EOFError
            done += read
        return memoryview(memory)[:size]

    def skip(self, size: int) -> None:
        """Skip many bytes."""
        while size:
            piece = len(self.buffer(min(size, _PIECE), bytearray()))
            size -= piece

    def enter(self, size: int) -> None:
        """The next `size` bytes are a frame."""
        if size > _MAX_FRAME:
            raise ConversionError("the pickle has a frame of a size that no pickler writes")
        self.expect_end_of_frame()
        frame = self._file.read(size)
        if len(frame) < size:
            raise EOFError
        self._now = io.BytesIO(frame)

    def expect_end_of_frame(self) -> None:
        """Check that the frame ends here."""
        if self._now.read(0 if self._now is self._file else 1):
            raise ConversionError("a frame does not end where its content does: a damaged file")
        self._leave()

    def _leave(self) -> bool:
        """Leave the frame, if in one."""
        was_in_frame, self._now = self._now is not self._file, self._file
        return was_in_frame
