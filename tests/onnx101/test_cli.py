"""The command's messages and exit statuses."""

import io
import os
import pickle
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from onnx101.__main__ import main

rng = np.random.default_rng(4)
X = rng.normal(size=(300, 3)).astype(np.float32)
FOREST = RandomForestRegressor(5, random_state=0).fit(X, X[:, 0] * X[:, 1])


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(FOREST))


def test_convert(files, capsys):
    assert main(["convert", "a.pkl", "a.onnx"]) == 0
    out, err = capsys.readouterr()
    line = r"RandomForestRegressor: 5 trees, [\d,]+ nodes, [\d,]+ bytes in \d+\.\d s\n"
    assert re.fullmatch(line, out)
    assert err == ""  # no progress bar without a terminal


def test_a_bar_on_a_terminal(files, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    assert main(["convert", "a.pkl", "a.onnx"]) == 0
    assert "B/s" in sys.stderr.getvalue()


def test_verify(files, capsys):
    main(["convert", "a.pkl", "a.onnx"])
    capsys.readouterr()
    assert main(["verify", "a.pkl", "a.onnx", "--rows", "500", "--seed", "2"]) == 0
    assert capsys.readouterr().out == (
        "500 rows, 100.00% equal in every bit; largest difference 0, relative 0; allowed 0\n"
    )


def test_verify_of_another_model(files, capsys, tmp_path):
    main(["convert", "a.pkl", "a.onnx"])
    other = RandomForestRegressor(5, random_state=1).fit(X, X[:, 0] * X[:, 1])
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(other))
    assert main(["verify", "a.pkl", "a.onnx"]) == 1


def test_info(files, capsys):
    main(["convert", "a.pkl", "a.onnx", "--dtype", "float"])
    capsys.readouterr()
    for file in ("a.onnx", "a.pkl"):
        assert main(["info", file]) == 0
        out = capsys.readouterr().out
        assert re.search(r"^estimator +RandomForestRegressor$", out, re.M)
        assert re.search(r"^trees +5$", out, re.M)
    assert main(["info", "a.onnx"]) == 0
    assert re.search(r"^ +[\d,]+ +\d+\.\d% +nodes_splits$", capsys.readouterr().out, re.M)


@pytest.mark.parametrize(
    "arguments",
    [
        ["convert", "none.pkl", "a.onnx"],
        ["verify", "none.pkl", "a.onnx"],
        ["verify", "a.pkl", "none.onnx"],
        ["info", "none.onnx"],
        ["convert", "a.pkl", "none/a.onnx"],
    ],
)
def test_one_line_on_stderr(arguments, files, capsys):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"onnx101: .*none.*\n", err)


@pytest.mark.parametrize(
    "arguments", [["convert", "a", "b", "--dtype", "half"], ["verify", "a", "b", "--rows", "0"]]
)
def test_arguments_that_are_wrong(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("usage: onnx101")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_status_2_where_nothing_can_be_printed(stream, files):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as closed:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: closed}
        file = {"stdout": "a.pkl", "stderr": "none.pkl"}[stream]
        command = [sys.executable, "-m", "onnx101", "info", file]
        done = subprocess.run(command, **streams, text=True, check=False)
    assert done.returncode == 2
    why = {"stdout": "onnx101: what was found cannot be printed: Broken pipe\n", "stderr": None}
    assert done.stderr == why[stream]


def test_without_stderr(files, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["convert", "a.pkl", "a.onnx"]) == 0
    assert "5 trees" in capsys.readouterr().out
    assert main(["info", "none.pkl"]) == 2
    assert capsys.readouterr().out == ""


def test_a_signal_that_is_ignored_stays_so(files, monkeypatch):
    ignored = {signal.SIGHUP: signal.SIG_IGN}
    monkeypatch.setattr(signal, "getsignal", lambda number: ignored.get(number, signal.SIG_DFL))
    handled = []
    monkeypatch.setattr(signal, "signal", lambda number, _: handled.append(number))
    assert main(["info", "a.pkl"]) == 0
    assert handled == [signal.SIGINT, signal.SIGTERM]


def test_the_command_and_the_module_are_the_same():
    runs = [
        [sys.executable, "-m", "onnx101"],
        [str(__import__("pathlib").Path(sys.executable).with_name("onnx101"))],
    ]
    shown = [
        subprocess.run([*run, "--help"], capture_output=True, text=True, check=True).stdout
        for run in runs
    ]
    assert shown[0] == shown[1]
    assert "verify" in shown[0]


def test_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert capsys.readouterr().out == f"onnx101 {project['version']}\n"
