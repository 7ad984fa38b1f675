"""The command line of `train.py`."""

import argparse
from pathlib import Path

from support import BUILD, fail


def growing(argv: list[str] | None, description: str) -> argparse.Namespace:
    """pickle, trees and leaves, as the command line asks for them."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("pickle", type=Path, nargs="?", default=BUILD / "nostradamus.pkl")
    parser.add_argument("--trees", type=int, default=4, help="234 make a pickle of 4.7 GB")
    parser.add_argument("--leaves", type=int, help="at most so many leaves a tree")
    args = parser.parse_args(argv)
    if args.trees < 1:
        fail(f"--trees {args.trees}: a forest has 1 tree or more")
    if args.leaves is not None and args.leaves < 2:
        fail(f"--leaves {args.leaves}: a tree that asks anything has 2 leaves or more")
    return args
