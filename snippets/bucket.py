"""Asks a pickle on S3 what it is: read in ranges, never stored here, never run."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import boto3
import flights
import oracle
import train
from moto.server import ThreadedMotoServer

from onnx101.__main__ import main as onnx101

BUCKET, KEY = "models", "nostradamus.pkl"
ADDRESS = f"s3://{BUCKET}/{KEY}"


@contextmanager
def served() -> Iterator[None]:
    """An S3 server on loopback, which every client of this process finds while the block lasts."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would log every request
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "NO_PROXY": host,
    }
    try:
        with patch.dict(os.environ, environment):
            yield
    finally:
        server.stop()


# region upload
def upload(path: Path) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.upload_file(path, BUCKET, KEY)


# endregion upload


def main(argv: list[str] | None = None) -> None:
    X, _, y, _ = flights.split()
    with tempfile.TemporaryDirectory() as folder, served():
        pickled = Path(folder, KEY)
        train.save(oracle.grow(X, y), pickled)
        upload(pickled)
        pickled.unlink()
        print(f"$ onnx101 info {ADDRESS}")
        onnx101(["info", ADDRESS])


if __name__ == "__main__":
    main()
