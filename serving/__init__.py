"""Serving and bulk scoring around an ONNX session."""
