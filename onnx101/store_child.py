"""The process that `remote` starts: reads an object from a store, as it is asked on its stdin.

First comes the address, a line of JSON. Each answer is an int64 and so many bytes; where it is
negative, they say what was wrong. The first is the size of the object; NEXT asks for what follows,
of which nothing is the end.
"""

import json
import os
import signal
import struct
import sys
import threading
from pathlib import Path

from onnx101.limits import limit_memory

HEADER = struct.Struct("<q")
NEXT, REWIND = b"n", b"r"
# What may be held beside what is at the start, with a thread for each core, and beside what is once
# the object is known; in bytes.
_AT_FIRST, _MEMORY = 2**30, 3 * 2**26
_PIECE = 2**21
_STACK = 2**21  # of a thread, in bytes: what `ulimit -s` says may be more than is allowed


def main() -> None:
    """Answer for the object at an address, a line of JSON, until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command
    from onnx101.errors import ConversionError
    from onnx101.store import RangeReader

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries may print to stdout

    def answer(data: bytes, sign: int = 1) -> None:
        answers.write(HEADER.pack(sign * len(data)))
        answers.write(data)
        answers.flush()

    address = json.loads(sys.stdin.buffer.readline())
    threading.stack_size(_STACK)
    try:
        _limit(_AT_FIRST)
        reader = RangeReader(address)
        _limit(_MEMORY)
        answer(HEADER.pack(reader.size))
        while asked := sys.stdin.buffer.read(1):
            if asked == NEXT:
                answer(reader.read(_PIECE))
            else:
                reader.rewind()
                answer(b"")
    except BrokenPipeError:
        pass  # nobody asks any more
    except Exception as error:
        known = isinstance(error, (ConversionError, MemoryError))
        why = str(error) if known else f"{address} cannot be read: {error!r}"
        answer(why.encode(errors="replace") or b"out of memory", -1)
    os._exit(0)  # threads may still wait for the store


def _limit(more: int) -> None:
    """Limit the memory to so much more than now, where the system says how much that is."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return
    held = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData"))
    limit_memory(1024 * held + more)
