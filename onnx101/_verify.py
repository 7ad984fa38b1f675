"""Compares a model with the file it was made from, on adversarial rows."""

import os
import pickle
from itertools import pairwise

import numpy as np

from onnx101.compare import Comparison, Tally
from onnx101.ensemble import LEAVES, Ensemble, Link
from onnx101.errors import ConversionError
from onnx101.evaluate import Evaluator
from onnx101.families import FAMILIES
from onnx101.head import Head
from onnx101.reading import read, reader_of
from onnx101.rows import Thresholds
from onnx101.runtime import TYPES, Runtime, size_of
from onnx101.source import opened, opened_again, refuse_pipe

# Rows in a batch; fewer where a row takes more than this many numbers.
_ROWS, _NUMBERS = 10_000, 2**22
_MOST_ROWS = 10**8
_MOST_LEAVES = 2**27  # of all rows together: each takes 12 bytes
_FEW = (1, 65)  # batches of one row: a model may take another path for few rows


def verify(
    src: str | os.PathLike,
    dst: str | os.PathLike,
    rows: int = 10_000,
    seed: int = 0,
    key: str | None = None,
) -> Comparison:
    """Compare the model at `dst` with the pickle or joblib file at `src` that it was made from.

    rows: how many. Most numbers in them are thresholds of the trees, or one ulp away; some
    are NaN or infinite. seed: of the rows, not negative. key: as for `convert`.

    Nothing is unpickled: `src` is read as `convert` reads it, once for its thresholds and once to
    evaluate its trees, one in memory at a time. `dst` runs in a process of its own, within limits.

    Raises ConversionError where either cannot be read, or `dst` has other inputs or outputs.

    >>> onnx101.verify("forest.pkl", "forest.onnx", rows=1000).passed
    True
    """
    if not 0 < rows <= _MOST_ROWS:
        raise ConversionError(f"{rows:,} rows cannot be compared: give 1 to {_MOST_ROWS:,}")
    if seed < 0:
        raise ConversionError(f"the seed {seed} is negative: give 0 or more")
    try:
        refuse_pipe(src)  # it is read twice
        with opened(src) as (file, raw):
            size_of(dst)
            thresholds, again = Thresholds(seed), Thresholds(seed)
            first = read(reader_of(file), thresholds.add, key)
            if first.is_first:
                thresholds = Thresholds(seed)
                with opened_again(raw) as file:
                    first = read(reader_of(file), thresholds.add, key, first)
            ensemble = first.ensemble
            with Runtime(dst, _texts(ensemble)) as runtime:
                leaves = _gives_leaves(runtime, ensemble)
                _check_interface(runtime, ensemble, dst, leaves)
                if leaves and rows * len(first.own) > _MOST_LEAVES:
                    raise ConversionError(
                        f"{rows:,} rows of {len(first.own):,} leaves are too much: ask for fewer"
                    )
                kinds = [TYPES[kind] for _, kind in runtime.inputs if kind in TYPES]
                dtype_in = np.dtype((*kinds, np.float64)[0])
                if ensemble.head is None:
                    X = thresholds.rows(rows, ensemble, dtype_in)
                    feeds = [X]
                else:
                    feeds = thresholds.feeds(rows, ensemble, dtype_in)
                    X = ensemble.head.rows(_named(ensemble.head, feeds))
                evaluator = Evaluator(ensemble, X, leaves)

                def add(tree):
                    again.add(tree)
                    evaluator.add(tree)

                with opened_again(raw) as file:
                    found = read(reader_of(file), add, key, first)
                if pickle.dumps(found) != pickle.dumps(first) or not again.same_as(thresholds):
                    raise ConversionError(f"{src} changed while it was read")
                return _compared(runtime, feeds, evaluator.answers(), ensemble, leaves)
    except OSError as error:
        raise ConversionError(f"{src}: {error.strerror or error}") from None


def _texts(ensemble: Ensemble) -> list[str]:
    """All strings that may go in or come out."""
    labels = np.concatenate(ensemble.classes) if ensemble.classes else np.zeros(0)
    out = set(labels) if labels.dtype == object else set()
    return sorted(out.union(*ensemble.head.texts().values() if ensemble.head else ()))


def _named(head: Head, feeds: list[np.ndarray]) -> dict[str, np.ndarray]:
    return {each.name: feed for each, feed in zip(head.inputs, feeds, strict=True)}


def _gives_leaves(runtime: Runtime, ensemble: Ensemble) -> bool:
    """Whether the model was made with the leaves of each row."""
    named = [name for name, _ in runtime.outputs[-1:]] == [LEAVES]
    return named and FAMILIES[ensemble.name].applies


def _check_interface(
    runtime: Runtime, ensemble: Ensemble, dst: str | os.PathLike, leaves: bool
) -> None:
    """Raise ConversionError where inputs and outputs are not what a model of the estimator has."""
    numbers = {"tensor(float)", "tensor(double)"}
    inputs = [("X", numbers)]
    if ensemble.head is not None:
        own = numbers if ensemble.head.is_own else {"tensor(double)"}
        kinds = {True: {"tensor(string)"}, False: own}
        inputs = [(each.name, kinds[each.text]) for each in ensemble.head.inputs]
    whole = {"tensor(int64)"}
    wanted = inputs, [("variable", numbers if ensemble.offsets is None else whole)]
    if ensemble.classes:
        labels = np.concatenate(ensemble.classes)
        kind = "tensor(string)" if labels.dtype == object else "tensor(int64)"
        names = ["probabilities"]
        if ensemble.link is Link.OUTLIER:
            names = ["scores", "score_samples"]
        wanted = wanted[0], [("label", {kind}), *((name, numbers) for name in names)]
    if leaves:
        wanted[1].append((LEAVES, whole))
    for what, given, expected in zip(
        ("inputs", "outputs"), (runtime.inputs, runtime.outputs), wanted, strict=True
    ):
        names = ", ".join(name for name, _ in expected)
        if [name for name, _ in given] != [name for name, _ in expected] or any(
            kind not in kinds for (_, kind), (_, kinds) in zip(given, expected, strict=True)
        ):
            shown = ", ".join(f"{name} {kind}" for name, kind in given)[:120]
            raise ConversionError(
                f"{dst} has other {what} than {ensemble.name} ({names}), its are: {shown}"
            )


def _compared(
    runtime: Runtime,
    feeds: list[np.ndarray],
    expected: list[np.ndarray],
    ensemble: Ensemble,
    leaves: bool,
) -> Comparison:
    """Run the model on the feeds in batches and compare its outputs with the expected ones."""
    _, kind = runtime.outputs[-2 if leaves else -1]
    tally = Tally(ensemble, exact=kind != "tensor(float)", leaves=leaves)
    labels = int(ensemble.classes is not None)
    columns = ensemble.features + sum(feed.shape[1] for feed in feeds)
    numbers = sum(array[..., 0, :].size for array in expected[labels:])
    step = max(1, min(_ROWS, _NUMBERS // (columns + numbers)))
    total = len(feeds[0])
    starts = [0, *(few for few in _FEW if few < total)]
    starts = [*starts, *range(starts[-1] + step, total, step), total]
    for first, last in pairwise(starts):
        part = [array[..., first:last, :] for array in expected[labels:]]
        part[:0] = [array[first:last] for array in expected[:labels]]
        some = [feed[first:last] for feed in feeds]
        given = runtime.run(some, [array.shape for array in part])
        tally.add(part, given)
    return tally.comparison()
