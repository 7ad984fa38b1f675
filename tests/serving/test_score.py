"""Scoring a table on Dask: every row once, bit for bit, whatever dies on the way."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time

import flights
import numpy as np
import pandas as pd
import pytest
import score
from support import ROOT

from serving import run
from serving.load import one_thread
from serving.run import Run, dask_client, opened

GROUP = 500  # rows in a row group
ROWS = 6_000


@pytest.fixture(scope="module")
def table(split, tmp_path_factory):
    """Two files of flights, each flight with its own number and text, in 12 row groups."""
    folder = tmp_path_factory.mktemp("flights")
    rows = pd.DataFrame(split[1][:ROWS], columns=flights.FEATURES)
    rows.insert(3, "flight", np.arange(ROWS))
    rows["carrier"] = ["AA", "UA"] * (ROWS // 2)
    rows[:3500].to_parquet(folder / "a.parquet", row_group_size=GROUP)
    rows[3500:].to_parquet(folder / "b.parquet", row_group_size=GROUP)
    return folder


@pytest.fixture(scope="module")
def expected(split, model):
    """The minutes from a single session, in one call."""
    return one_thread(model).run(None, {"X": split[1][:ROWS]})[0].ravel()


def whole(target, expected):
    """Every row is there once, in order, with its own columns and its minutes, bit for bit."""
    found = pd.read_parquet(target)
    assert list(found.columns) == ["flight", "carrier", "variable"]
    assert found["flight"].tolist() == list(range(ROWS))
    assert found["carrier"].tolist() == ["AA", "UA"] * (ROWS // 2)
    assert found["variable"].to_numpy().tobytes() == expected.tobytes()
    names = sorted(path.name for path in target.iterdir())
    parts = [f"part-00000-{group:05}.parquet" for group in range(7)]
    parts += [f"part-00001-{group:05}.parquet" for group in range(5)]
    assert names == ["_SUCCESS", "_run.json", *parts]  # and nothing half-written


def said(capsys, *argv):
    score.main([str(word) for word in argv])
    return capsys.readouterr()


def refused(capsys, *argv):
    with pytest.raises(SystemExit) as end:
        score.main([str(word) for word in argv])
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_every_row_once_and_every_bit(table, model, expected, tmp_path, capsys):
    out = said(capsys, model, table, tmp_path / "out")
    assert out.out == "6,000 flights in 12 parts, 12 of them new\n"
    assert out.err == ""  # no progress bar without a terminal
    whole(tmp_path / "out", expected)
    again = said(capsys, model, table, tmp_path / "out")
    assert again.out == "6,000 flights in 12 parts, 0 of them new\n"
    whole(tmp_path / "out", expected)


def test_an_interrupted_run_goes_on(table, model, expected, tmp_path, capsys, monkeypatch):
    target = tmp_path / "out"
    real = score.scored

    def interrupted(client, run):
        run.missing = run.missing[:5]
        yield from real(client, run)
        raise KeyboardInterrupt

    monkeypatch.setattr(score, "scored", interrupted)
    assert "what is written is whole, and the same command goes on" in refused(
        capsys, model, table, target
    )
    monkeypatch.undo()
    there = {path: path.stat().st_mtime_ns for path in target.glob("part-*")}
    assert len(there) == 5
    assert not (target / "_SUCCESS").exists()
    out = said(capsys, model, table, target)
    assert out.out == "6,000 flights in 12 parts, 7 of them new\n"
    assert there == {path: path.stat().st_mtime_ns for path in there}  # no part is scored twice
    whole(target, expected)


def test_a_killed_worker_loses_nothing(table, model, expected, tmp_path):
    """Two processes; one is killed as soon as the first part has arrived."""
    target = tmp_path / "out"
    run = Run(str(model), str(table), str(target), flights.FEATURES)
    killed = []

    with dask_client(None, 2) as client:
        workers = client.run(os.getpid).values()

        def then_kill(parts):
            for rows in parts:
                if not killed:
                    killed.append(min(workers))
                    os.kill(killed[0], signal.SIGKILL)
                yield rows

        run.finish(then_kill(score.scored(client, run)))
    assert killed
    whole(target, expected)


def test_a_part_whose_worker_died_after_it_is_not_scored_again(table, model, tmp_path):
    run = Run(str(model), str(table), str(tmp_path / "out"), flights.FEATURES)
    part = run.parts[0]
    assert part.write(one_thread(model)) == GROUP
    assert part.write(None) == GROUP  # without a session it could not score anything


def test_a_cluster_elsewhere_needs_only_the_packages(table, model, expected, tmp_path):
    """A scheduler and a worker from Dask's command line, in their own folder."""
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    quiet = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    file = tmp_path / "scheduler.json"
    dask += ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    work = [sys.executable, "-m", "distributed.cli.dask_worker", "--host", "127.0.0.1"]
    work += ["--scheduler-file", str(file), "--no-dashboard", "--no-nanny", "--nthreads", "1"]
    with subprocess.Popen(dask, **quiet) as scheduler, subprocess.Popen(work, **quiet) as worker:
        try:
            until = time.monotonic() + 300
            while not file.exists():
                assert scheduler.poll() is None
                assert time.monotonic() < until
                time.sleep(0.1)
            address = json.loads(file.read_text())["address"]
            command = [sys.executable, ROOT / "snippets" / "score.py", model, table]
            command += [tmp_path / "out", "--scheduler", address]
            out = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            assert (out.stdout, out.stderr) == ("6,000 flights in 12 parts, 12 of them new\n", "")
        finally:
            worker.kill()  # terminated, it waits for its scheduler: forever, if that ends first
            scheduler.kill()
    whole(tmp_path / "out", expected)


