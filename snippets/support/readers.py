"""What a reader of models says to a file."""

from collections.abc import Callable
from pathlib import Path

from support import first_line


def refusal(read: Callable, path: Path) -> Exception | None:
    """The error with which `read` refuses the model at `path`, or None where it opens it."""
    try:
        read(path)
    except Exception as error:  # each reader has classes of its own
        return error


def said(read: Callable, path: Path) -> str:
    """The same in a line: the class of the error and the last thing that it says, or "opens"."""
    error = refusal(read, path)
    if error is None:
        return "opens"
    return f"{type(error).__name__}: {first_line(error).rpartition(':')[2].strip()}"
