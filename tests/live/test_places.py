"""The map's data against the flights themselves, the recorded answers against the model."""

import json

import flights
import infer
import network
import numpy as np
import oracle
import pandas as pd
import places
import pytest


@pytest.fixture(scope="module")
def recorded():
    return json.loads(places.RECORDED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sample():
    return json.loads(places.SAMPLE.read_text(encoding="utf-8"))


def test_both_files_are_what_the_command_writes(recorded, sample, monkeypatch, tmp_path):
    monkeypatch.setattr(places, "RECORDED", tmp_path / "recorded")
    monkeypatch.setattr(places, "SAMPLE", tmp_path / "sample")
    places.write()
    written = json.loads((tmp_path / "recorded").read_text(encoding="utf-8"))
    for name in ("minutes", "everywhere"):  # the last bits may differ on another processor
        np.testing.assert_allclose(written.pop(name), recorded[name], rtol=1e-5)
    assert written == {name: recorded[name] for name in written}
    assert (tmp_path / "sample").read_text(encoding="utf-8") == places.SAMPLE.read_text("utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["recorded", "sample"]


def test_float32_comes_back_from_its_decimals_to_the_bit(recorded):
    known = flights.airports()
    for airport in recorded["airports"]:
        here = known.loc[airport["code"]]
        assert np.float32(airport["lat"]) == np.float32(here["lat"])
        assert np.float32(airport["lon"]) == np.float32(here["lon"])
        for origin, km in zip(recorded["origins"], airport["km"], strict=True):
            (row,) = places.rows([origin], [airport["code"]], 0, 0)
            assert np.float32(km) == row[5]


def test_the_airports_are_those_of_the_data_the_most_visited_first(recorded):
    flown = flights.flown()
    codes = [airport["code"] for airport in recorded["airports"]]
    assert set(codes) == set(flown["dest"]) | set(flown["origin"])
    assert recorded["origins"] == sorted(set(flown["origin"]))
    assert codes[0] in flown["dest"].value_counts().index[:3]


def test_the_recorded_answers_are_the_models(recorded):
    flight = recorded["flight"]
    session = infer.open_session(oracle.MODEL)
    row = infer.one(*(str(flight[name]) for name in ("origin", "destination", "hour", "day")))
    assert recorded["minutes"] == pytest.approx(infer.predict(session, row)[0], rel=1e-6)
    neurons = infer.open_session(network.MODEL)
    assert recorded["network"] == pytest.approx(infer.predict(neurons, row)[0], rel=1e-6)
    for airport, minutes in zip(recorded["airports"], recorded["everywhere"], strict=True):
        row = infer.one(flight["origin"], airport["code"], str(flight["hour"]), str(flight["day"]))
        assert minutes == pytest.approx(infer.predict(session, row)[0], rel=1e-6)


def test_the_sampled_flights_took_place_and_were_held_out(recorded, sample):
    codes = np.array([airport["code"] for airport in recorded["airports"]])
    X = places.rows(
        codes[sample["origin"]],
        codes[sample["destination"]],
        np.array(sample["minute"]) / 60,
        sample["day"],
    )
    _, X_test, _, y_test = flights.split()
    real = {(row.tobytes(), minutes) for row, minutes in zip(X_test, y_test.tolist(), strict=True)}
    asked = {
        (row.tobytes(), float(minutes)) for row, minutes in zip(X, sample["air_time"], strict=True)
    }
    assert asked <= real
    routes = pd.DataFrame(X[:, :4]).value_counts()
    assert len(routes) == len(np.unique(X_test[:, :4], axis=0))
    assert routes.max() <= places.PER_ROUTE


def test_the_nearest_flights_are_nearest(sample):
    table = places.held_out().head(500)
    scale = np.array(sample["scale"])
    row = places.rows(["JFK"], ["SFO"], 18.5, 180)
    found = places.nearest(table, row, scale)
    X = places.rows(table["origin"], table["destination"], table["minute"] / 60, table["day"])
    distances = sorted(
        sum(((a - b) / s) ** 2 for a, b, s in zip(x, row[0], scale, strict=True))
        for x in X.tolist()
    )
    best = places.rows(found["origin"], found["destination"], found["minute"] / 60, found["day"])
    for place, x in enumerate(best.tolist()):
        distance = sum(((a - b) / s) ** 2 for a, b, s in zip(x, row[0], scale, strict=True))
        assert distance == pytest.approx(distances[place])
