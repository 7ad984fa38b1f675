"""However a conversion is interrupted, only the old target remains, and one line says why."""

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from exact import without_source

import onnx101
from onnx101.atomic import replacing

PICKLES = Path(__file__).parent / "pickles"
OLD = b"what stood there before"


@pytest.fixture(scope="module")
def forest() -> bytes:
    with np.load(PICKLES / "1.9.1.npz") as arrays:
        return arrays["forest/protocol4"].tobytes()


@pytest.fixture
def files(forest, tmp_path):
    source, target = tmp_path / "forest.pkl", tmp_path / "forest.onnx"
    source.write_bytes(forest)
    target.write_bytes(OLD)
    return source, target


@pytest.fixture(scope="module")
def new(command, forest, tmp_path_factory) -> bytes:
    """The model that an undisturbed conversion writes."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "forest.pkl").write_bytes(forest)
    assert command("convert", folder / "forest.pkl", folder / "forest.onnx").status == 0
    return (folder / "forest.onnx").read_bytes()


def lines(command, files) -> int:
    """How many lines run in a conversion."""
    counted = command("convert", *files, at=10**9)
    assert counted.status == 0
    assert counted.lines > 1000
    files[1].write_bytes(OLD)
    return counted.lines


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_interrupted_anywhere(name, command, files, new):
    source, target = files
    for line in np.linspace(1, lines(command, files), 30, dtype=int).tolist():
        target.write_bytes(OLD)
        outcome = command("convert", source, target, at=line, do=name)
        assert_old_or_new(outcome, target, new)
        assert sorted(source.parent.iterdir()) == [target, source], f"at line {line}"


@pytest.mark.parametrize("change", ["unlink", "truncate", "append"])
def test_source_changes_while_read(change, command, files, forest, new):
    source, target = files
    for line in np.linspace(1, lines(command, files), 15, dtype=int).tolist():
        source.write_bytes(forest)
        target.write_bytes(OLD)
        outcome = command("convert", source, target, at=line, do=change, path=str(source))
        assert_old_or_new(outcome, target, new)
        assert {*source.parent.iterdir()} <= {target, source}, f"at line {line}"


def assert_old_or_new(outcome, target: Path, new: bytes) -> None:
    """Either the whole new model and success, or the old model and a one-line error."""
    written = target.read_bytes()
    if written != OLD and without_source(written) == without_source(new):
        assert outcome.status in (0, 2)  # the signal may come after the last write
    else:
        assert target.read_bytes() == OLD
        outcome.assert_refused()


def test_full_disk(command, files, new):
    source, target = files
    # the limit applies to the captured output, too
    for limit in np.linspace(500, len(new) - 1, 12, dtype=int).tolist():
        outcome = command("convert", source, target, file_limit=limit)
        outcome.assert_refused()
        assert str(target) in outcome.stderr
        assert target.read_bytes() == OLD
        assert sorted(source.parent.iterdir()) == [target, source]


UNWRITABLE = {
    "an address": lambda folder: "s3://models/forest.onnx",
    "an address of a file": lambda folder: f"file://{folder}/new.onnx",
    "a folder that is not there": lambda folder: f"{folder}/new/",
    "a file as a folder": lambda folder: f"{folder}/forest.onnx/",
    "no name": lambda folder: "",
    "a missing folder": lambda folder: folder / "missing" / "forest.onnx",
    "a folder": lambda folder: folder,
    "a file as folder": lambda folder: folder / "forest.pkl" / "forest.onnx",
    "a folder of the system": lambda folder: Path("/proc/forest.onnx"),
    "the source": lambda folder: folder / "forest.pkl",
    "the source by another name": lambda folder: link(folder / "link.onnx", folder / "forest.pkl"),
    "a name too long": lambda folder: folder / ("x" * 300),
    "the source through a link": lambda folder: symlink(folder / "l.onnx", folder / "forest.pkl"),
    "a loop of links": lambda folder: symlink(folder / "loop.onnx", folder / "loop.onnx"),
    "a pipe": lambda folder: pipe(folder / "pipe.onnx"),
}


def symlink(path: Path, target: Path) -> Path:
    path.symlink_to(target)
    return path


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def link(path: Path, target: Path) -> Path:
    os.link(target, path)
    return path


@pytest.mark.parametrize("kind", UNWRITABLE)
def test_unwritable_target(kind, command, files, forest):
    source, target = files
    place = UNWRITABLE[kind](source.parent)
    before = sorted(source.parent.iterdir())
    outcome = command("convert", source, place)
    outcome.assert_refused()
    assert (str(place)[:200] or "''") in outcome.stderr
    assert sorted(source.parent.iterdir()) == before
    assert source.read_bytes() == forest
    assert target.read_bytes() == OLD


UNREADABLE = {
    "a missing file": lambda folder: folder / "missing.pkl",
    "a folder": lambda folder: folder,
    "a file as folder": lambda folder: folder / "forest.pkl" / "forest.pkl",
    "nothing": lambda folder: "",
    "an unknown scheme": lambda folder: "ftp://127.0.0.1/forest.pkl",
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_unreadable_source(kind, command, files):
    source, target = files
    place = UNREADABLE[kind](source.parent)
    before = sorted(source.parent.iterdir())
    outcome = command("convert", place, target)
    outcome.assert_refused()
    assert (str(place) or "''") in outcome.stderr
    assert sorted(source.parent.iterdir()) == before
    assert target.read_bytes() == OLD


@pytest.mark.parametrize("arguments", ["", "convert", "convert a", "convert a b c"])
def test_wrong_arguments(arguments, command):
    outcome = command(*arguments.split())
    assert outcome.status == 2
    assert outcome.stderr.startswith("usage: onnx101")


@pytest.mark.parametrize("share", [0.3, 1])
def test_source_comes_bit_by_bit(share, command, files, forest, new):
    """For example from a pipe: `onnx101 convert <(download) forest.onnx`."""
    _, target = files
    pipe = target.parent / "pipe"
    os.mkfifo(pipe)

    def pour():
        with open(pipe, "wb", buffering=0) as file:
            for part in np.array_split(np.frombuffer(forest, np.uint8), 50)[: round(50 * share)]:
                file.write(part.tobytes())
                time.sleep(0.002)

    pouring = threading.Thread(target=pour)
    pouring.start()
    outcome = command("convert", pipe, target)
    pouring.join()
    if share == 1:
        assert without_source(target) == without_source(new)
    else:
        outcome.assert_refused()
        assert target.read_bytes() == OLD


SPELLINGS = {
    "its address": lambda path: path.as_uri(),
    "its address on this host": lambda path: f"file://localhost{path}",
    "its address with a dot": lambda path: f"file://{path.parent}/./{path.name}",
    "its address in other letters": lambda path: path.as_uri().replace("o", "%6f"),
    "a path with dots": lambda path: path.parent / ".." / path.parent.name / path.name,
    "a link": lambda path: symlink(path.with_name("other"), path),
    "a hard link": lambda path: link(path.with_name("other"), path),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_source_that_is_the_target_stays(spelling, command, files, forest):
    source, _ = files
    outcome = command("convert", SPELLINGS[spelling](source), source)
    outcome.assert_refused()
    assert "would replace" in outcome.stderr
    assert source.read_bytes() == forest


@pytest.mark.parametrize("target", ["/dev/stdin", "/proc/self/fd/0", "it"])
def test_what_comes_in_by_stdin_is_not_replaced(target, files, forest):
    source, _ = files
    place = source if target == "it" else target
    run = [sys.executable, "-m", "onnx101", "convert", "/dev/stdin", place]
    with open(source, "rb") as file:
        done = subprocess.run(run, stdin=file, capture_output=True, text=True)
    assert done.returncode == 2
    assert "would replace" in done.stderr
    assert source.read_bytes() == forest


@pytest.mark.parametrize(
    "address", ["file://[", "file://elsewhere/forest.pkl", "file:///a%00b", "ftp://a/b", "s3://["]
)
def test_an_address_that_leads_nowhere(address, command, files):
    outcome = command("convert", address, files[1])
    outcome.assert_refused()
    assert files[1].read_bytes() == OLD


def test_the_mode_of_the_target_stays(command, files):
    source, target = files
    for mode in (0o600, 0o640, 0o400):
        target.chmod(mode)
        assert command("convert", source, target).status == 0
        assert stat.S_IMODE(target.stat().st_mode) == mode


def test_a_new_file_is_as_open_as_others(command, files):
    source, target = files
    target.unlink()
    assert command("convert", source, target).status == 0
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(source.stat().st_mode)


@pytest.mark.parametrize("length", [243, 244, 255])
def test_the_longest_names(length, command, files):
    source, target = files
    assert command("convert", source, target.with_name("n" * length)).status == 0
    assert command("convert", source, target.with_name("n" * 256)).status == 2


def test_what_a_killed_writer_left_is_swept_and_what_a_living_one_writes_is_not(
    command, files, new
):
    source, target = files
    with replacing(target.with_name("living")) as file:
        file.write(b"begun")
        (target.parent / ".onnx101-0123.part").write_bytes(b"left by kill -9")
        assert command("convert", source, target).status == 0
        assert not (target.parent / ".onnx101-0123.part").exists()
        file.write(b" and ended")
    assert target.with_name("living").read_bytes() == b"begun and ended"
    assert target.read_bytes() == new
    assert len(list(target.parent.iterdir())) == 3


def test_what_is_no_file_does_not_hold_up_a_writer(files, tmp_path):
    source, target = files
    (tmp_path / "elsewhere").write_bytes(b"of somebody")
    os.mkfifo(tmp_path / ".onnx101-0123.part")
    (tmp_path / ".onnx101-4567.part").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".onnx101-89ab.part").mkdir()
    onnx101.convert(source, target)
    assert target.read_bytes() != OLD
    assert (tmp_path / "elsewhere").exists()


def test_writers_to_one_target_do_not_meet(files, new):
    source, target = files
    failures = []

    def go():
        try:
            onnx101.convert(source, target)
        except onnx101.ConversionError as error:
            failures.append(error)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(target.read_bytes()) == len(new)
    assert sorted(target.parent.iterdir()) == [target, source]


def test_what_is_written_reaches_the_disk_before_its_name(files, monkeypatch):
    source, target = files
    calls = []
    for name in ("fsync", "replace"):
        plain = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, n=name, f=plain: (calls.append(n), f(*a))[1])
    onnx101.convert(source, target)
    assert calls == ["fsync", "replace", "fsync"]
