"""Runs every snippet in its own process and holds what it printed against its recording.

`pytest snippets/ --record` writes the recordings again.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OUTPUTS = HERE / "outputs"
RUNNERS = {".py": sys.executable, ".mjs": "node"}
SUPPORT = {"conftest.py", "support.py"}  # no snippets: nothing to run
AT_ONCE = 2  # most of a snippet's time is the import of its packages
TIMEOUT = 180  # seconds; alone, each takes less than 20


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
        return
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

    def run(self):
        return subprocess.run(
            [RUNNERS[self.path.suffix], str(self.path)],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    def runtest(self):
        record = self.config.getoption("--record")
        run = self.running.result() if self.running else self.run()
        if run.returncode:
            raise Drift(f"{self.path.name} ended with status {run.returncode}:\n{run.stderr}")
        recording = OUTPUTS / f"{self.name}.txt"
        if record:
            recording.write_text(run.stdout, encoding="utf-8")
            return
        if not recording.exists():
            raise Drift(f"{self.path.name} has no recording; run: pytest snippets/ --record")
        printed, recorded = run.stdout, recording.read_text(encoding="utf-8")
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
