"""The footprint against uv's own tree of requirements and a count of the folders on disk."""

import json
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import footprint
import pytest
from support import ROOT

RECORDED = json.loads((ROOT / "snippets/outputs/footprint.json").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
SITE = Path(sysconfig.get_path("platlib"))


def tree(name):
    """Packages that uv lists below one package in this environment."""
    command = [sys.executable, "-m", "uv", "pip", "tree", "--offline", "--package", name]
    run = subprocess.run(
        [*command, "--python", sys.executable], capture_output=True, text=True, check=True
    )
    return set(re.findall(r"([a-z0-9-]+) v\d", run.stdout))


@pytest.mark.parametrize("names", footprint.STACKS.values(), ids=footprint.STACKS)
def test_a_stack_is_the_tree_of_its_requirements(names):
    assert footprint.closure(names) == set().union(*map(tree, names))


@pytest.mark.parametrize(
    ("name", "folders"),
    [
        ("onnxruntime", ["onnxruntime"]),
        ("scikit-learn", ["sklearn", "scikit_learn.libs"]),
        ("pandas", ["pandas", "pandas.libs"]),
        ("joblib", ["joblib"]),
    ],
)
def test_a_size_is_that_of_the_folders(name, folders):
    (info,) = SITE.glob(f"{name.replace('-', '_')}-*.dist-info")
    files = [
        file
        for folder in [*folders, info.name]
        for file in (SITE / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    ]
    counted = sum(file.stat().st_size for file in files)
    # Only the snippet counts scripts in bin/: a few hundred bytes.
    assert footprint.size(name) == pytest.approx(counted, abs=2000)


def test_the_pipfile_on_the_slide_is_the_stack_that_is_weighed():
    pipfile = tomllib.loads((ROOT / "snippets/Pipfile").read_text(encoding="utf-8"))
    assert list(pipfile["packages"]) == footprint.STACKS["the training stack"]


def test_the_runtime_is_the_lighter_kitchen(tmp_path):
    footprint.main(["--out", str(tmp_path / "footprint.json")])
    measured = json.loads((tmp_path / "footprint.json").read_text(encoding="utf-8"))
    for stacks in (measured["stacks"], RECORDED["stacks"]):
        training, learn, runtime = stacks
        assert runtime["mb"] < learn["mb"] < training["mb"]
        assert runtime["count"] < learn["count"] < training["count"]


def test_a_measurement_is_framed_like_the_recorded_one(tmp_path):
    path = tmp_path / "footprint.json"
    footprint.main(["--out", str(path)])
    for frame in (json.loads(path.read_text(encoding="utf-8")), RECORDED):
        assert set(frame) == {"date", "machine", "versions", "stacks"}
        assert set(frame["machine"]) == {"system", "architecture", "cpu", "cores"}
        assert frame["versions"].keys() >= {"python", "numpy", "onnxruntime", "scikit-learn"}


def test_the_recorded_measurement_is_whole():
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", RECORDED["date"])
    assert {stack["name"]: stack["install"] for stack in RECORDED["stacks"]} == footprint.STACKS
    for stack in RECORDED["stacks"]:
        assert stack["count"] == len(stack["packages"])
        assert stack["mb"] == pytest.approx(sum(stack["packages"].values()) / 1e6, abs=0.05)
        assert set(stack["install"]) <= set(stack["packages"]) <= set(RECORDED["versions"])


def test_the_recorded_versions_are_those_of_the_lock_file():
    # A package may have one pin per range of Python versions.
    pins = set(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", LOCK, re.MULTILINE))
    assert set(RECORDED["versions"].items()) - pins == {("python", RECORDED["versions"]["python"])}


def test_a_package_that_is_not_there_is_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(footprint, "STACKS", {"nothing": ["no-such-package"]})
    with pytest.raises(SystemExit) as ended:
        footprint.main(["--out", str(tmp_path / "footprint.json")])
    assert ended.value.code == 2
    assert "no-such-package is not installed; run: pip install" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_named(capsys, tmp_path):
    with pytest.raises(SystemExit) as ended:
        footprint.main(["--out", str(tmp_path)])
    assert ended.value.code == 2
    message = capsys.readouterr().err
    assert str(tmp_path) in message
    assert message.count("\n") == 1
    assert not list(tmp_path.iterdir())
