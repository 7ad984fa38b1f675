"""Where a model comes from."""

from importlib.metadata import version

VERSION = version("onnx101")
