"""What most lessons need: pytest imports it once, and then runs each in a fork of that process.

Not onnxruntime: its import starts a thread, and no fork has that thread.
"""

import onnxscript  # noqa: F401
import oracle
import skl2onnx  # noqa: F401

oracle.grow()
