"""Installs releases of packages into throwaway folders, to compare them with the locked ones."""

import os
import subprocess
import sys
from pathlib import Path

from support import fail


def install(name: str, place: Path, *requirements: str, alone: bool = False) -> Path:
    """Install into `place`, with what the packages need or `alone`; `name` is what fails."""
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", place]
    _must(f"cannot install {name}", [*command, *["--no-deps"] * alone, *requirements])
    return place


def run(name: str, place: Path, program: str, *arguments: str | Path) -> None:
    """Run a Python program with the packages in `place` before all others."""
    environment = os.environ | {"PYTHONPATH": str(place)}
    _must(name, [sys.executable, "-c", program, *arguments], env=environment)


def _must(name: str, command: list, **options) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        fail(f"{name}: {done.stderr.strip().splitlines()[-1]}")
