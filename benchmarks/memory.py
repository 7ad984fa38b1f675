"""Watches the memory of a conversion from step to step: the obvious one, and onnx101's.

    python benchmarks/memory.py                  about a million nodes, a minute, 1.5 GB
    python benchmarks/memory.py --leaves 3500    a small forest

Each way runs in a process of its own. Time is its processor time, which other programs on the
machine do not stretch.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "snippets"), str(HERE.parent)]

import measurement
from support import BUILD, ROOT, fail, replacing

TREES = 4
PAUSE = 0.01  # seconds between two looks
POINTS = 200  # kept of each curve
PACKAGES = ["onnx", "scikit-learn", "skl2onnx", "numpy"]


def obvious(pickled: Path, target: Path) -> Iterator[str | None]:
    """Name each step of snippets/load.py before it is taken.

    None comes at the end, while everything is still held.
    """
    import load

    yield "unpickle"
    forest = load.load(pickled)
    yield "convert"
    model = load.convert(forest)
    yield "serialise"
    data = model.SerializeToString()
    yield "write"
    target.write_bytes(data)
    yield None


def streamed(pickled: Path, target: Path) -> Iterator[str | None]:
    import onnx101

    yield "stream"
    onnx101.convert(pickled, target)
    yield None


WAYS = {"skl2onnx": obvious, "onnx101": streamed}


def work(way: str, pickled: Path, target: Path, line: Connection) -> None:
    """Take the steps of one way, each announced on the line and answered before it begins."""
    for step in WAYS[way](pickled, target):
        line.send(step)
        line.recv()


def watch(way: str, pickled: Path, target: Path) -> dict:
    """The curve of a way, [seconds, bytes], and where on it each step begins and ends."""
    line, theirs = get_context("spawn").Pipe()
    child = get_context("spawn").Process(target=work, args=(way, pickled, target, theirs))
    curve, steps = [], []
    with running(child):
        theirs.close()
        process = psutil.Process(child.pid)

        def look() -> list[float]:
            with process.oneshot():
                times = process.cpu_times()
                return [times.user + times.system, process.memory_info().rss]

        while True:
            told = line.poll(PAUSE)
            step = line.recv() if told else ""  # EOFError: the child is gone
            here = look()
            if told and steps:
                steps[-1] |= {"end": here[0], "bytes_after": here[1]}
            if told and step:
                steps.append({"name": step, "start": here[0], "bytes_before": here[1]})
            if steps:
                curve.append(here)
            if told:
                line.send(None)
            if step is None:
                return shape(way, curve, steps, target)


@contextmanager
def running(child) -> Iterator[None]:
    child.start()
    try:
        yield
    finally:
        if sys.exc_info()[0]:
            child.kill()
        child.join()


def shape(way: str, curve: list[list[float]], steps: list[dict], target: Path) -> dict:
    """The curve from second 0, thinned to POINTS without losing its peak."""
    zero = curve[0][0]
    for step in steps:
        step |= {"start": round(step["start"] - zero, 2), "end": round(step["end"] - zero, 2)}
    parts = min(POINTS, len(curve))
    edges = [len(curve) * i // parts for i in range(parts + 1)]
    highest = [max(curve[a:b], key=lambda at: at[1]) for a, b in pairwise(edges)]
    return {
        "way": way,
        "steps": steps,
        "curve": [[round(seconds - zero, 2), size] for seconds, size in highest],
        "peak_bytes": max(size for _, size in curve),
        "file_bytes": target.stat().st_size,
    }


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leaves", type=int, help="at most so many a tree; without it, all")
    parser.add_argument("--out", type=Path, default=ROOT / "snippets" / "outputs" / "memory.json")
    options = parser.parse_args(argv)

    import flights
    import train

    BUILD.mkdir(exist_ok=True)
    with replacing(options.out) as beside, tempfile.TemporaryDirectory(dir=BUILD) as folder:
        pickled = Path(folder, "forest.pkl")
        X, _, y, _ = flights.split()
        forest = train.train(X, y, TREES, options.leaves)
        nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
        train.save(forest, pickled)
        try:
            runs = [watch(way, pickled, Path(folder, f"{way}.onnx")) for way in WAYS]
        except (EOFError, psutil.NoSuchProcess):
            fail("a conversion ended early, perhaps for want of memory; give fewer --leaves")
        for run in runs:
            rise = run["peak_bytes"] - run["steps"][0]["bytes_before"]
            run["bytes_per_node"] = round(rise / nodes, 1)
        found = {"nodes": nodes, "pickle_bytes": pickled.stat().st_size, "runs": runs}
        measurement.write(beside, found, PACKAGES)
    print(f"{nodes:,} nodes, a pickle of {found['pickle_bytes'] / 1e6:,.0f} MB")
    for run in runs:
        print(
            f"{run['way']}: {run['peak_bytes'] / 1e6:,.0f} MB at most, "
            f"{run['bytes_per_node']:,.0f} B a node, {run['steps'][-1]['end']:.1f} s"
        )
        for step in run["steps"]:
            print(f"  {step['name']:<10}{step['end']:>7.2f} s{step['bytes_after'] / 1e6:>8,.0f} MB")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; nothing was written")
