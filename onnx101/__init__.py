"""Large scikit-learn forests to ONNX, as a stream and bit for bit."""
