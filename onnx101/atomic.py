"""Writes files atomically: whole, or not at all."""

import errno
import io
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from onnx101.errors import ConversionError

try:
    import fcntl
except ImportError:  # Windows, where nobody can remove a file that is open
    fcntl = None

# The file being written. Its name is not made from the target's, which may be as long as a name can
# be, nor from a process's number, which is not unique where file systems are shared.
_PREFIX, _SUFFIX = ".onnx101-", ".part"
# True once the new file is replacing the old one: too late to interrupt.
committed = False


@contextmanager
def replacing(path: Path, source: os.stat_result | None = None) -> Iterator[io.BufferedRandom]:
    """A file that takes the place of `path` when it is complete, and otherwise leaves no trace.

    It keeps the mode of the file that it replaces. source: the status of the file that is read,
    which must be another one. Leftovers of killed processes in the same folder are removed.

    Raises ConversionError where `path` is the source, and OSError with `path` as its filename where
    it cannot be written.
    """
    global committed
    committed = False
    target, old = _naming(path, _target, path)
    if old and source and os.path.samestat(old, source):
        raise ConversionError(f"{path}: the model would replace the file that it is made from")
    part = target.with_name(f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}")
    try:
        try:
            with io.BufferedRandom(_Part(part, path, old)) as file:
                _sweep(target.parent)
                yield file
                file.flush()
                _naming(path, os.fsync, file.fileno())
                committed = True
                if not fcntl:
                    file.close()  # Windows renames no open file; elsewhere, the lock goes with it
                _naming(path, os.replace, part, target)
            _sync_folder(target.parent)
        finally:
            _remove(part)
    finally:  # again: the line above may have been interrupted
        _remove(part)


def _target(path: Path) -> tuple[Path, os.stat_result | None]:
    """The file that `path` resolves to, and its status."""
    try:
        target = path.resolve()
        old = os.stat(target)
    except FileNotFoundError:
        return target, None
    except ValueError:
        raise OSError(None, "has a null character in its name") from None
    except RuntimeError:  # a loop of links, in Python 3.11 and 3.12
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
    if not stat.S_ISREG(old.st_mode):
        raise OSError(None, "is not a file that could be replaced")
    return target, old


def _sweep(folder: Path) -> None:
    """Remove the files of dead writers: a live one holds a lock on its file."""
    for part in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):
            if fcntl:
                # no pipe of that name, nor what a link leads to, must hold this up
                number = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                with open(number, "rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    part.unlink()
            else:
                part.unlink()


def _remove(part: Path) -> None:
    with suppress(FileNotFoundError, NotADirectoryError):
        part.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the rename durable, too, where a folder can be opened."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


class _Part(io.FileIO):
    """The file being written; its errors name the file that was asked for."""

    def __init__(self, part: Path, path: Path, old: os.stat_result | None):
        self._path = path
        super().__init__(_naming(path, self._open, part, old), "r+b")
        self.name = str(part)

    @staticmethod
    def _open(part: Path, old: os.stat_result | None) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        while True:
            number = os.open(part, flags, 0o600 if old else 0o666)
            if old and hasattr(os, "fchmod"):
                os.fchmod(number, stat.S_IMODE(old.st_mode))
            if fcntl:
                with suppress(OSError):  # no locks on this file system: its leftovers stay
                    fcntl.flock(number, fcntl.LOCK_EX)
            if os.fstat(number).st_nlink or not fcntl:
                return number
            os.close(number)  # removed by another process before it was locked

    def write(self, data) -> int:
        return _naming(self._path, super().write, data)


def _naming(path: Path, action, *arguments):
    try:
        return action(*arguments)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
