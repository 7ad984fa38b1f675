"""The plumbing that no slide shows: places, whole writes and one-line errors."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
MODELS = ROOT / "public" / "models"


def fail(message: str) -> NoReturn:
    """Say in one line what was wrong and what to do, and end with status 2."""
    print(f"{Path(sys.argv[0]).name}: {message}", file=sys.stderr)
    sys.exit(2)


def first_line(error: Exception) -> str:
    """What an error says, without its second line, or its name when it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a new file beside `path` that takes its place when the block ends well.

    A block that fails leaves `path` as it was and nothing beside it. A place that cannot be
    written ends the program through `fail`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(None, "it is a directory")
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}; name a file in a folder you may write to")
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o644)
        beside.replace(path)
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}")
    finally:
        beside.unlink(missing_ok=True)
