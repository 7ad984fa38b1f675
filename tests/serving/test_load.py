"""benchmarks/service_load.py at small size, and what it recorded at full size."""

import json
import re
import shutil
from contextlib import contextmanager

import httpx
import numpy as np
import psutil
import pytest
import service_load
import services
from support import ROOT

OUTPUTS = ROOT / "snippets" / "outputs"
RECORDED = json.loads((OUTPUTS / "serving.json").read_text(encoding="utf-8"))
FRAME = {"date", "machine", "versions", "connections"}
LOADED = {"seconds", "requests", "failed", "per_second", "p50_ms", "p99_ms"}


@pytest.fixture
def small(monkeypatch, service, model, request_of, rows):
    """A short, light load of one row on the service that the other tests use."""

    @contextmanager
    def running(name, _):
        yield psutil.Process(), f"{service[0]}/v2/models/oracle/infer"

    def trained(folder):
        copy = shutil.copy(model, folder / "oracle.onnx")
        service_load.body(copy, 1).write_text(json.dumps(request_of(rows[0][:1])))
        return copy

    for name, value in {
        **{"running": running, "trained": trained, "SERVICES": ("onnxruntime",), "ROWS": (1,)},
        **{"WARM": 100, "BURSTS": 1, "BURST": 200, "SAMPLES": 2},
    }.items():
        monkeypatch.setattr(service_load, name, value)


def whole(measured):
    """Check that every request of every load was answered."""
    assert set(measured) == FRAME | {"seconds", "services", "bursts", "direct"}
    assert measured["connections"] == 64
    for load in measured["services"]:
        assert set(load) == LOADED | {"service", "rows", "cpu_us"}
        assert load["per_second"] * load["seconds"] == pytest.approx(load["requests"], rel=0.01)
    for load in measured["services"] + measured["bursts"]:
        assert load["failed"] == 0
        assert load["requests"] > 0
        assert load["p50_ms"] <= load["p99_ms"]
    assert all(direct["median_us"] > 0 for direct in measured["direct"])


def test_a_load_at_small_size_fails_no_request(small, tmp_path, capsys):
    out = tmp_path / "serving.json"
    service_load.main(["--seconds", "1", "--out", str(out)])
    measured = json.loads(out.read_text())
    whole(measured)
    assert measured["bursts"][0]["requests"] == 200
    assert json.loads(capsys.readouterr().out)["services"] == measured["services"]


def test_a_soak_at_small_size(small, tmp_path):
    out = tmp_path / "soak.json"
    service_load.main(["--soak", "1000", "--out", str(out)])
    soaked(json.loads(out.read_text()), 1_000, 2)


def soaked(measured, requests, samples):
    assert set(measured) == FRAME | {"requests", "failed", "seconds", "rss_bytes"}
    assert (measured["requests"], measured["failed"]) == (requests, 0)
    assert len(measured["rss_bytes"]) == samples
    service_load.steady(measured)


def test_requests_that_fail_are_counted(small, model, monkeypatch, tmp_path):
    monkeypatch.setattr(service_load, "body", lambda *_: tmp_path / "bad.json")
    (tmp_path / "bad.json").write_text('{"inputs": []}')
    with service_load.running("", model) as (_, url):
        said = service_load.told(service_load.load(url, model, 1, "-a", "64"))
    assert (said["requests"], said["failed"]) == (0, 64)


@pytest.mark.parametrize(
    ("failed", "leak", "said"),
    [(0, 0, None), (0, 50, "memory grew by 25,000,000 bytes"), (3, 0, "3 requests failed")],
)
def test_a_leak_of_fifty_bytes_a_request_ends_a_soak(failed, leak, said, capsys):
    samples = [int(200e6 + noise + leak * 50_000 * i) for i, noise in enumerate([0, 3e6] * 10)]
    measured = {"failed": failed, "rss_bytes": samples}
    if said:
        with pytest.raises(SystemExit) as end:
            service_load.steady(measured)
        assert end.value.code == 2
        assert said in capsys.readouterr().err
    else:
        service_load.steady(measured)


def test_the_bare_server_answers_as_the_model_would(model, request_of, minutes, rows):
    with service_load.running("constant, uvicorn alone", model) as (process, url):
        answer = httpx.post(url, json=request_of(rows[0][:1]), verify=False)
        assert process.cpu_times().user > 0
    np.testing.assert_allclose(minutes(answer), [325.6], rtol=1e-6)
    assert answer.content == services.ANSWER


def test_a_service_that_does_not_start_is_named(model, capsys):
    with pytest.raises(SystemExit) as end, service_load.running("none", model):
        pass
    assert end.value.code == 2
    assert "the service none did not start" in capsys.readouterr().err


def test_the_recorded_load():
    whole(RECORDED)
    found = [(load["service"], load["rows"]) for load in RECORDED["services"]]
    served = [(name, rows) for name in service_load.SERVICES[:2] for rows in service_load.ROWS]
    assert found == [*served, *((name, 1) for name in service_load.SERVICES[2:])]
    assert len(RECORDED["bursts"]) == service_load.BURSTS
    assert [load["requests"] for load in RECORDED["bursts"]] == [service_load.BURST] * 10


@pytest.mark.parametrize("name", ["serving.json", "soak.json", "scaling.json"])
def test_the_recorded_versions_are_those_of_the_lock_files(name):
    recorded = json.loads((OUTPUTS / name).read_text(encoding="utf-8"))["versions"]
    locks = [(ROOT / lock).read_text() for lock in ("requirements.lock", "serving.lock")]
    # A package may have one pin per range of Python versions.
    pins = set(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", "\n".join(locks), re.MULTILINE))
    assert set(recorded.items()) - pins == {("python", recorded["python"])}


def test_the_recorded_soak():
    soak = json.loads((OUTPUTS / "soak.json").read_text(encoding="utf-8"))
    soaked(soak, 1_000_000, service_load.SAMPLES)
