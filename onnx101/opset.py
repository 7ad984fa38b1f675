"""The versions that every model of this project declares: the one place that pins them."""

# onnx writes the newest versions it knows, and a runtime refuses what is newer than itself.
# These are the newest that every onnxruntime since 1.21 and onnxruntime-web load, and the
# oldest that have TreeEnsemble (ai.onnx.ml 5). IR 10 and opset 21 came out together.
IR_VERSION = 10
OPSET = 21
ML_OPSET = 5
