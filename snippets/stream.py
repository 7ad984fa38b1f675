"""Reads a pickled forest as a stream: each tree is handed on, and let go before the next."""

import tempfile
import weakref
from pathlib import Path

from support.pickles import small

from onnx101.reading import read, reader_of


# region stream
def stream(path: Path, emit):
    """A pickle is data here: each tree is handed on, and let go."""
    with path.open("rb") as file:
        return read(reader_of(file), emit)


# endregion stream


def held_at_once(path: Path) -> tuple[int, int]:
    """How many trees a pickle has, and how many of them were in memory together."""
    seen, most = [], 0

    def emit(tree):
        nonlocal most
        seen.append(weakref.ref(tree.values))
        most = max(most, sum(values() is not None for values in seen))

    stream(path, emit)
    return len(seen), most


def main(argv: list[str] | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        trees, most = held_at_once(small(Path(folder, "small.pkl")))
    print(f"{trees} trees, and {most} in memory at once")


if __name__ == "__main__":
    main()
