"""Values stored beside the model, read back; and attempts to escape its folder."""

import os
import shutil

import external
import numpy as np
import onnx
import pytest
from onnxruntime import InferenceSession


@pytest.fixture
def saved(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    external.save(external.table(), folder / "model.onnx")
    return folder


def lead(folder, location):
    path = folder / "model.onnx"
    model = onnx.load(path, load_external_data=False)
    external.point(model.graph.initializer[0], location)
    path.write_bytes(model.SerializeToString())
    return path


def test_the_values_are_in_the_file_beside(saved):
    values = np.frombuffer((saved / "weights.bin").read_bytes(), "<f4")
    assert values.tolist() == list(range(1000))
    assert (saved / "model.onnx").stat().st_size < 500
    session = InferenceSession(saved / "model.onnx")
    assert session.run(None, {"i": np.array([7, 999])})[0].tolist() == [7, 999]


@pytest.mark.parametrize("reader", external.READERS)
@pytest.mark.parametrize("way", ["..", "absolute", "symlink"])
def test_no_reader_leaves_the_folder(reader, way, saved, tmp_path):
    shutil.copy(saved / "weights.bin", tmp_path)  # exists there too: only the path is wrong
    location = {"..": "../weights.bin", "absolute": str(tmp_path / "weights.bin")}.get(way, "link")
    if way == "symlink":
        os.symlink(tmp_path / "weights.bin", saved / "link")
    assert external.answer(reader, lead(saved, location)).startswith("refuses: ")
    assert external.answer(reader, lead(saved, "weights.bin")) == "opens"
