"""What the harness in snippets/conftest.py lets pass, and what it refuses."""

import os
import shutil
import subprocess
import sys

import pytest
from support import ROOT


@pytest.fixture
def folder(tmp_path):
    """A folder with the harness and a snippet that prints `2 packages    10 MB`."""
    shutil.copy(ROOT / "snippets" / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "weigh.py").write_text("print('2 packages    10 MB')\n")
    (tmp_path / "outputs").mkdir()
    return tmp_path


def pytest_in(folder, *options):
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout


def test_a_snippet_without_a_recording_is_refused(folder):
    status, said = pytest_in(folder)
    assert status == 1
    assert "weigh.py has no recording; run: pytest snippets/ --record" in said


def test_recording_writes_what_is_then_compared(folder):
    (folder / "stale.ipynb").write_text("not a notebook")  # not looked at while recording
    status, said = pytest_in(folder, "--record", "-p", "nbval.plugin", "--nbval")
    assert status == 0
    assert "renew the notebook" in said
    assert (folder / "outputs" / "weigh.txt").read_text() == "2 packages    10 MB\n"
    assert pytest_in(folder)[0] == 0


@pytest.mark.parametrize(
    ("recorded", "status"),
    [("2 packages    10 MB\n", 0), ("2 packages    11 MB\n", 1), ("2 packages    10 MB", 1)],
)
def test_every_character_counts(folder, recorded, status):
    (folder / "outputs" / "weigh.txt").write_text(recorded)
    ended, said = pytest_in(folder)
    assert ended == status
    assert ("no longer prints its recording" in said) == (status == 1)


def test_a_snippet_that_fails_shows_its_own_words(folder):
    (folder / "weigh.py").write_text("import sys\nsys.exit('no such forest')\n")
    status, said = pytest_in(folder)
    assert status == 1
    assert "weigh.py ended with status 1:\nno such forest" in said
