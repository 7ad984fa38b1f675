"""Writes onnx's own protobuf schema, which the slides use to read models in the browser."""

import base64

import onnx
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from support import ROOT, replacing

SCHEMA = ROOT / "snippets" / "outputs" / "live" / "schema.b64"


def descriptor() -> FileDescriptorProto:
    """Every message, field and enumeration of onnx-ml.proto, itself as a protobuf message."""
    file = FileDescriptorProto()
    onnx.ModelProto.DESCRIPTOR.file.CopyToProto(file)
    return file


def write() -> None:
    """Write the serialised FileDescriptorProto in base64, snippets/outputs/live/schema.b64."""
    with replacing(SCHEMA) as beside:
        beside.write_bytes(base64.b64encode(descriptor().SerializeToString(deterministic=True)))
