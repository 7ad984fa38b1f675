"""Writes the data that slides compute with in the page: `python live/build.py`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "snippets"))

import edges
import graphs
import places
import schema


def main() -> None:
    for part in (edges, graphs, places, schema):
        part.write()


if __name__ == "__main__":
    main()
