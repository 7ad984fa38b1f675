"""A model is read from wherever it is: an MLflow folder, a web server, a zip in a store."""

import http.server
import os
import pickle
import re
import resource
import subprocess
import sys
import threading
import zipfile

import numpy as np
import pytest
import skops.io
from exact import answers, assert_same_bits, rows, run, without_source
from sklearn import ensemble, multioutput

import onnx101
from onnx101 import source, store

X = np.random.default_rng(7).normal(size=(200, 3)).astype(np.float32)
FOREST = ensemble.RandomForestRegressor(3, max_depth=5, random_state=0).fit(X, X[:, 0])
CONTENT = pickle.dumps(FOREST)
# As MLflow writes it.
ML_MODEL = """artifact_path: model
flavors:
  python_function:
    model_path: {name}
    loader_module: mlflow.sklearn
  sklearn:
    code: null
    pickled_model: {name}
    serialization_format: cloudpickle
    sklearn_version: 1.9.1
"""


@pytest.fixture
def expected(tmp_path):
    (tmp_path / "expected.pkl").write_bytes(CONTENT)
    onnx101.convert(tmp_path / "expected.pkl", tmp_path / "expected.onnx")
    return without_source(tmp_path / "expected.onnx")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model").mkdir()
    return tmp_path / "model"


@pytest.mark.parametrize("name", ["model.pkl", "model.skops", "'my model.pkl'"])
def test_a_folder_of_mlflow(name, folder, expected, tmp_path):
    (folder / "MLmodel").write_text(ML_MODEL.format(name=name))
    (folder / name.strip("'")).write_bytes(CONTENT)
    if name.endswith("skops"):
        skops.io.dump(FOREST, folder / name)
    onnx101.convert(folder, tmp_path / "a.onnx")
    assert without_source(tmp_path / "a.onnx") == expected
    assert onnx101.verify(folder, tmp_path / "a.onnx", rows=50).passed
    assert onnx101.info(folder).trees == 3


@pytest.mark.parametrize(
    "name", ["../outside.pkl", "/etc/passwd", "link.pkl", "a/../../outside.pkl", "a\0b", "circle"]
)
def test_a_folder_of_mlflow_that_points_outside_itself(name, folder, tmp_path):
    (folder / "MLmodel").write_text(ML_MODEL.format(name=name))
    (tmp_path / "outside.pkl").write_bytes(CONTENT)
    (folder / "link.pkl").symlink_to(tmp_path / "outside.pkl")
    (folder / "circle").symlink_to(folder / "circle")
    for attempt in (onnx101.info, lambda path: onnx101.convert(path, tmp_path / "a.onnx")):
        with pytest.raises(onnx101.ConversionError, match=r"outside its folder|symbolic links"):
            attempt(folder)
    assert not (tmp_path / "a.onnx").exists()


@pytest.mark.parametrize("name", ["MLmodel", "model.pkl"])
@pytest.mark.parametrize("use", ["info", "convert"])
def test_a_folder_of_mlflow_with_a_pipe_in_it(name, use, folder, command, tmp_path):
    (folder / "MLmodel").write_text(ML_MODEL.format(name="model.pkl"))
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    outcome = command(use, folder, *([tmp_path / "a.onnx"] if use == "convert" else []))
    outcome.assert_refused()
    assert "no file" in outcome.stderr


def test_a_folder_of_mlflow_with_a_long_line(folder, command):
    (folder / "MLmodel").write_text(ML_MODEL.format(name="a" + " " * 10**6 + "b"))
    command("info", folder).assert_refused()


def test_other_folders_are_called_what_they_are(folder):
    with pytest.raises(onnx101.ConversionError, match="without an MLmodel"):
        onnx101.info(folder)
    (folder / "MLmodel").write_text("flavors:\n  xgboost:\n    data: model.xgb\n")
    with pytest.raises(onnx101.ConversionError, match=r"flavors: xgboost"):
        onnx101.info(folder)
    with pytest.raises(onnx101.ConversionError, match="give its folder"):
        onnx101.info(folder / "MLmodel")
    (folder / "MLmodel").write_text(ML_MODEL.format(name="gone.pkl"))
    with pytest.raises(onnx101.ConversionError, match="No such file"):
        onnx101.info(folder)


DAYS = {21: "Wed", 22: "Thu"}
# What is said of all but the first bytes of an object that changes, whatever the condition.
CHANGING = {"/tag.pkl": ('"two"', 21), "/time.pkl": ("", 22)}


class Web(http.server.BaseHTTPRequestHandler):
    """Serves the forest, also in byte ranges, as web stores do."""

    def do_GET(self):
        if self.path == "/away.pkl":
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
            return
        if self.path == "/moved.pkl":
            self.send_response(302)
            self.send_header("Location", "/a%20forest.pkl")
            self.end_headers()
            return
        found = self.path in ("/a%20forest.pkl", "/weak.pkl", *CHANGING)
        tag, day = '"one"', 21
        if self.path == "/weak.pkl":  # which no If-Match matches
            tag, found = 'W/"one"', not self.headers.get("If-Match")
        part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        first, last = map(int, part.groups()) if part else (0, len(CONTENT) - 1)
        body = CONTENT[first : last + 1] if found else b"no such page"
        if first:
            tag, day = CHANGING.get(self.path, (tag, day))
        self.send_response((206 if part else 200) if found else 404)
        self.send_header("Content-Length", len(body))
        self.send_header("Last-Modified", f"{DAYS[day]}, {day} Oct 2015 07:28:00 GMT")
        self.send_header("ETag", tag)
        if part:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(CONTENT)}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def web():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["a%20forest.pkl", "moved.pkl", "weak.pkl"])
