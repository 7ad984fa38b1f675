"""Writes onnx's own protobuf schema, with which the slides read models in the browser."""

import argparse
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


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=write.__doc__)
    options = parser.parse_args(argv)

    schema = descriptor()
    print(f"{schema.name}: {len(schema.message_type)} messages in package {schema.package}")
    if options.write:
        write()


if __name__ == "__main__":
    main()
