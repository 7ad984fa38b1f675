"""What several releases of onnxruntime said to the same two files."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MEASURED = json.loads((ROOT / "snippets/outputs/releases.json").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
WRONG = {"1.26.0", "1.27.0"}


def test_two_releases_answer_wrongly_in_the_old_operators_and_none_in_ours():
    found = {release["release"]: release for release in MEASURED["releases"]}
    assert set(found) > WRONG
    for release, ways in found.items():
        if release in WRONG:
            assert ways["skl2onnx"]["labels_equal"] < 0.5
            assert ways["skl2onnx"]["largest_difference"] > 0.5
        else:
            assert ways["skl2onnx"]["labels_equal"] == 1
            assert ways["skl2onnx"]["largest_difference"] < 1e-6
        assert ways["onnx101"] == {"labels_equal": 1, "largest_difference": 0}


def test_the_newest_release_is_the_one_in_the_lock_file():
    pins = set(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", LOCK, re.MULTILINE))
    assert ("onnxruntime", MEASURED["releases"][-1]["release"]) in pins
    assert set(MEASURED["versions"].items()) - pins == {("python", MEASURED["versions"]["python"])}
