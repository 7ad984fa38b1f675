"""Runs each script of a folder and compares what it prints with its recording.

Every script in a folder named by the ini option `recorded` is one test. It runs alone, and what it
prints must equal `outputs/<name>.txt` beside it, character by character. `pytest --record PATH`
writes the recordings of PATH again and, in `<name>.versions`, the versions of what each imported.

Most of a script's time is the import of its packages. Those that `recorded_imports` names are
imported once, in a process of their own; each script then runs in a fork of it. Recordings are
always made without.
"""

import difflib
import os
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from pytest_recorded.forks import Forks
from pytest_recorded.versions import PYTHON, of_node

RUNNERS = {".py": [sys.executable], ".mjs": ["node"]}
AT_ONCE = 2
FEW = 3  # so many scripts are quicker without the imports of all others
HOOK = "from pytest_recorded.versions import note_imports\nnote_imports()\n"


def pytest_addoption(parser):
    group = parser.getgroup("recorded")
    group.addoption("--record", action="store_true", help="write the recordings of the named paths")
    parser.addini("recorded", "folders of scripts whose output is recorded", "args", ["snippets"])
    parser.addini("recorded_ignore", "files in them that are imported, not run", "args", [])
    parser.addini("recorded_imports", "modules to import once, not in each script", "args", [])
    parser.addini("recorded_timeout", "seconds that one script may take", default="60")


def pytest_configure(config):
    try:
        float(config.getini("recorded_timeout"))
    except ValueError:
        raise pytest.UsageError("recorded_timeout: give a number of seconds") from None
    if not config.getoption("--record"):
        return
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        raise pytest.UsageError("--record does not run under CI: record here, look, commit")
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        raise pytest.UsageError("--record needs a path: pytest --record snippets/name.py")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """A script is run, never imported as a test module, even when it is named."""
    found = yield
    config = parent.config
    ignored = {"conftest.py", *config.getini("recorded_ignore")}
    folders = [config.rootpath / folder for folder in config.getini("recorded")]
    if file_path.parent not in folders or file_path.suffix not in RUNNERS:
        return found
    if file_path.name in ignored:
        return []
    return [ScriptFile.from_parent(parent, path=file_path)]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """While recordings change, nothing else is tested against them."""
    if config.getoption("--record"):
        others = [item for item in items if not isinstance(item, Script)]
        items[:] = [item for item in items if isinstance(item, Script)]
        config.hook.pytest_deselected(items=others)


def pytest_collection_finish(session):
    if session.config.getoption("--record") or session.config.getoption("--collect-only"):
        return
    scripts = [item for item in session.items if isinstance(item, Script)]
    session.recorded_pool, session.recorded_forks = ThreadPoolExecutor(AT_ONCE), {}
    modules = session.config.getini("recorded_imports") if hasattr(os, "fork") else []
    in_python = Counter(item.path.parent for item in scripts if item.path.suffix == ".py")
    if modules:
        session.recorded_forks = {
            folder: Forks(folder, modules) for folder, many in in_python.items() if many > FEW
        }
    for item in scripts:
        item.running = session.recorded_pool.submit(item.run)


def pytest_sessionfinish(session):
    if hasattr(session, "recorded_pool"):
        session.recorded_pool.shutdown(cancel_futures=True)
        for forks in session.recorded_forks.values():
            forks.close()


class ScriptFile(pytest.File):
    """One script, collected as one test."""

    def collect(self):
        python = self.path.suffix == ".py"
        yield Script.from_parent(self, name=self.path.stem if python else self.path.name)


