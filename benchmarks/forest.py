"""Measures forests of real flights from pickle to prediction, beside skl2onnx and Treelite.

    python benchmarks/forest.py                  1, 5, 20 and 65 million nodes
    python benchmarks/forest.py --nodes 1,5

Every step runs in a process of its own, from files that were just written. Where skl2onnx does not
fit in memory, its figures are extrapolated from the largest size that did, and marked so.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from tqdm import tqdm

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "snippets"))

import measurement
from support import BUILD, ROOT, fail, replacing

SIZES = [1.0, 5.0, 20.0, 65.0]
THREADS = (1, 2)
CONVERTERS = {  # name: (step of jobs.py, its arguments, what runs the file)
    "onnx101-double": ("convert_onnx101", {"dtype": "double"}, "onnxruntime"),
    "onnx101-float": ("convert_onnx101", {"dtype": "float"}, "onnxruntime"),
    "skl2onnx": ("convert_skl2onnx", {}, "onnxruntime"),
    "treelite": ("convert_treelite", {}, "treelite"),
}
LEAST_SECONDS = 1.0  # of calls behind each latency
SKL2ONNX_BYTES = 1000  # of memory a node
DISK_BYTES = 200  # a node: the pickle and the largest of the converted files
PACKAGES = ["numpy", "onnx", "onnxruntime", "scikit-learn", "skl2onnx", "treelite"]


def main(argv: list[str] | None = None) -> None:
    options = arguments(argv)
    with ExitStack() as stack:
        out = stack.enter_context(replacing(options.out))  # first: no hour is lost to a bad path
        folder = options.keep or Path(stack.enter_context(temporary()))
        bar = stack.enter_context(tqdm(total=len(options.nodes), disable=None, unit="forest"))
        sizes = []
        for millions in options.nodes:
            place = folder / f"{millions:g}-million"
            place.mkdir(parents=True, exist_ok=True)
            sizes.append(Bench(round(millions * 1e6), place, bar.set_description).measure())
            if options.keep is None:
                shutil.rmtree(place)
            bar.update()
        extrapolate(sizes)
        memory = psutil.virtual_memory().total
        measurement.write(out, {"memory_bytes": memory, "sizes": sizes}, PACKAGES)
    for size in sizes:
        print(table(size))


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=numbers, default=SIZES, help="in millions")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave pickles and models there")
    parser.add_argument("--out", type=Path, help="JSON; the default is the slides', at full size")
    options = parser.parse_args(argv)
    if options.out is None:
        full = options.nodes == SIZES
        options.out = (ROOT / "snippets" / "outputs" if full else BUILD) / "forest.json"
    return options


def numbers(text: str) -> list[float]:
    try:
        found = sorted(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 1,5,20") from None
    if not 0.001 <= found[0] <= found[-1] <= 1000:
        raise argparse.ArgumentTypeError("from 0.001 to 1000 million nodes")
    return found


def temporary() -> tempfile.TemporaryDirectory:
    BUILD.mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(dir=BUILD, prefix="forest-")


@dataclass
class Bench:
    """One size: a forest of about `nodes` nodes, its files in `folder`, progress told to `tell`."""

    nodes: int
    folder: Path
    tell: Callable[[str], None]

    def measure(self) -> dict:
        """Everything about this forest, in seconds and bytes."""
        self.need_disk()
        model = self.folder / "forest.pkl"
        size = self.run("train", nodes=self.nodes, model=model, rows=self.rows)
        engines = {"scikit-learn": self.engine("scikit-learn", "sklearn.ensemble", model)}
        converters = {}
        for name, (step, given, engine) in CONVERTERS.items():
            if name == "skl2onnx" and not self.fits():
                continue
            target = self.folder / f"forest.{name}"
            converted = self.run(step, model=model, target=target, **given)
            converted |= {"bytes": target.stat().st_size, "extrapolated": False}
            converters[name] = per_node(converted, size["nodes"])
            engines[name] = self.engine(name, engine, target)
        return size | {"converters": converters, "engines": engines}

    def engine(self, name: str, kind: str, model: Path) -> dict:
        """Load time and peak, median latency by threads and rows, equality with scikit-learn."""
        runs = {}
        for threads in THREADS:
            answers = self.folder / f"{name}-{threads}.npy"
            given = {"engine": kind, "model": model, "rows": self.rows, "answers": answers}
            given |= {"threads": threads, "least_seconds": LEAST_SECONDS}
            runs[str(threads)] = self.run("predict", **given)
        loaded = {key: runs["1"][key] for key in ("load_seconds", "load_peak")}
        return loaded | {
            "latency": {threads: measured["latency"] for threads, measured in runs.items()},
            "equality": {threads: self.equality(f"{name}-{threads}.npy") for threads in runs},
        }

    def equality(self, answers: str) -> dict:
        """How near the answers come to scikit-learn's on one thread, in its own order of trees."""
        expected = np.load(self.folder / "scikit-learn-1.npy")
        given = np.load(self.folder / answers)
        difference = np.abs(given - expected)
        return {
            "rows": len(expected),
            "bit_equal": float(np.mean(given.view(np.int64) == expected.view(np.int64))),
            "largest_absolute": float(difference.max()),
            "largest_relative": float((difference / np.abs(expected)).max()),
        }

    def run(self, step: str, **given) -> dict:
        """Run one step of jobs.py alone in a process; return what it measured."""
        what = given.get("dtype") or given.get("engine") or ""
        self.tell(f"{self.nodes / 1e6:g} million nodes: {step} {what}")
        command = [sys.executable, str(HERE / "jobs.py"), step, json.dumps(given, default=str)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip() or "no word on why").splitlines()[-1]
            fail(f"{step} of {self.nodes:,} nodes ended with status {done.returncode}: {reason}")
        return json.loads(done.stdout.splitlines()[-1])

    @property
    def rows(self) -> Path:
        return self.folder / "rows.npy"

    def fits(self) -> bool:
        return self.nodes * SKL2ONNX_BYTES < psutil.virtual_memory().available

    def need_disk(self) -> None:
        needed = self.nodes * DISK_BYTES
        if shutil.disk_usage(self.folder).free < needed:
            fail(f"{self.nodes:,} nodes need {needed / 1e9:.0f} GB of disk; give --keep DIR on one")


