"""Asks for the values on every edge of a graph by making intermediate tensors outputs, too."""

import json

import flights
import infer
import linear_regression
import numpy as np
import onnx
import onnxruntime as ort
from support import MODELS, ROOT, replacing

MODEL = MODELS / "linear_regression.onnx"
RECORDED = ROOT / "snippets" / "outputs" / "live" / "linear_regression.json"


def expose(model: onnx.ModelProto) -> onnx.ModelProto:
    known = {output.name for output in model.graph.output}
    for node in model.graph.node:
        for name in node.output:
            if name not in known:
                model.graph.output.append(onnx.ValueInfoProto(name=name))
    return model


def edges(X: np.ndarray) -> dict[str, np.ndarray]:
    """The values on every edge of the linear regression, by name, for rows of its inputs."""
    model = onnx.load(MODEL)
    names = [name for node in model.graph.node for name in node.output]
    session = ort.InferenceSession(expose(model).SerializeToString())
    return {"X": X} | dict(zip(names, session.run(names, {"X": X}), strict=True))


def sliders() -> list[dict]:
    """Name, range in the data and step of each input, starting at the flight of `infer.py`."""
    X, _ = flights.load()
    row = infer.one(*infer.FLIGHT)[0]
    steps = {"great-circle km": 1, "scheduled hour": 0.25}
    inputs = []
    for name in linear_regression.INPUTS:
        column = flights.FEATURES.index(name)
        low, high = X[:, column].min(), X[:, column].max()
        value = round(row[column] / steps[name]) * steps[name]
        inputs.append(
            {"name": name, "min": int(low), "max": int(high), "step": steps[name], "value": value}
        )
    return inputs


def write() -> None:
    """Write the sliders and the values that the slide shows before it runs the model."""
    inputs = sliders()
    values = edges(np.array([[column["value"] for column in inputs]], np.float32))
    recorded = {
        "inputs": inputs,
        "values": {name: value.ravel().tolist() for name, value in values.items()},
    }
    with replacing(RECORDED) as beside:
        beside.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