def test_one_session_serves_all_threads(table, model, tmp_path, monkeypatch):
    sessions = []

    def counting(*given):
        sessions.append(opened(*given))
        return sessions[-1]

    monkeypatch.setattr(score, "opened", counting)
    run = Run(str(model), str(table), str(tmp_path / "out"), flights.FEATURES)
    with dask_client(None, None) as client:
        run.finish(score.scored(client, run))
    assert len(sessions) == 1


def test_a_bar_on_a_terminal(table, model, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    score.main([str(model), str(table), str(tmp_path / "out")])
    assert "6.00k/6.00k" in capsys.readouterr().err


def with_rows(folder, change):
    rows = pd.DataFrame(np.ones((4, 7), np.float32), columns=flights.FEATURES)
    change(rows).to_parquet(folder / "x.parquet")
    return folder


WRONG = {
    "a column is missing": (
        lambda rows: rows.drop(columns="scheduled hour"),
        "no column scheduled",
    ),
    "text": (lambda rows: rows.assign(**{"scheduled hour": "noon"}), "scheduled hour is .*string"),
    "NaN": (lambda rows: rows.replace({1: np.nan}), "4 numbers of origin latitude are"),
    "infinite": (lambda rows: rows.replace({1: np.inf}), "4 numbers of origin latitude"),
    "too large": (lambda rows: rows.astype(float) * 1e39, "4 numbers of origin latitude"),
    "an output's name": (lambda rows: rows.assign(variable=1), "column variable has the name"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_table_is_refused_in_one_line(name, model, tmp_path, capsys):
    change, reason = WRONG[name]
    source = tmp_path / "in"
    source.mkdir()
    line = refused(capsys, model, with_rows(source, change), tmp_path / "out")
    assert re.search(reason, line), line
    assert "x.parquet, row group 0" in line
    assert not list((tmp_path / "out").glob("*.parquet"))


def test_what_is_not_there_is_named(table, model, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(run, "PATIENCE", 0.5)
    out = tmp_path / "out"
    assert "none there is no such" in refused(capsys, model, tmp_path / "none", out)
    assert "none.onnx: No such file" in refused(capsys, tmp_path / "none.onnx", table, out)
    (tmp_path / "empty").mkdir()
    assert "holds no Parquet file" in refused(capsys, model, tmp_path / "empty", out)
    (tmp_path / "empty" / "x.parquet").write_bytes(b"PAR1")
    assert "x.parquet cannot be read" in refused(capsys, model, tmp_path / "empty", out)
    assert "ftp" in refused(capsys, model, "ftp://host/x", out)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
    assert address in refused(capsys, model, table, out, "--scheduler", address)
    assert not list(out.glob("*.parquet"))


def test_two_runs_do_not_mix(table, model, tmp_path, capsys):
    out = tmp_path / "out"
    said(capsys, model, table, out)
    before = {path: path.read_bytes() for path in out.iterdir()}
    other = tmp_path / "other.onnx"
    other.write_bytes(model.read_bytes() + b"\x32\x01x")  # a doc_string makes it a different file
    assert "a run of another model" in refused(capsys, other, table, out)
    assert "holds another table" in refused(capsys, model, table, table)
    assert before == {path: path.read_bytes() for path in out.iterdir()}


def test_a_model_that_changes_meanwhile_is_noticed(table, model, tmp_path):
    copy = tmp_path / "model.onnx"
    copy.write_bytes(model.read_bytes())
    run = Run(str(copy), str(table), str(tmp_path / "out"), flights.FEATURES)
    copy.write_bytes(model.read_bytes() + b"\x32\x01x")
    with (
        dask_client(None, None) as client,
        pytest.raises(ValueError, match="changed since the run"),
    ):
        run.finish(score.scored(client, run))


def test_a_full_disk_leaves_nothing_half_written(table, model, tmp_path, capsys):
    out = tmp_path / "out"
    run = Run(str(model), str(table), str(out), flights.FEATURES)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        assert "too large" in run.parts[0].write(one_thread(model))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in out.iterdir()] == ["_run.json"]
