"""Prints what the browser must answer: seeded flights, their rows and their minutes."""

import json
import sys

import edges
import infer
import numpy as np
import onnx
import oracle
import places

rows = int(sys.argv[1])
rng = np.random.RandomState(0)
recorded = json.loads(places.RECORDED.read_text(encoding="utf-8"))
codes = [airport["code"] for airport in recorded["airports"]]
origins = [codes.index(code) for code in recorded["origins"]]
origin = rng.choice(origins, rows)
destination = rng.randint(len(codes), size=rows)
hour = rng.randint(5 * 60, 24 * 60, size=rows) / 60
day = rng.randint(1, 366, size=rows)

X = places.rows([codes[i] for i in origin], [codes[i] for i in destination], hour, day)
minutes = infer.predict(infer.open_session(oracle.MODEL), X)
line = np.float32(np.column_stack([rng.randint(100, 8000, size=rows), hour]))
newer = onnx.load(edges.MODEL)
newer.opset_import[0].version = 999
json.dump(
    {
        "flights": [
            {"origin": a, "destination": b, "hour": c, "day": d}
            for a, b, c, d in zip(
                *(column.tolist() for column in (origin, destination, hour, day)), strict=True
            )
        ],
        "X": X.ravel().tolist(),
        "minutes": minutes.tolist(),
        "line": line.ravel().tolist(),
        "edges": {name: value.ravel().tolist() for name, value in edges.edges(line).items()},
        "newer": newer.SerializeToString().hex(),
    },
    sys.stdout,
)
