"""What five runtimes said to five models: they agree, or stop at an operator of ai.onnx.ml."""

import json
import re

import onnx
import pytest
from support import MODELS, ROOT

MEASURED = json.loads((ROOT / "snippets/outputs/refusals.json").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
NPM = json.loads((ROOT / "node_modules/onnxruntime-web/package.json").read_text(encoding="utf-8"))
FILES = {
    "a line": "linear_regression",
    "a network": "optimise_before",
    "a network and its scaler": "network",
    "a forest, by onnx101": "oracle",
}


def test_who_answers_answers_alike():
    for name, first in MEASURED["answers"]["onnxruntime"].items():
        for runtime, answers in MEASURED["answers"].items():
            if "minutes" in answers[name]:
                assert answers[name]["minutes"] == pytest.approx(first["minutes"], abs=0.01), (
                    runtime
                )


def test_who_refuses_stops_at_an_operator_of_the_other_domain():
    assert [len(answers) for answers in MEASURED["answers"].values()] == [5] * 5
    for runtime, answers in MEASURED["answers"].items():
        stopped = {name for name, answer in answers.items() if "refuses" in answer}
        assert len(stopped) == (3 if runtime in ("openvino", "tract") else 0)
        for name in stopped & set(FILES):
            graph = onnx.load(MODELS / f"{FILES[name]}.onnx").graph
            domains = {node.op_type: node.domain for node in graph.node}
            assert domains[answers[name]["refuses"]] == "ai.onnx.ml"
    for name in ("a line", "a network"):
        graph = onnx.load(MODELS / f"{FILES[name]}.onnx").graph
        assert {node.domain for node in graph.node} == {""}


def test_the_recorded_versions_are_those_of_the_lock_files():
    pins = set(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", LOCK, re.MULTILINE))
    assert set(MEASURED["versions"].items()) - pins == {("python", MEASURED["versions"]["python"])}
    assert MEASURED["others"]["onnxruntime-web"] == NPM["version"]
