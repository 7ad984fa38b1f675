"""Large scikit-learn forests to ONNX, as a stream and bit for bit."""

from onnx101.convert import Report, convert, to_onnx
from onnx101.errors import ConversionError
from onnx101.info import Info, info
from onnx101.register import register
from onnx101.verify import Comparison, verify

__all__ = [
    "Comparison",
    "ConversionError",
    "Info",
    "Report",
    "convert",
    "info",
    "register",
    "to_onnx",
    "verify",
]
