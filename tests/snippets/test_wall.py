"""The hole against the onnx package, and the wall at exactly 2 GiB."""

import json
import re

import numpy as np
import onnx
import pytest
import wall
from onnxruntime import InferenceSession
from support import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
MEASURED = json.loads((ROOT / "snippets/outputs/readers.json").read_text(encoding="utf-8"))


def test_the_hole_is_one_field_of_zeros_and_takes_no_disk(tmp_path):
    path = tmp_path / "model.onnx"
    wall.with_hole(path, 3_000_000)
    model = onnx.load(path)
    assert model.doc_string == "\0" * 3_000_000
    model.ClearField("doc_string")
    assert model.SerializeToString() == wall.MODEL
    assert path.stat().st_size > 3_000_000 > 10 * path.stat().st_blocks * 512
    (answer,) = InferenceSession(path).run(None, {"X": np.float32([1, 2])})
    assert answer.tolist() == [1, 2]


def test_two_gib_are_declared_and_left_out(tmp_path):
    path = tmp_path / "model.onnx"
    wall.with_hole(path, wall.WALL)
    with path.open("rb") as file:
        tag, *length = file.read(len(wall.MODEL) + 6)[-6:]
    assert tag == 6 << 3 | 2  # length-delimited, followed by a varint
    assert [byte >> 7 for byte in length] == [1, 1, 1, 1, 0]
    assert sum((byte & 0x7F) << 7 * i for i, byte in enumerate(length)) == 2**31
    assert path.stat().st_size == len(wall.MODEL) + 6 + 2**31
    said = wall.said(wall.READERS["onnxruntime, path"], path)
    assert said == "InvalidProtobuf: Protobuf parsing failed."


@pytest.mark.parametrize(
    ("size", "says"), [(2**31 - 1, "INVALID_PROTOBUF"), (2**31, "^narrowing_error$")]
)
def test_from_bytes_onnxruntime_counts_before_it_reads(size, says):
    """Not even a model: the length alone decides. Untouched zeros take no memory."""
    with pytest.raises(Exception, match=says):
        InferenceSession(bytes(size), enable_fallback=0)


def test_the_recorded_answers():
    below, above = MEASURED["below"], MEASURED["above"]
    assert below["bytes"] < 2**31 < above["bytes"] < below["bytes"] + 2_000
    assert max(below["disk_bytes"], above["disk_bytes"]) <= 4096
    assert [said["reader"] for said in above["answers"]] == list(wall.READERS)
    assert {said["says"] for said in below["answers"]} == {"opens"}
    assert [said["error"] for said in above["answers"]] == [
        "InvalidProtobuf",
        "RuntimeError",
        "DecodeError",
        "ValidationError",
    ]
    assert above["answers"][1]["says"] == "narrowing_error"
    assert "/" not in "".join(said["says"] for said in above["answers"])


def test_the_recorded_versions_are_those_of_the_lock_file():
    pins = set(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", LOCK, re.MULTILINE))
    assert set(MEASURED["versions"].items()) - pins == {("python", MEASURED["versions"]["python"])}


def test_a_disk_without_room_is_named(tmp_path, refused, small_disk, monkeypatch):
    monkeypatch.setattr(wall.tempfile, "tempdir", str(tmp_path))
    with small_disk():
        assert "TMPDIR" in refused(wall.main)
    assert not list(tmp_path.iterdir())
