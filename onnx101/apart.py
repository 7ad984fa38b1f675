"""Starts a process of its own for what may harm the one that it is in."""

import json
import os
import subprocess
import sys
from contextlib import suppress

# The package stands there without its __init__, which would import all of it.
_START = """
import json, sys, types
sys.path[:], folder = json.loads(sys.stdin.buffer.readline())
sys.modules["onnx101"] = types.ModuleType("onnx101")
sys.modules["onnx101"].__path__ = [folder]
from onnx101.{module} import main
main()
"""


def start(module: str) -> subprocess.Popen:
    """Run `main` of a module of this package; it is asked on its stdin, and answers on its stdout.

    It finds packages where this process finds them, and nothing else in the current folder: -P.
    """
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen([sys.executable, "-P", "-c", _START.format(module=module)], **pipes)
    told = [[*map(os.fspath, sys.path)], os.path.dirname(os.path.abspath(__file__))]
    with suppress(OSError):  # it has ended, as whoever asks it will see
        child.stdin.write(json.dumps(told).encode() + b"\n")
        child.stdin.flush()
    return child
