"""Trains a neural network on the forest's seven numbers; the same converter takes it to ONNX."""

from pathlib import Path

import flights
import infer
import numpy as np
import oracle
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from support import MODELS

MODEL = MODELS / "network.onnx"  # live/models.py trains it: other processors, other last bits


# region fit
def fit(X: np.ndarray, y: np.ndarray) -> Pipeline:
    network = MLPRegressor(
        hidden_layer_sizes=(32, 32),
        batch_size=500,
        learning_rate_init=0.01,
        max_iter=10,
        random_state=0,
    )
    # Kilometres run to thousands, hours to 24: a network wants them alike.
    return make_pipeline(StandardScaler(), network).fit(X, y)


# endregion fit


def error(model: Path, X: np.ndarray, y: np.ndarray) -> float:
    """Minutes off on average."""
    minutes = infer.predict(infer.open_session(model), X)
    return np.abs(minutes - y).mean()


def main(argv: list[str] | None = None) -> None:
    _, X, _, y = flights.split()
    print(f"{f'{len(X):,} held-out flights':<24}{'kB':>8}{'minutes off':>14}")
    for name, path in {"4 trees": oracle.MODEL, "2 layers of 32 neurons": MODEL}.items():
        size = path.stat().st_size / 1e3
        print(f"{name:<24}{size:>8.0f}{error(path, X, y):>14.1f}")


if __name__ == "__main__":
    main()
