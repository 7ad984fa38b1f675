"""Large scikit-learn forests to ONNX, as a stream and bit for bit."""

from onnx101._convert import Report, convert, to_onnx
from onnx101._info import Info, info
from onnx101._register import register
from onnx101._verify import Comparison, verify
from onnx101.errors import ConversionError

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
