"""Runs `onnx101` in a fork for each request: one JSON line in, one out.

A request is {"arguments": [...]} and, optionally,

    "at": N, "do": "SIGINT" | "unlink" | "truncate" | "append" | "", "path": P
          at the N-th line that onnx101 or pickle runs, send that signal or do that to file P
    "file_limit": bytes    after which writing to a file fails, as on a full disk
    "free_steps": steps    allowed for any file, in place of budget.FREE_STEPS
    "shared": true         in a fork that runs one such request after another: a fork costs
          several times what a small file does; its peak is that of all requests so far

The answer has the fields of conftest.Outcome. A fork ends beyond 2 GB of memory, and in each
request beyond 20 seconds of CPU time or 60 seconds of waiting.
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
from math import ceil
from pathlib import Path

import numpy.random  # noqa: F401 - the same

import onnx101
from onnx101 import budget
from onnx101.__main__ import main

WATCHED = (str(Path(onnx101.__file__).parent), pickle.__file__)
WHOSE = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Fork:
    """A fork of this process that runs requests, one at a time."""

    def __init__(self):
        self.out = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the fork
        self.err = tempfile.TemporaryFile()  # noqa: SIM115
        requests, self.requests = os.pipe()
        self.answers, answers = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.requests)
            os.dup2(self.out.fileno(), 1)
            os.dup2(self.err.fileno(), 2)
            with open(requests) as lines:
                for line in lines:
                    os.write(answers, json.dumps(command(json.loads(line))).encode() + b"\n")
            os._exit(0)
        os.close(requests)
        os.close(answers)
        self.answers = os.fdopen(self.answers)

    def run(self, request: dict) -> dict:
        """The answer to a request; a fork that was killed by it, or is not shared, has ended."""
        for file in (self.out, self.err):
            file.seek(0)
            file.truncate()
        os.write(self.requests, json.dumps(request).encode() + b"\n")
        answer = self.answers.readline()
        self.has_ended = not answer or not request.get("shared")
        found = json.loads(answer) if answer else {}
        if self.has_ended and (ended := self.end())["status"]:
            found = ended
        texts = {}
        for name, file in (("stdout", self.out), ("stderr", self.err)):
            file.seek(0)
            texts[name] = file.read().decode(errors="replace")
        return found | texts

    def end(self) -> dict:
        """Let the fork end, and return what it took."""
        os.close(self.requests)
        self.answers.close()
        _, status, usage = os.wait4(self.pid, 0)
        return {
            "status": os.waitstatus_to_exitcode(status),
            "seconds": usage.ru_utime + usage.ru_stime,
            "peak": usage.ru_maxrss * RSS_UNIT,
            "lines": 0,
            "deaf": 0,
        }


def seconds() -> float:
    """The CPU time of this process and of those that it waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in WHOSE)


def command(request: dict) -> dict:
    """Run main() and return what the parent asks for, but what was printed."""
    before = seconds()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (2 << 30, 2 << 30))
    if limit := request.get("file_limit"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    budget.FREE_STEPS = request.get("free_steps", budget.FREE_STEPS)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (ceil(time.process_time()) + 20, most))
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
    longest = deaf.end()
    signal.alarm(0)
    sys.stdout.flush()
    sys.stderr.flush()
    return {
        "status": status,
        "seconds": seconds() - before,
        "peak": max(resource.getrusage(who).ru_maxrss for who in WHOSE) * RSS_UNIT,
        "lines": tamper.line,
        "deaf": longest,
    }


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
    shared = None
    for line in sys.stdin:
        request = json.loads(line)
        fork = (shared or Fork()) if request.get("shared") else Fork()
        print(json.dumps(fork.run(request)), flush=True)
        if request.get("shared"):
            shared = None if fork.has_ended else fork
