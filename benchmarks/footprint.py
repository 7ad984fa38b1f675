"""Weighs what production must install: the training stack, or a runtime."""

import argparse
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "snippets"))

import measurement
from support import ROOT, fail

RECORDED = ROOT / "snippets" / "outputs" / "footprint.json"
STACKS = {
    "the training stack": ["pandas", "scikit-learn"],
    "scikit-learn alone": ["scikit-learn"],
    "onnxruntime alone": ["onnxruntime"],
}


def closure(names: list[str]) -> set[str]:
    found, waiting = set(), [Requirement(name) for name in names]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name not in found:
            found.add(name)
            needs = map(Requirement, distribution(name).requires or [])
            waiting += [need for need in needs if applies(need)]
    return found


def applies(need: Requirement) -> bool:
    """Whether a requirement counts here, with no extra asked for."""
    return need.marker is None or need.marker.evaluate({"extra": ""})


def size(name: str) -> int:
    files = (file.locate() for file in distribution(name).files)
    return sum(
        file.stat().st_size
        for file in files
        if file.suffix != ".pyc" and file.is_file()  # caches come and go
    )


def measure(stack: str, names: list[str]) -> dict:
    """What a stack installs: each package with its bytes on disk, how many, and MB in all."""
    packages = {name: size(name) for name in sorted(closure(names))}
    return {
        "name": stack,
        "install": names,
        "count": len(packages),
        "mb": round(sum(packages.values()) / 1e6, 1),
        "packages": packages,
    }


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RECORDED)
    options = parser.parse_args(argv)
    try:
        stacks = [measure(stack, names) for stack, names in STACKS.items()]
    except PackageNotFoundError as error:
        fail(f"{error.name} is not installed; run: pip install {error.name}")
    packages = sorted({name for stack in stacks for name in stack["packages"]})
    measurement.write(options.out, {"stacks": stacks}, packages)

    print(f"{'production installs':<24}{'packages':>10}{'MB':>8}")
    for stack in stacks:
        print(f"{stack['name']:<24}{stack['count']:>10}{stack['mb']:>8.0f}")


if __name__ == "__main__":
    main()
