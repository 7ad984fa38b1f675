"""What lessons import and no slide shows: places, whole writes and one-line errors."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
MODELS = ROOT / "public" / "models"


def fail(message: str) -> NoReturn:
    """Say in one line what was wrong and what to do, and end with status 2."""
    shown = "".join(char if char.isprintable() else "\ufffd" for char in message)  # of any model
    print(f"{Path(sys.argv[0]).name}: {shown}", file=sys.stderr)
    sys.exit(2)


def first_line(error: Exception) -> str:
    """What an error says, without its second line, or its name when it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@contextmanager
def writing(path: Path, advice: str) -> Iterator[None]:
    """Say in one line why the block cannot write `path`, and what to do."""
    try:
        yield
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}; {advice}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a new file beside `path` that takes its place when the block ends well.

    A block that fails leaves `path` as it was and nothing beside it. A place that cannot be
    written ends the program through `fail`.
    """
    with writing(path, "name a file in a folder you may write to"):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(None, "it is a directory")
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
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


def row(first: str, cells: Iterable, left: int, right: int) -> str:
    """A line of a table: a name, then cells that end under each other; their widths."""
    return f"{first:<{left}}" + "".join(f"{cell:>{right}}" for cell in cells)


def about(number: float) -> str:
    """Two digits: another processor may grow a few nodes more or less."""
    return f"{float(f'{number:.2g}'):,.12g}"
