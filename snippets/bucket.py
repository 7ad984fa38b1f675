"""Asks a pickle on S3 what it is: read in ranges, never stored here, never run."""

import tempfile
from pathlib import Path

import boto3
import oracle
import train
from support.s3 import served

from onnx101.__main__ import main as onnx101

BUCKET, KEY = "models", "nostradamus.pkl"
ADDRESS = f"s3://{BUCKET}/{KEY}"


# region upload
def upload(path: Path) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.upload_file(path, BUCKET, KEY)


# endregion upload


def main(argv: list[str] | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder, served():
        pickled = Path(folder, KEY)
        train.save(oracle.grow(), pickled)
        upload(pickled)
        pickled.unlink()
        print(f"$ onnx101 info {ADDRESS}")
        onnx101(["info", ADDRESS])


if __name__ == "__main__":
    main()
