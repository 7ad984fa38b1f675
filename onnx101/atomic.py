"""Files that appear whole or not at all."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

# True from the moment that a new file takes the old one's place: too late to interrupt.
committed = False


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when it is complete, and else leaves no trace."""
    global committed
    path = path.resolve()
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise OSError(None, "is not a file that can be replaced", str(path))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with open(part, "x+b") as file:
                yield file
            committed = True
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    finally:  # once more, as an interrupt may have met the line above
        part.unlink(missing_ok=True)