class Script(pytest.Item):
    """Runs the script alone; its standard output must equal its recording."""

    running = None

    @property
    def recording(self) -> Path:
        return self.path.parent / "outputs" / f"{self.name}.txt"

    @property
    def versions(self) -> Path:
        return self.recording.with_name(f"{self.name}.versions")

    def run(self, **extra: str) -> str:
        """What the script prints; raises Drift when it fails."""
        seconds = float(self.config.getini("recorded_timeout"))
        try:
            ended = self.forked(seconds) or self.alone(seconds, extra)
        except subprocess.TimeoutExpired:
            raise Drift(f"{self.path.name} did not end within {seconds:g} s") from None
        if ended.returncode:
            raise Drift(f"{self.path.name} ended with status {ended.returncode}:\n{ended.stderr}")
        return ended.stdout

    def forked(self, seconds: float) -> subprocess.CompletedProcess | None:
        forks = getattr(self.session, "recorded_forks", {}).get(self.path.parent)
        if not forks or self.path.suffix != ".py":
            return None
        try:
            return forks.run(self.path, seconds)
        except OSError as error:
            raise Drift(f"{self.path.name} did not run after recorded_imports: {error}") from None

    def alone(self, seconds: float, extra: dict[str, str]) -> subprocess.CompletedProcess:
        try:
            return subprocess.run(
                [*RUNNERS[self.path.suffix], str(self.path)],
                capture_output=True,
                encoding="utf-8",
                errors="backslashreplace",
                env=os.environ | {"PYTHONIOENCODING": "utf-8"} | extra,
                timeout=seconds,
                check=False,
            )
        except FileNotFoundError as error:
            raise Drift(f"{self.path.name}: {error.filename} is not installed") from None

    def runtest(self):
        if self.config.getoption("--record"):
            return self.record()
        printed = self.running.result() if self.running else self.run()
        renew = f"renew with: pytest --record {self.path.relative_to(self.config.rootpath)}"
        if not self.recording.exists():
            raise Drift(f"{self.path.name} has no recording; {renew}")
        recorded = self.recording.read_bytes().decode("utf-8", "backslashreplace")
        if printed != recorded:
            raise Drift(
                f"{self.path.name} no longer prints its recording; mend it, or {renew}\n"
                + difference(recorded, printed)
            )
        if changed := others(self.versions):
            raise Drift(f"{self.path.name} was recorded with {changed}; {renew}")

    def record(self):
        """Write what the script prints, and with which versions; nothing when it fails."""
        with tempfile.TemporaryDirectory() as folder:
            noted = Path(folder, "versions")
            Path(folder, "sitecustomize.py").write_text(HOOK)
            here, path = str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")
            paths = os.pathsep.join(filter(None, [folder, here, path]))
            printed = self.run(
                PYTHONPATH=paths,
                RECORDED_VERSIONS=str(noted),
                RECORDED_FOLDER=str(self.path.parent),
            )
            names = (
                noted.read_text(encoding="utf-8")
                if self.path.suffix == ".py"
                else of_node(self.path)
            )
        self.recording.parent.mkdir(exist_ok=True)
        replace(self.versions, names)
        replace(self.recording, printed)

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, Drift):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, f"script {self.name}"


class Drift(Exception):
    """A script does not do what its recording says."""


def difference(recorded: str, printed: str) -> str:
    """A unified diff that also shows a missing end of line."""
    lines = difflib.unified_diff(
        recorded.splitlines(keepends=True),
        printed.splitlines(keepends=True),
        "recorded",
        "printed",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def others(versions: Path) -> str:
    """Which recorded versions are not the installed ones; none where another Python recorded."""
    if not versions.exists():
        return ""
    python, *packages = versions.read_text(encoding="utf-8").splitlines()
    if python != PYTHON:
        return ""
    changed = []
    for name, recorded in (line.rsplit(" ", 1) for line in packages):
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = "none"
        if installed != recorded:
            changed.append(f"{name} {recorded}, and {installed} is installed")
    return "; ".join(changed)


def replace(path: Path, text: str) -> None:
    """Write the file whole, or leave the old one."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_bytes(text.encode("utf-8"))
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Drift(f"cannot write {path}: {error.strerror}") from None
