"""What the pytest plugin lets pass, what it refuses, and what it writes."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parents[1] / "pytest"


@pytest.fixture
def folder(tmp_path):
    """A folder with a script that prints `2 packages    10 MB`, and a test beside it."""
    (tmp_path / "pytest.ini").write_text(
        f"[pytest]\npythonpath = {PLUGIN}\nrecorded_ignore = help.py\n"
    )
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["pytest_recorded.plugin"]\n')
    (tmp_path / "test_other.py").write_text("def test_other():\n    assert False, 'it ran'\n")
    snippets = tmp_path / "snippets"
    (snippets / "outputs").mkdir(parents=True)
    (snippets / "help.py").write_text("import pluggy\nraise_me = None\n")
    (snippets / "weigh.py").write_text(
        "import json, help\nfrom packaging import version\nprint('2 packages    10 MB')\n"
    )
    (snippets / "other.py").write_text("print('other')\n")
    (snippets / "outputs" / "weigh.txt").write_text("2 packages    10 MB\n")
    (snippets / "outputs" / "other.txt").write_text("other\n")
    return tmp_path


def pytest_in(folder, *options, **env):
    """Exit status and output; `CI` is that of this run only when it is given."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "CI"}
        | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def state(folder):
    """Every file's content and time of change."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in files
        if "__pycache__" not in path.parts
    }


def test_what_is_printed_is_compared_and_support_is_not_run(folder):
    status, said = pytest_in(folder, "snippets")
    assert (status, "2 passed" in said) == (0, True)


@pytest.mark.parametrize(
    "recorded", ["2 packages    11 MB\n", "2 packages    10 MB", "", "2 packages    10 MB\r\n"]
)
def test_every_character_counts_and_a_diff_shows_it(folder, recorded):
    (folder / "snippets/outputs/weigh.txt").write_bytes(recorded.encode())
    status, said = pytest_in(folder, "snippets")
    assert status == 1
    renew = "renew with: pytest --record snippets/weigh.py"
    assert f"weigh.py no longer prints its recording; mend it, or {renew}" in said
    assert "--- recorded\n+++ printed\n@@ " in said
    assert "+2 packages    10 MB\n" in said


def test_a_script_without_a_recording_is_told_how_to_get_one(folder):
    (folder / "snippets/outputs/weigh.txt").unlink()
    status, said = pytest_in(folder, "snippets")
    assert status == 1
    assert "weigh.py has no recording; renew with: pytest --record snippets/weigh.py" in said


def test_recording_one_writes_that_one_and_its_versions_alone(folder):
    outputs = folder / "snippets/outputs"
    (outputs / "weigh.txt").write_text("old\n")
    before = state(folder)
    status, said = pytest_in(folder, "--record", "snippets/weigh.py")
    assert status == 0, said
    after = state(folder)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert changed == {"snippets/outputs/weigh.txt", "snippets/outputs/weigh.versions"}
    assert (outputs / "weigh.txt").read_text() == "2 packages    10 MB\n"
    python, *packages = (outputs / "weigh.versions").read_text().splitlines()
    assert python == f"Python {sys.version_info.major}.{sys.version_info.minor}"
    assert packages == [f"{name} {version(name)}" for name in ("packaging", "pluggy")]
    assert pytest_in(folder, "snippets/weigh.py")[0] == 0


def test_recording_tests_nothing(folder):
    status, said = pytest_in(folder, "--record", "snippets", "test_other.py")
    assert status == 0
    assert "it ran" not in said


def test_what_fails_or_takes_too_long_leaves_its_recording(folder):
    before = state(folder / "snippets/outputs")
    (folder / "snippets/weigh.py").write_text("import sys\nsys.exit('no such scale')\n")
    status, said = pytest_in(folder, "--record", "snippets/weigh.py")
    assert (status, "weigh.py ended with status 1:\nno such scale" in said) == (1, True)
    (folder / "snippets/weigh.py").write_text("import time\ntime.sleep(60)\n")
    options = ("-o", "recorded_timeout=0.5", "snippets/weigh.py")
    for record in ((), ("--record",)):
        status, said = pytest_in(folder, *record, *options)
        assert (status, "weigh.py did not end within 0.5 s" in said) == (1, True)
    assert state(folder / "snippets/outputs") == before


@pytest.mark.parametrize(
    ("options", "env", "reason"),
    [
        (["--record", "snippets"], {"CI": "true"}, "--record does not run under CI"),
        (["--record"], {}, "--record needs a path: pytest --record snippets/name.py"),
        (["-o", "recorded_timeout=soon"], {}, "recorded_timeout: give a number of seconds"),
    ],
)
def test_what_is_refused_is_refused_in_one_line_and_writes_nothing(folder, options, env, reason):
    before = state(folder)
    status, said = pytest_in(folder, *options, **env)
    assert status == pytest.ExitCode.USAGE_ERROR
    assert [line for line in said.splitlines() if line.strip()][-1].startswith(f"ERROR: {reason}")
    assert state(folder) == before


def test_another_version_than_recorded_is_told(folder):
    versions = folder / "snippets/outputs/weigh.versions"
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    versions.write_text(f"{python}\npackaging 1.0\nnowhere 2\n")
    status, said = pytest_in(folder, "snippets")
    assert status == 1
    installed = version("packaging")
    assert f"recorded with packaging 1.0, and {installed} is installed; nowhere 2, and none" in said
    versions.write_text("Python 2.7\npackaging 1.0\n")  # another Python has other pins
    assert pytest_in(folder, "snippets")[0] == 0


@pytest.fixture
def many(folder):
    """The folder with two scripts more, enough to import `help`, which says when it is imported."""
    (folder / "snippets/help.py").write_text("print('imported')\nseen = []\n")
    script = "import help, sys\nhelp.seen.append(1)\nprint(help.seen, __name__)\n"
    script += (
        "print(sys.argv == [__file__], __file__.startswith(sys.path[0]), 'pytest' in sys.modules)"
    )
    for name in "weigh", "other", "third", "fourth":
        (folder / f"snippets/{name}.py").write_text(script)
        (folder / f"snippets/outputs/{name}.txt").write_text("[1] __main__\nTrue True False\n")
    return folder


def test_what_is_imported_once_is_new_to_each_script(many):
    status, said = pytest_in(many, "-o", "recorded_imports=help", "snippets")
    assert (status, "4 passed" in said) == (0, True), said
    status, said = pytest_in(many, "-o", "recorded_imports=help", "snippets/weigh.py")
    assert "+imported" in said  # one script alone imports what it needs


def test_a_fork_that_fails_is_told_as_a_script_alone(many):
    (many / "snippets/weigh.py").write_text("import sys\nsys.exit('no such scale')\n")
    (many / "snippets/other.py").write_text("import os\nos.kill(os.getpid(), 9)\n")
    status, said = pytest_in(many, "-o", "recorded_imports=help", "snippets")
    assert (status, "2 failed, 2 passed" in said) == (1, True), said
    assert "weigh.py ended with status 1:\nno such scale" in said
    assert "other.py ended with status -9" in said


@pytest.mark.parametrize(
    ("slow", "seconds", "told"),
    [
        ("weigh", 3, "weigh"),  # enough for the process that forks to start
        ("help", 0.5, "fourth"),  # the first that waits for the import
    ],
)
def test_a_fork_that_takes_too_long_is_ended(many, slow, seconds, told):
    (many / f"snippets/{slow}.py").write_text("import time\ntime.sleep(60)\n")
    options = ("-o", "recorded_imports=help", "-o", f"recorded_timeout={seconds}", "snippets")
    status, said = pytest_in(many, *options)
    assert (status, f"{told}.py did not end within {seconds} s" in said) == (1, True), said


def test_an_import_that_fails_is_told(many):
    status, said = pytest_in(many, "-o", "recorded_imports=nowhere", "snippets")
    assert (status, "passed" in said) == (1, False)
    reason = "ModuleNotFoundError: No module named 'nowhere'"
    assert f"weigh.py did not run after recorded_imports: {reason}" in said