def per_node(converted: dict, nodes: int) -> dict:
    return converted | {
        "us_per_node": converted["seconds"] / nodes * 1e6,
        "bytes_per_node": converted["bytes"] / nodes,
    }


def extrapolate(sizes: list[dict]) -> None:
    """Where a converter did not fit, scale what it took for the largest forest that did."""
    for larger in sizes:
        for name in CONVERTERS:
            measured = [size for size in sizes if name in size["engines"]]
            if name in larger["converters"] or not measured:
                continue
            ratio = larger["nodes"] / measured[-1]["nodes"]
            base = measured[-1]["converters"][name]
            scaled = {key: base[key] * ratio for key in ("seconds", "read_seconds", "peak")}
            scaled |= {"bytes": round(base["bytes"] * ratio), "extrapolated": True}
            larger["converters"][name] = per_node(scaled, larger["nodes"])


def table(size: dict) -> str:
    """What was measured on one forest, as text."""
    lines = [
        f"\n{size['nodes']:,} nodes in {size['trees']} trees, "
        f"a pickle of {size['pickle_bytes'] / 1e6:,.0f} MB",
        f"{'convert':<18}{'s':>9}{'us/node':>9}{'B/node':>9}{'MB':>9}{'peak MB':>10}",
    ]
    for name, found in size["converters"].items():
        lines.append(
            f"{name + ' ~' * found['extrapolated']:<18}{found['seconds']:>9.2f}"
            f"{found['us_per_node']:>9.3f}{found['bytes_per_node']:>9.2f}"
            f"{found['bytes'] / 1e6:>9,.0f}{found['peak'] / 1e6:>10,.0f}"
        )
    batches = [f"{rows} x {threads}" for threads in THREADS for rows in ("1", "100", "10000")]
    lines += [
        "predict: ms for rows x threads",
        f"{'':<18}{'load s':>9}{'peak MB':>9}"
        + "".join(f"{batch:>11}" for batch in batches)
        + f"{'equal':>9}{'relative':>10}",
    ]
    for name, found in size["engines"].items():
        times = [seconds for by_rows in found["latency"].values() for seconds in by_rows.values()]
        equal = found["equality"]["1"]
        lines.append(
            f"{name:<18}{found['load_seconds']:>9.2f}{found['load_peak'] / 1e6:>9,.0f}"
            + "".join(f"{seconds * 1e3:>11.4g}" for seconds in times)
            + f"{equal['bit_equal']:>9.2%}{equal['largest_relative']:>10.1e}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; nothing was written")
