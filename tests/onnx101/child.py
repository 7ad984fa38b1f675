"""Runs `onnx101` in a fork for each request: one JSON line in, one out.

A request is {"arguments": [...]} and, optionally,

    "at": N, "do": "SIGINT" | "unlink" | "truncate" | "append" | "", "path": P
          at the N-th line that onnx101 or pickle runs, send that signal or do that to file P
    "file_limit": bytes    after which writing to a file fails, as on a full disk
    "free_steps": steps    allowed for any file, in place of budget.FREE_STEPS

The answer has the fields of conftest.Outcome. A fork ends beyond 2 GB of memory, 20 seconds of
CPU time or 60 seconds of waiting.
"""

import copyreg
import gc
import json
import multiprocessing.synchronize  # noqa: F401 - once here, not in each fork that converts
import os
import pickle
import resource
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import numpy.random  # noqa: F401 - the same

import onnx101
from onnx101 import budget
from onnx101.__main__ import main

WATCHED = (str(Path(onnx101.__file__).parent), pickle.__file__)
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def run(request: dict) -> dict:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        lines_out, lines_in = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os._exit(command(request, lines_in))
        os.close(lines_in)
        _, status, usage = os.wait4(pid, 0)
        with open(lines_out, "rb") as pipe:
            lines, deaf = json.loads(pipe.read() or b"[0, 0]")
        out.seek(0)
        err.seek(0)
        return {
            "status": os.waitstatus_to_exitcode(status),
            "stdout": out.read().decode(errors="replace"),
            "stderr": err.read().decode(errors="replace"),
            "seconds": usage.ru_utime + usage.ru_stime,
            "peak": usage.ru_maxrss * RSS_UNIT,
            "lines": lines,
            "deaf": deaf,
        }


def command(request: dict, lines_in: int) -> int:
    """Run main() and return the exit status that the interpreter would end with."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (2 << 30, 2 << 30))
    if limit := request.get("file_limit"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    budget.FREE_STEPS = request.get("free_steps", budget.FREE_STEPS)
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    signal.alarm(60)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the tests may run under nohup
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    sys.argv = ["onnx101", *request["arguments"]]
    tamper, deaf = Tamper(request), Deaf()
    try:
        sys.exit(main())
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.settrace(None)
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(lines_in, json.dumps([tamper.line, deaf.end()]).encode())
    return status


class Deaf:
    """Measures how long, in seconds of CPU time, Ctrl-C could have had to wait."""

    def __init__(self):
        self.last, self.longest = time.thread_time(), 0.0
        signal.signal(signal.SIGPROF, self.hear)
        signal.setitimer(signal.ITIMER_PROF, 0.02, 0.02)

    def hear(self, *_):
        now = time.thread_time()
        self.last, self.longest = now, max(self.longest, now - self.last)

    def end(self) -> float:
        signal.setitimer(signal.ITIMER_PROF, 0)
        self.hear()
        return self.longest


class Tamper:
    """Counts the lines run, and acts when the requested line is reached."""

    def __init__(self, request: dict):
        self.line = 0
        self.at, self.do, self.path = (request.get(key) for key in ("at", "do", "path"))
        if self.at:
            sys.settrace(self.enter)

    def enter(self, frame, event, argument):
        return self.count if frame.f_code.co_filename.startswith(WATCHED) else None

    def count(self, frame, event, argument):
        # nothing has begun until the command has set its handlers
        if event == "line" and signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL:
            self.line += 1
            if self.line == self.at:
                sys.settrace(None)  # no more lines to count
                self.act()
        return self.count

    def act(self):
        if self.do == "unlink":
            os.unlink(self.path)
        elif self.do == "truncate":
            os.truncate(self.path, os.path.getsize(self.path) // 2)
        elif self.do == "append":
            with open(self.path, "ab") as file:
                file.write(b"\0" * 5000)
        elif self.do:
            signal.raise_signal(signal.Signals[self.do])


if __name__ == "__main__":
    copyreg._extension_cache[0xF0] = os.system  # hostile.code.EXTENSION
    gc.freeze()  # otherwise each fork's garbage collector copies the pages it visits
    for request in sys.stdin:
        print(json.dumps(run(json.loads(request))), flush=True)
