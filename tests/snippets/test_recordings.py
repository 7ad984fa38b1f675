"""What the harness in snippets/conftest.py lets pass, and what it refuses."""

import json
import os
import platform
import shutil
import subprocess
import sys

import pytest
from support import ROOT

HERE = {
    "machine": {"system": platform.system(), "architecture": platform.machine()},
    "versions": {"python": platform.python_version()},
}
ELSEWHERE = {
    "machine": {"system": "Plan 9", "architecture": "68020"},
    "versions": {"python": "3.11.0"},
}


@pytest.fixture
def folder(tmp_path):
    """A folder with the harness and a snippet that prints `2 packages    10 MB`."""
    shutil.copy(ROOT / "snippets" / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "weigh.py").write_text(
        "import sys\n"
        "print('2 packages    10 MB')\n"
        "if '--out' in sys.argv:\n"
        "    open(sys.argv[2], 'w').write('{}')\n"
    )
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
    measurement = folder / "outputs" / "weigh.json"
    measurement.write_text(json.dumps(HERE))
    (folder / "stale.ipynb").write_text("not a notebook")  # not looked at while recording
    status, said = pytest_in(folder, "--record", "-p", "nbval.plugin", "--nbval")
    assert status == 0
    assert "renew the notebook" in said
    assert (folder / "outputs" / "weigh.txt").read_text() == "2 packages    10 MB\n"
    assert measurement.read_text() == "{}"
    measurement.unlink()
    assert pytest_in(folder)[0] == 0


@pytest.mark.parametrize(
    ("measured", "recorded", "status"),
    [
        (None, "2 packages    10 MB\n", 0),
        (None, "2 packages    11 MB\n", 1),
        (HERE, "2 packages    11 MB\n", 1),
        (ELSEWHERE, "3 packages 1,011.5 MB\n", 0),
        (ELSEWHERE, "3 packages    10 kB\n", 1),
        (ELSEWHERE, "2 packages\n", 1),
        (HERE | {"versions": {"python": "3.9.1"}}, "2 packages    11 MB\n", 0),
    ],
)
def test_numbers_may_differ_only_in_a_measurement_from_elsewhere(
    folder, measured, recorded, status
):
    (folder / "outputs" / "weigh.txt").write_text(recorded)
    if measured:
        (folder / "outputs" / "weigh.json").write_text(json.dumps(measured))
    ended, said = pytest_in(folder)
    assert ended == status
    assert ("no longer prints its recording" in said) == (status == 1)


def test_a_snippet_that_fails_shows_its_own_words(folder):
    (folder / "weigh.py").write_text("import sys\nsys.exit('no such forest')\n")
    status, said = pytest_in(folder)
    assert status == 1
    assert "weigh.py ended with status 1:\nno such forest" in said
