"""A model server around an ONNX session, and what it runs in."""
