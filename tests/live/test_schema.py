"""The schema that the browser reads models with, against what the onnx package reads."""

import base64

import onnx
import schema
from google.protobuf import descriptor_pool, message_factory


def test_the_committed_schema_is_the_installed_packages():
    assert base64.b64decode(schema.SCHEMA.read_bytes()) == schema.descriptor().SerializeToString(
        deterministic=True
    )


def test_a_model_read_with_the_schema_alone_is_the_same_model():
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(base64.b64decode(schema.SCHEMA.read_bytes()))
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName("onnx.ModelProto"))()
    path = schema.ROOT / "public" / "models" / "linear_regression.onnx"
    message.ParseFromString(path.read_bytes())
    assert str(message) == str(onnx.load(path))


def test_it_writes_one_file_and_nothing_beside_it(monkeypatch, tmp_path):
    monkeypatch.setattr(schema, "SCHEMA", tmp_path / "schema.b64")
    schema.write()
    assert [path.name for path in tmp_path.iterdir()] == ["schema.b64"]
    assert (tmp_path / "schema.b64").read_bytes()
