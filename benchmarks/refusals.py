"""Asks five runtimes for the minutes of one flight, from five models: who refuses which operators?

    python benchmarks/refusals.py

OpenVINO and tract are installed into a folder that is thrown away: this needs the network.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "snippets"), str(HERE.parent)]

import measurement
import onnx
import throwaway
from support import BUILD, MODELS, ROOT, fail, replacing

PACKAGES = ["onnx", "onnxruntime", "skl2onnx"]
INSTALLED = {"openvino": "2026.4.1", "tract": "0.23.9"}
ASK = {  # each prints the minutes
    "onnxruntime": """
import onnxruntime
print(onnxruntime.InferenceSession(model).run(None, {"X": X})[0].item())""",
    "onnx.reference": """
from onnx.reference import ReferenceEvaluator
print(ReferenceEvaluator(model).run(None, {"X": X})[0].item())""",
    "openvino": """
import openvino
compiled = openvino.Core().compile_model(model, "CPU")
print(compiled({0: X})[compiled.outputs[0]].item())""",
    "tract": """
import tract
read = tract.onnx().load(model)
try:
    known = read.into_model()
except tract.TractError:  # it may want to know how many rows there are
    read = tract.onnx().load(model)
    read.set_input_fact(0, f"1,{X.shape[1]},f32")
    known = read.into_model()
print(known.into_runnable().run([X])[0].to_numpy().item())""",
}
GIVEN = "import sys, json, numpy\nmodel, X = sys.argv[1], numpy.float32([json.loads(sys.argv[2])])"
WEB = """
import { readFileSync } from 'node:fs'
import { InferenceSession, Tensor } from 'onnxruntime-web'
const [model, row] = process.argv.slice(1)
const X = JSON.parse(row)
const session = await InferenceSession.create(readFileSync(model))
const answer = await session.run({ X: new Tensor('float32', X, [1, X.length]) })
console.log(Number(Object.values(answer)[0].data[0]))"""


def models(folder: Path) -> dict[str, Path]:
    """The files, by what they are; the old operators are written here."""
    import load
    import oracle

    old = folder / "old.onnx"
    old.write_bytes(load.convert(oracle.grow()).SerializeToString())
    return {
        "a line": MODELS / "linear_regression.onnx",
        "a network": MODELS / "optimise_before.onnx",
        "a network and its scaler": MODELS / "network.onnx",
        "a forest, by skl2onnx": old,
        "a forest, by onnx101": MODELS / "oracle.onnx",
    }


def ask(runtime: str, model: Path, row: list[float], places: dict[str, Path]) -> dict:
    """The minutes, or the operator at which the runtime stops, in its own words."""
    environment = os.environ | {"PYTHONPATH": str(places.get(runtime, ""))}
    script, program = ASK.get(runtime), [sys.executable, "-c"]
    if runtime == "onnxruntime-web":
        script, program = WEB, ["node", "--input-type=module", "-e"]
    command = [*program, script if runtime == "onnxruntime-web" else GIVEN + script]
    command += [str(model), json.dumps(row)]
    run = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if run.returncode == 0:
        return {"minutes": round(float(run.stdout.split()[-1]), 3)}
    operators = {node.op_type for node in onnx.load(model).graph.node}
    for line in run.stderr.splitlines():
        if named := re.findall(r"\b(?:ai\.onnx\.ml\.)?(\w+)\b", line):
            stopped = [name for name in named if name in operators]
            if stopped and re.search("No conversion rule|Unimplemented", line):
                return {"refuses": stopped[-1], "says": line.strip(" -")}
    fail(f"{runtime} failed otherwise on {model.name}: {run.stderr.strip()[-300:]}")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ROOT / "snippets" / "outputs" / "refusals.json")
    options = parser.parse_args(argv)
    BUILD.mkdir(exist_ok=True)
    with replacing(options.out) as beside, tempfile.TemporaryDirectory(dir=BUILD) as place:
        import infer
        import linear_regression
        from flights import FEATURES

        row = infer.one(*infer.FLIGHT)[0].tolist()
        two = [row[FEATURES.index(name)] for name in linear_regression.INPUTS]
        places = {
            name: throwaway.install(f"{name} {version}", Path(place, name), f"{name}=={version}")
            for name, version in INSTALLED.items()
        }
        files = models(Path(place))
        runtimes = ["onnxruntime", "onnxruntime-web", "onnx.reference", "openvino", "tract"]
        found = {
            runtime: {
                name: ask(runtime, path, two if name == "a line" else row, places)
                for name, path in files.items()
            }
            for runtime in runtimes
        }
        web = json.loads((ROOT / "node_modules/onnxruntime-web/package.json").read_text())
        versions = INSTALLED | {"onnxruntime-web": web["version"]}
        measurement.write(beside, {"others": versions, "answers": found}, PACKAGES)
    print(f"{'':<26}" + "".join(f"{runtime:>17}" for runtime in runtimes))
    for name in files:
        cells = [found[runtime][name] for runtime in runtimes]
        words = [f"{cell['minutes']:.1f}" if "minutes" in cell else "refuses" for cell in cells]
        print(f"{name:<26}" + "".join(f"{word:>17}" for word in words))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; nothing was written")
