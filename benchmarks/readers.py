"""Asks each reader of ONNX for a model just below 2 GiB, and for one just above.

    python benchmarks/readers.py

Each is asked in a process of its own. Takes about five minutes, 11 GB of memory and no disk.
"""

import argparse
import resource
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from time import process_time

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "snippets"), str(HERE.parent)]

import measurement
import wall
from support import BUILD, ROOT, fail, replacing

SIZES = {"below": wall.WALL - 1024, "above": wall.WALL}
PACKAGES = ["onnx", "onnxruntime", "protobuf"]


def ask(reader: str, path: Path) -> dict:
    """What the reader says, the seconds of CPU it took, and the most memory it held."""
    start = process_time()
    try:
        wall.READERS[reader](path)
        error, says = None, "opens"
    except Exception as raised:
        error, says = type(raised).__name__, str(raised).replace(str(path), path.name).strip()
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "reader": reader,
        "error": error,
        "says": says,
        "cpu_seconds": round(process_time() - start, 3),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
    }


def measure(size: int, folder: Path) -> dict:
    path = folder / "model.onnx"
    wall.with_hole(path, size)
    alone = ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1)
    with alone:
        answers = [alone.submit(ask, reader, path).result() for reader in wall.READERS]
    status = path.stat()
    return {"bytes": status.st_size, "disk_bytes": status.st_blocks * 512, "answers": answers}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ROOT / "snippets" / "outputs" / "readers.json")
    options = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    with replacing(options.out) as beside, tempfile.TemporaryDirectory(dir=BUILD) as folder:
        try:
            found = {name: measure(size, Path(folder)) for name, size in SIZES.items()}
        except BrokenProcessPool:
            fail("a reader was killed, perhaps for want of memory: it needs 11 GB")
        measurement.write(beside, found, PACKAGES)
    for name, model in found.items():
        print(f"{name}: {model['bytes']:,} bytes, {model['disk_bytes']:,} on disk")
        for said in model["answers"]:
            print(
                f"  {said['reader']:<20}{said['cpu_seconds']:>7.1f} s"
                f"{said['peak_bytes'] / 1e9:>6.1f} GB  {said['error'] or ''} {said['says']}"
            )


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; nothing was written")
