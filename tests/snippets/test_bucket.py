"""What bucket.py says about an object, against the forest itself, and what it leaves behind."""

import os
import pickle
from urllib.request import urlopen

import boto3
import bucket
import pytest
import sklearn


def test_says_what_the_forest_is(forest, capsys, monkeypatch):
    monkeypatch.setattr(bucket.oracle, "grow", lambda *_: forest)
    before = dict(os.environ)
    bucket.main()
    printed = capsys.readouterr()
    said = dict(line.split(maxsplit=1) for line in printed.out.splitlines()[1:])
    size = len(pickle.dumps(forest, protocol=5))
    nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
    assert said == {
        "file": f"pickle of {size:,} bytes",
        "estimator": type(forest).__name__,
        "trees": str(forest.n_estimators),
        "nodes": f"{nodes:,}",
        "features": str(forest.n_features_in_),
        "dtype": "double",
        "versions": f"scikit-learn {sklearn.__version__}",
    }
    assert printed.err == ""
    assert dict(os.environ) == before


def test_the_object_is_a_real_one_and_the_server_ends(tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(os.urandom(1000))
    with bucket.served():
        endpoint = os.environ["AWS_ENDPOINT_URL"]
        bucket.upload(path)
        got = boto3.client("s3").get_object(Bucket=bucket.BUCKET, Key=bucket.KEY)
        assert got["Body"].read() == path.read_bytes()
    with pytest.raises(OSError, match="refused"):
        urlopen(endpoint, timeout=5)


def test_an_object_that_is_no_pickle_is_refused(tmp_path, capsys):
    path = tmp_path / "model.pkl"
    path.write_bytes(b"not a pickle")
    with bucket.served():
        bucket.upload(path)
        assert bucket.onnx101(["info", bucket.ADDRESS]) == 2
    assert bucket.ADDRESS in capsys.readouterr().err
