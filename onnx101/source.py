"""Opens the source of a model: a file or an object in a store, compressed or not."""

import bz2
import io
import lzma
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from onnx101.digest import Counted
from onnx101.errors import ConversionError
from onnx101.mlflow import file_in
from onnx101.remote import RemoteFile
from onnx101.store import SCHEMES

_PIECE, _BUFFER = 2**16, 2**20
_ZIP = b"PK\x03\x04"
# Limits of compressed data: this many bytes, plus a multiple of its size; for the work it causes,
# a compressed byte counts twice.
_FREE, _EXPANSION, _WORK = 2**26, 50, 2
# More than the largest preset of xz needs; a damaged header may ask for anything.
_LZMA_MEMORY = 2**27


@contextmanager
def opened(
    address: str | os.PathLike, digest: bool = False
) -> Iterator[tuple["Source", "_File | RemoteFile"]]:
    """The decompressed content of a path or address, and what it is in, with `size` and `position`.

    digest: whether it will be asked for its `sha256`.
    Raises ConversionError for an address that is not known, OSError where it cannot be read.
    """
    path = _local(address)
    if path is None:
        raw = RemoteFile(os.fspath(address))
    else:
        raw = _File(file_in(Path(path)) if os.path.isdir(path) else path)
    if digest:
        raw.begin_digest()
    with raw, Source(raw) as file, _within_reach(_decompressed(file, raw), raw) as content:
        yield content, raw


@contextmanager
def _within_reach(file: "Source", raw: "_File | RemoteFile") -> Iterator["Source"]:
    """The file itself, or, for a zip in a store, a copy on disk: its directory is at the end.

    A pipe, which may have no end, is not copied.
    """
    if not raw.size or file.seekable() or not file.peek(4).startswith(_ZIP):
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy, _BUFFER)
        copy.seek(0)
        content = Source(copy.raw, raw)
        try:
            yield content
        finally:
            content.detach()


def refuse_pipe(address: str | os.PathLike) -> None:
    """Raise ConversionError for a pipe, which to open may take forever, or a device."""
    path = _local(address)
    if path is None or not os.path.exists(path):
        return  # whoever opens it says so
    if not (os.path.isfile(path) or os.path.isdir(path)):
        raise ConversionError(f"{address} is no file: save what comes from it first")


def _local(address: str | os.PathLike) -> str | os.PathLike | None:
    """The path of a file on this machine, None for an object in a store."""
    scheme = re.match(r"(\w+)://", os.fspath(address))
    if scheme and scheme[1] in SCHEMES:
        return None
    if scheme and scheme[1] != "file":
        known = ", ".join(SCHEMES)
        raise ConversionError(f"{address}: give a path, or an address of {known} or file")
    return _path_of(os.fspath(address)) if scheme else address


def _path_of(address: str) -> str:
    """The path of a file:// address on this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        raise ConversionError(f"{address} is no address: write file:///path/to/file") from None
    if parts.netloc not in ("", "localhost"):
        raise ConversionError(f"{address}: the file is on another machine: give its path here")
    return url2pathname(parts.path)


class Source(io.BufferedReader):
    """What a model is read from, whose `shown` says how many bytes it really was.

    counted: the stream of bytes below, with `position`. factor: what a byte of it may count.
    """

    def __init__(self, raw: io.RawIOBase, counted=None, factor: int = 1):
        super().__init__(raw, _BUFFER)
        self._counted, self._factor = counted or raw, factor

    def shown(self) -> int:
        """How many bytes have been read of the file."""
        return self._factor * self._counted.position


@contextmanager
def opened_again(raw: "_File | RemoteFile") -> Iterator["Source"]:
    """The decompressed content once more, of the same open file or version of an object."""
    raw.rewind()
    file = Source(raw)
    try:
        with _within_reach(_decompressed(file, raw), raw) as content:
            yield content
    finally:
        file.detach()


class _File(Counted, io.FileIO):
    """A file, or a pipe, that counts the bytes read from it; `stat` says which it is."""

    def __init__(self, path: str | os.PathLike):
        try:
            super().__init__(path)
        except ValueError:
            raise ConversionError("a file's name has no null character") from None
        self.stat = os.fstat(self.fileno())
        self.size = self.stat.st_size

    def readinto(self, buffer) -> int:
        return self.count(buffer, super().readinto(buffer))

    def seek(self, offset: int, whence: int = 0) -> int:
        self.out_of_order()
        return super().seek(offset, whence)

    def rewind(self) -> None:
        """Go back to the beginning."""
        self.position = self.seek(0)

    def close(self) -> None:
        self.end_digest()
        super().close()

    @property
    def once(self) -> bool:
        """Whether it cannot be read again, as a pipe."""
        return not self.seekable()


def _decompressed(file: Source, raw: "_File | RemoteFile") -> Source:
    """`file` itself, or what it holds where joblib compressed it."""
    start = file.peek(6)
    if start.startswith((b"\x78", b"\x1f\x8b")):
        stream = _Deflate
    elif start.startswith(b"BZ"):
        stream = bz2.BZ2Decompressor
    elif start.startswith((b"\xfd7zXZ", b"\x5d\x00")):
        stream = _lzma
    elif start.startswith(b"\x04\x22\x4d\x18"):
        try:
            from lz4.frame import LZ4FrameDecompressor as stream
        except ImportError:
            raise ConversionError("the file is compressed by lz4: pip install lz4") from None
    else:
        return file
    return Source(_Decompressed(file, raw, stream), raw, _WORK)


def _lzma() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=_LZMA_MEMORY)


class _Deflate:
    """A zlib or gzip stream with the interface of the other decompressors."""

    def __init__(self):
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data


class _Decompressed(io.RawIOBase):
    """The content of one compressed stream, or of several that follow each other."""

    def __init__(self, file: BinaryIO, raw: "_File | RemoteFile", start: Callable):
        self._file, self._raw, self._start, self._stream = file, raw, start, start()
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        data = b""
        while not data:
            more = b""
            if self._stream.eof:
                more = self._stream.unused_data or self._file.read(_PIECE)
                if not more:
                    return 0
                self._stream = self._start()
            elif self._stream.needs_input:
                more = self._file.read(_PIECE)
                if not more:
                    raise ConversionError("the compressed data ends too early: it was cut off")
            try:
                data = self._stream.decompress(more, len(buffer))
            except (lzma.LZMAError, OSError, RuntimeError, zlib.error):
                raise ConversionError("the compressed data is damaged") from None
        self._read += len(data)
        if self._read > _FREE + _EXPANSION * self._raw.position:
            raise ConversionError(
                f"the compressed data expands more than {_EXPANSION} times: decompress it first"
            )
        buffer[: len(data)] = data
        return len(data)
