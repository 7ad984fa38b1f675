"""The plumbing that no slide shows: places, whole writes and one-line errors."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from google.protobuf.message import DecodeError, EncodeError

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


@contextmanager
def another(source: Path, target: Path) -> Iterator[Path]:
    """`replacing(target)`, where `target` is not the file that is read."""
    if target.resolve() == source.resolve():
        fail(f"{target} is the pickle itself; name another file to write")
    with replacing(target) as beside:
        yield beside


def fitted(path: Path, load: Callable):
    """The fitted scikit-learn model that `load` finds at `path`."""
    try:
        model = load(path)
    except OSError as error:
        fail(f"cannot read {path}: {error.strerror}; name the pickle of a fitted model")
    except Exception as error:  # a broken pickle can raise anything
        fail(f"{path} is not a whole pickle: {first_line(error)}")
    if not hasattr(model, "n_features_in_"):
        fail(f"{path} holds a {type(model).__name__}, not a fitted scikit-learn model")
    return model


@contextmanager
def converting(source: Path, model) -> Iterator[None]:
    """Say in one line why the block cannot convert the model that was read from `source`."""
    try:
        yield
    except (EncodeError, DecodeError):
        fail(f"{source} is too large: a protobuf, and with it this ONNX file, ends at 2 GiB")
    except OSError:  # `replacing` says what is wrong with the target
        raise
    except Exception as error:
        fail(f"skl2onnx cannot convert the {type(model).__name__}: {first_line(error)}")
