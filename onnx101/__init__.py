"""Large scikit-learn forests to ONNX, as a stream and bit for bit."""

from onnx101.convert import Report, convert, to_onnx
from onnx101.errors import ConversionError

__all__ = ["ConversionError", "Report", "convert", "to_onnx"]
