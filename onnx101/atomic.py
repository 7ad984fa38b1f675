"""Files that appear whole or not at all."""

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# True from the moment that a new file takes the old one's place: too late to interrupt.
committed = False


@contextmanager
def replacing(path: Path) -> Iterator[io.BufferedRandom]:
    """A file that takes the place of `path` when it is complete, and else leaves no trace.

    Raises OSError with `path` as its filename where it cannot be written.
    """
    global committed
    committed = False
    target = path.resolve()
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        raise OSError(None, "is not a file that could be replaced", str(path))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        try:
            with io.BufferedRandom(_Part(part, path)) as file:
                yield file
            committed = True
            _naming(path, os.replace, part, target)
        finally:
            _remove(part)
    finally:  # once more, as an interrupt may have met the line above
        _remove(part)


def _remove(part: Path) -> None:
    with suppress(FileNotFoundError, NotADirectoryError):
        part.unlink()


class _Part(io.FileIO):
    """The file that is written, whose errors name the file that was asked for."""

    def __init__(self, part: Path, path: Path):
        self._path = path
        _naming(path, super().__init__, part, "x+b")

    def write(self, data) -> int:
        return _naming(self._path, super().write, data)


def _naming(path: Path, action, *arguments):
    try:
        return action(*arguments)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
