"""A Pipeline past 2 GiB becomes a model as a stream, in little memory."""

import os
import pickle
import threading
from typing import ClassVar

import numpy as np
import onnxruntime
from sklearn import ensemble, preprocessing
from test_pipeline import fitted

rng = np.random.default_rng(3)


class Repeated:
    """A list of `times` copies of one object, which exist one at a time."""

    def __init__(self, one, times: int):
        self.content, self.times = pickle.dumps(one, protocol=5), times


class Zeros:
    """`size` zero bytes, a whole number of MiB, that are never held in memory."""

    def __init__(self, size: int):
        self.size = size


class Repeating(pickle._Pickler):
    """Writes a Repeated as a plain list and Zeros as bytes, without holding either in memory."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_zeros(self, found: Zeros):
        header, piece = pickle.BINBYTES8 + found.size.to_bytes(8, "little"), bytes(2**20)
        for _ in range(found.size // len(piece)):
            self._write_large_bytes(header, piece)
            header = b""

    dispatch[Zeros] = save_zeros

    def save_repeated(self, found: Repeated):
        self.write(pickle.EMPTY_LIST)
        self.memoize(found)
        for _ in range(found.times):
            before = set(self.memo)
            self.save(pickle.loads(found.content))
            self.write(pickle.APPEND)
            for number, key in enumerate([key for key in self.memo if key not in before]):
                self.memo["gone", len(self.memo), number] = self.memo.pop(key)[0], None

    dispatch[Repeated] = save_repeated


def test_a_pipeline_past_two_gibibytes_streams(tmp_path, command):
    classes = 60
    X = rng.normal(size=(30_000, 2))
    target = np.r_[np.arange(classes), rng.integers(0, classes, len(X) - classes)]
    pipeline = fitted(
        preprocessing.StandardScaler(),
        ensemble.RandomForestClassifier(1, random_state=0, bootstrap=False),
        X,
        target,
    )
    rows, (forest,) = X[:50], pipeline.steps[-1][1:]
    expected = pipeline.predict_proba(rows)
    (one,) = forest.estimators_
    # trees that together exceed what may be held, after more bytes than 32 bits can count
    times = 1 + 250_000_000 // (one.tree_.node_count * (64 + 8 * classes))
    forest.estimators_, forest.n_estimators = Repeated(one, times), times
    pipeline.steps[0][1].notes = Zeros(2**31)
    pipe, target = tmp_path / "pipe", tmp_path / "model.onnx"
    os.mkfifo(pipe)

    def write():
        with open(pipe, "wb") as file:
            Repeating(file, protocol=4).dump(pipeline)

    writer = threading.Thread(target=write)
    writer.start()
    outcome = command("convert", pipe, target)
    writer.join()
    assert outcome.status == 0, outcome.stderr
    assert outcome.peak < 200e6
    (_, found) = onnxruntime.InferenceSession(target).run(None, {"X": rows})
    assert (found == expected).all()
