"""Models for runtimes older than 1.21: the same bits, from operators that they know."""

import json
from pathlib import Path

import onnx
import pytest
from cases import CLOSE, EXACT, fitted, hard_rows
from exact import answers, assert_same_bits, run

import onnx101

OLDEST = "onnxruntime==1.15"
RECORDED = Path(__file__).parents[2] / "snippets" / "outputs" / "targets.json"
SOME = ["forest with holes", "classes of two outputs", "classes in words", "histogram", "boosting"]
SOME += ["forest", "forest of one tree", "tree of two outputs", "two classes"]


@pytest.mark.parametrize("name", SOME)
def test_every_bit_is_equal(name, form):
    model = onnx101.to_onnx(fitted(name), target=OLDEST)
    onnx.checker.check_model(model, full_check=True)
    versions = {part.domain: part.version for part in model.opset_import}
    assert (model.ir_version, versions) == (8, {"": 15, "ai.onnx.ml": 3})
    for number in (300, 3):
        data = hard_rows(name, number)
        assert_same_bits(run(model, data), answers(fitted(name), data))
    assert run(model, hard_rows(name, 3)[:0])[-1].size == 0


def test_a_runtime_of_today_gets_the_model_of_today():
    new = onnx101.to_onnx(fitted("forest"), target="onnxruntime==1.21.0")
    assert new == onnx101.to_onnx(fitted("forest"))


def test_categories_are_refused():
    with pytest.raises(onnx101.ConversionError, match="leave out --target"):
        onnx101.to_onnx(fitted("histogram by category"), target=OLDEST)


@pytest.mark.parametrize(
    "target", ["onnxruntime==1.14.1", "onnxruntime", "1.15", "onnxruntime==1.x", "tflite==2.0", ""]
)
def test_another_target_is_refused(target):
    with pytest.raises(onnx101.ConversionError, match=r"1\.15"):
        onnx101.to_onnx(fitted("forest"), target=target)


def test_really_installed_runtimes_gave_every_bit():
    """Renew the recording with: python benchmarks/targets.py"""
    recorded = json.loads(RECORDED.read_text())
    releases = {release["release"]: release["models"] for release in recorded["releases"]}
    assert {"1.15.1", "1.17.3", "1.20.1", "1.21.1", "1.26.0", "1.32.0"} <= releases.keys()
    for release, models in releases.items():
        assert len(models) == (16 if release < "1.21" else 32)
        for name, found in models.items():
            if "double" in name:
                assert found["equal"] == 1, (release, name)
            assert found["largest_difference"] < 1e-6, (release, name)
    assert set(EXACT) > set(SOME) - set(CLOSE)
