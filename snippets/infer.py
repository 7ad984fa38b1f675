"""Asks the oracle for the minutes of one flight, and of many."""

from pathlib import Path

import flights
import numpy as np
import onnxruntime as ort
import oracle
from support.asked import asked, checked, many, one

FLIGHT = ("JFK", "SFO", "18.5", "180")
TOLERANCE = 0.001  # minutes; float32 sums, where scikit-learn sums in float64


# region run
def open_session(model: Path) -> ort.InferenceSession:
    return ort.InferenceSession(model)


def predict(session: ort.InferenceSession, rows: np.ndarray) -> np.ndarray:
    """Minutes in the air, float32 (n,), of rows, float32 (n, 7)."""
    (minutes,) = session.run(None, {"X": rows})
    return minutes.ravel()


# endregion run


def compare(session: ort.InferenceSession) -> None:
    """Print how far off the oracle is on held-out flights, and how often its forest agrees."""
    _, X_test, _, y_test = flights.split()
    minutes = predict(session, X_test)
    print(f"{len(minutes):,} flights: {np.abs(minutes - y_test).mean():.1f} minutes off on average")
    same = np.isclose(minutes, oracle.grow().predict(X_test), rtol=0, atol=TOLERANCE)
    print(f"{same.sum():,} of them within {TOLERANCE} minutes of scikit-learn")


def main(argv: list[str] | None = None) -> None:
    args = asked(argv, __doc__)
    session = checked(open_session, args.model or oracle.MODEL)
    if args.rows:
        print(*(f"{minutes:.1f}" for minutes in predict(session, many(args.rows))), sep="\n")
        return
    flight = origin, destination, hour, day = args.flight or FLIGHT
    (minutes,) = predict(session, one(*flight))
    print(f"{origin} to {destination}, hour {hour}, day {day}: {minutes:.1f} minutes")
    if not args.model and not args.flight:
        compare(session)


if __name__ == "__main__":
    main()
