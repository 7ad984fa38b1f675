"""Zip archives: a .skops file, or a pickle in a zip."""

import io
import zipfile
from typing import BinaryIO

from onnx101.errors import ConversionError
from onnx101.inert import Reader
from onnx101.skops import SCHEMA, Listed, SkopsReader
from onnx101.unpickle import ForestUnpickler

_START = b"PK\x03\x04"
_BUFFER = 2**20
# Limits of a pickle in a zip: this many bytes, plus a multiple of its compressed size.
_FREE, _EXPANSION = 2**26, 50


def unpacked(file: BinaryIO, bounded: bool) -> Reader | None:
    """A reader for a zip file; None for any other file."""
    if not isinstance(file, io.BufferedReader) or not file.peek(4).startswith(_START):
        return None
    if not file.seekable():
        raise ConversionError("a zip from a pipe has its list at the end: save it to a file first")
    try:
        found = zipfile.ZipFile(Listed(file))
        names = [info.filename for info in found.infolist() if not info.is_dir()]
    except (OSError, ConversionError):
        raise
    except Exception:
        raise ConversionError("the zip archive is damaged") from None
    if SCHEMA in names:
        return SkopsReader(file, bounded=bounded)
    if any(name.endswith("/data.pkl") for name in names):
        raise ConversionError("the file is a model of torch: use torch.onnx.export")
    if len(names) > 1 and all(name.endswith(".npy") for name in names):
        raise ConversionError("the file is arrays of numpy: give the pickle or joblib file instead")
    if {"config.json", "model.weights.h5"} <= {*names}:
        raise ConversionError("the file is a model of Keras: use tf2onnx, or its export()")
    if len(names) != 1:
        shown = ascii(", ".join(names[:3]))[1:-1][:80]
        raise ConversionError(f"the zip holds {len(names)} files: unpack the model: {shown}")
    (info,) = (info for info in found.infolist() if not info.is_dir())
    if info.flag_bits & 1:
        raise ConversionError("the zip is encrypted: unpack it first")
    if info.file_size > _FREE + _EXPANSION * info.compress_size:
        raise ConversionError(f"the zip expands more than {_EXPANSION} times: unpack it first")
    return ForestUnpickler(_Member(found.open(info)), bounded=bounded)


class _Member(io.BufferedReader):
    """The only file in a zip."""

    def __init__(self, member: zipfile.ZipExtFile):
        super().__init__(_Counted(member), _BUFFER)

    def shown(self) -> int:
        """How many bytes have been read so far."""
        return self.raw.position


class _Counted(io.RawIOBase):
    def __init__(self, member: zipfile.ZipExtFile):
        self._member, self.position = member, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        try:
            data = self._member.read(len(buffer))
        except OSError:
            raise
        except Exception:  # zipfile, zlib, bz2 and lzma each raise their own errors
            raise ConversionError("the file in the zip is damaged") from None
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)