def test_an_address_of_the_web(name, web, expected, tmp_path):
    onnx101.convert(f"{web}/{name}", tmp_path / "a.onnx")
    assert without_source(tmp_path / "a.onnx") == expected
    assert onnx101.info(f"{web}/{name}").trees == 3


@pytest.mark.parametrize("path", CHANGING)
def test_an_object_that_changes_on_a_server_that_ignores_conditions(
    path, web, tmp_path, monkeypatch
):
    monkeypatch.setattr(source, "RemoteFile", store.RangeReader)  # in this process
    monkeypatch.setattr(store, "_RANGE", 2_000)
    with pytest.raises(onnx101.ConversionError, match="changed while it was read"):
        onnx101.convert(web + path, tmp_path / "a.onnx")


def test_nothing_is_imported_from_the_folder_that_one_is_in(web, tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit('a file of the folder')")
    monkeypatch.chdir(tmp_path)
    assert onnx101.info(f"{web}/a%20forest.pkl").trees == 3
    onnx101.convert(f"{web}/a%20forest.pkl", "a.onnx")
    assert onnx101.verify(f"{web}/a%20forest.pkl", "a.onnx", rows=50).passed


def test_the_stack_that_the_system_gives_a_thread_is_no_matter(web, tmp_path):
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    if most != resource.RLIM_INFINITY and most < 2**28:
        pytest.skip("the system allows no such stack")
    command = [sys.executable, "-m", "onnx101", "info", f"{web}/a%20forest.pkl"]
    script = 'ulimit -S -s 250000 && exec "$@"'
    done = subprocess.run(["sh", "-c", script, "sh", *command], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


REFUSED = {
    "{web}/away.pkl": "cannot be read",
    "{web}/none.pkl": "cannot be read",
    "{web}/a%20forest.pkl?token=1": "without",
    "http://user:word@127.0.0.1/a.pkl": "without",
    "http://example.com/a.pkl": "use https",
    "http://127.0.0.1.example.com/a.pkl": "use https",
    "ftp://example.com/a.pkl": "give a path",
}


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_of_the_web_that_is_refused(address, web, command, tmp_path):
    outcome = command("convert", address.format(web=web), tmp_path / "a.onnx")
    outcome.assert_refused()
    assert REFUSED[address] in outcome.stderr
    assert not (tmp_path / "a.onnx").exists()


@pytest.mark.parametrize("kind", ["skops", "zip"])
def test_a_zip_in_a_store(kind, s3, expected, monkeypatch, tmp_path):
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    if kind == "skops":
        skops.io.dump(FOREST, tmp_path / "a")
    else:
        with zipfile.ZipFile(tmp_path / "a", "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("forest.pkl", CONTENT)
    address = s3.put(f"forest.{kind}", (tmp_path / "a").read_bytes())
    onnx101.convert(address, tmp_path / "a.onnx")
    assert without_source(tmp_path / "a.onnx") == expected
    assert onnx101.verify(address, tmp_path / "a.onnx", rows=50).passed
    s3.put(f"forest.{kind}", (tmp_path / "a").read_bytes()[:-30])
    with pytest.raises(onnx101.ConversionError):
        onnx101.convert(address, tmp_path / "b.onnx")


@pytest.mark.parametrize("kind", ["Regressor", "Classifier"])
def test_each_estimator_of_a_multioutput(kind, tmp_path):
    y = np.stack([X[:, 0], X[:, 1] ** 2], axis=1)
    if kind == "Classifier":
        y = np.digitize(y, [0.1, 0.5])
    inner = getattr(ensemble, f"RandomForest{kind}")(3, random_state=0)
    model = getattr(multioutput, f"MultiOutput{kind}")(inner).fit(X, y)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(model))
    at = rows(X, 100)
    with pytest.raises(onnx101.ConversionError, match=r"--key: estimators_\.0, estimators_\.1"):
        onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
    for output, one in enumerate(model.estimators_):
        key = f"estimators_.{output}"
        onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx", key=key)
        found = run(str(tmp_path / "a.onnx"), at)
        assert_same_bits(found, answers(one, at))
        of_all = answers(model, at)[0][:, output]
        np.testing.assert_array_equal(found[0].reshape(-1), of_all)
        assert onnx101.verify(tmp_path / "a.pkl", tmp_path / "a.onnx", rows=50, key=key).passed


def test_a_chain_is_refused_by_name(tmp_path):
    chain = multioutput.RegressorChain(FOREST).fit(X, X[:, :2])
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(chain))
    with pytest.raises(onnx101.ConversionError, match="RegressorChain feeds each prediction"):
        onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
