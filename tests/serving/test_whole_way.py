"""A pickle on S3 is converted as a stream, served from there and queried; a table is scored."""

import io

import boto3
import bucket
import flights
import httpx
import numpy as np
import pandas as pd
import score
import serve
import train

import onnx101
from serving import server
from serving.load import copied


def test_a_pickle_on_s3_is_converted_served_asked_and_scored(
    forest, split, request_of, tmp_path, capsys
):
    X = split[1][:2_000]
    expected = forest.predict(X)
    with bucket.served():
        pickled = tmp_path / "forest.pkl"
        train.save(forest, pickled)
        bucket.upload(pickled)
        store = boto3.client("s3")

        model = tmp_path / "forest.onnx"
        onnx101.convert(bucket.ADDRESS, model)
        store.upload_file(str(model), bucket.BUCKET, "forest.onnx")
        table = io.BytesIO()
        pd.DataFrame(X, columns=flights.FEATURES).to_parquet(table, row_group_size=500)
        store.put_object(Bucket=bucket.BUCKET, Key="flights/a.parquet", Body=table.getvalue())
        for path in (pickled, model):
            path.unlink()

        address = f"s3://{bucket.BUCKET}/forest.onnx"
        with copied(address) as copy:
            served = serve.Served("forest", copy)
        with server.serving(lambda: served) as (rest, _):
            url = f"{rest}/v2/models/forest/infer"
            answer = httpx.post(url, json=request_of(X), verify=False)
        (tensor,) = answer.json()["outputs"]
        # double precision: bit for bit the forest's answer
        assert np.array(tensor["data"]).tobytes() == expected.tobytes()

        places = [f"s3://{bucket.BUCKET}/{name}" for name in ("flights", "minutes")]
        for new in (4, 0):
            score.main([address, *places])
            said = capsys.readouterr()
            assert said.out == f"2,000 flights in 4 parts, {new} of them new\n"
        found = [
            pd.read_parquet(
                io.BytesIO(store.get_object(Bucket=bucket.BUCKET, Key=key)["Body"].read())
            )
            for key in sorted(keys(store, "minutes/part"))
        ]
        scored = pd.concat(found).to_numpy().ravel()
        assert scored.tobytes() == expected.tobytes()
        assert keys(store, "minutes/_SUCCESS") == ["minutes/_SUCCESS"]


def keys(store, prefix):
    listed = store.list_objects_v2(Bucket=bucket.BUCKET, Prefix=prefix)
    return [entry["Key"] for entry in listed.get("Contents", [])]
