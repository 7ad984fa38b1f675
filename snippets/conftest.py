"""Runs every snippet in its own process and holds what it printed against its recording.

`pytest snippets/ --record` writes the recordings and the measurements again.
"""

import json
import platform
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OUTPUTS = HERE / "outputs"
RUNNERS = {".py": sys.executable, ".mjs": "node"}
SUPPORT = {"conftest.py", "support.py", "measurement.py"}  # no snippets: nothing to run
AT_ONCE = 2  # most of a snippet's time is the import of its packages
TIMEOUT = 60  # seconds; alone, each takes less than 20


def pytest_addoption(parser):
    parser.addoption(
        "--record",
        action="store_true",
        help="write snippets/outputs/ again instead of comparing with it",
    )


def pytest_ignore_collect(collection_path, config):
    # The notebook holds the recordings: while they change there is nothing to compare it with.
    return True if config.getoption("--record") and collection_path.suffix == ".ipynb" else None


def pytest_terminal_summary(terminalreporter, config):
    if config.getoption("--record"):
        terminalreporter.write_line("recorded; now renew the notebook: python scripts/notebook.py")


def pytest_collect_file(file_path, parent):
    runs = file_path.suffix in RUNNERS and file_path.name not in SUPPORT
    if file_path.parent == HERE and runs:
        return SnippetFile.from_parent(parent, path=file_path)
    return None


def pytest_collection_finish(session):
    config = session.config
    if config.getoption("--record") or config.getoption("--collect-only"):
        return  # a measurement is taken alone
    session.pool = ThreadPoolExecutor(AT_ONCE)
    for item in session.items:
        if isinstance(item, Snippet):
            item.running = session.pool.submit(item.run)


def pytest_sessionfinish(session):
    if hasattr(session, "pool"):
        session.pool.shutdown(cancel_futures=True)


class SnippetFile(pytest.File):
    """One snippet, collected as one test."""

    def collect(self):
        python = self.path.suffix == ".py"
        yield Snippet.from_parent(self, name=self.path.stem if python else self.path.name)


class Snippet(pytest.Item):
    """Runs the script alone; its standard output must equal `outputs/<name>.txt`."""

    running = None

    def run(self, *options):
        return subprocess.run(
            [RUNNERS[self.path.suffix], str(self.path), *options],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    def runtest(self):
        record = self.config.getoption("--record")
        measurement = OUTPUTS / f"{self.name}.json"
        renew = ["--out", str(measurement)] if record and measurement.exists() else []
        run = self.running.result() if self.running else self.run(*renew)
        if run.returncode:
            raise Drift(f"{self.path.name} ended with status {run.returncode}:\n{run.stderr}")
        recording = OUTPUTS / f"{self.name}.txt"
        if record:
            recording.write_text(run.stdout, encoding="utf-8")
            return
        if not recording.exists():
            raise Drift(f"{self.path.name} has no recording; run: pytest snippets/ --record")
        printed, recorded = run.stdout, recording.read_text(encoding="utf-8")
        if measurement.exists() and not measured_here(measurement):
            # What is measured differs from platform to platform, what is said of it does not.
            printed, recorded = without_numbers(printed), without_numbers(recorded)
        if printed != recorded:
            raise Drift(
                f"{self.path.name} no longer prints its recording; "
                "mend it, or renew with: pytest snippets/ --record\n"
                f"--- recorded\n{recorded}--- printed\n{printed}"
            )

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, Drift):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, f"snippet {self.name}"


class Drift(Exception):
    """A snippet does not do what its recording says."""


def measured_here(measurement: Path) -> bool:
    """Whether a measurement comes from this system, architecture and minor Python version."""
    frame = json.loads(measurement.read_text(encoding="utf-8"))
    there = (frame["machine"]["system"], frame["machine"]["architecture"])
    return (
        there == (platform.system(), platform.machine())
        and frame["versions"]["python"].split(".")[:2] == platform.python_version().split(".")[:2]
    )


def without_numbers(text: str) -> str:
    """The text with each number, and the spaces that align it, replaced by one mark."""
    return re.sub(r"\s*\d[\d.,]*", " #", text)
