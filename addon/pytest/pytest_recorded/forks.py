"""Runs scripts in forks of one process that has already imported what they import.

    python forks.py SOCKET FOLDER MODULE...

is that process, with nothing of pytest in it. It imports the modules, with FOLDER first on the
path, and takes requests from SOCKET, a descriptor. A request is a script's path and three
descriptors: its stdout, its stderr, and a socket for the answer. The answer is the script's pid at
once, and its status, as of os.waitpid, when it has ended; four bytes each.

A module whose import starts a thread may hang in a fork, where that thread is not.
"""

import contextlib
import gc
import importlib
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path


class Forks:
    """The process that forks; `close` ends it."""

    def __init__(self, folder: Path, modules: list[str]):
        self.control, theirs = socket.socketpair()
        self.one_by_one = threading.Lock()
        self.said = tempfile.TemporaryFile()  # noqa: SIM115 - until close
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno()), str(folder), *modules],
                stdin=subprocess.DEVNULL,
                stdout=self.said,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONIOENCODING": "utf-8"},
                pass_fds=[theirs.fileno()],
            )

    def run(self, script: Path, seconds: float) -> subprocess.CompletedProcess:
        """Run `script` as subprocess.run does; raises OSError when there is nothing to fork."""
        answer, theirs = socket.socketpair()
        answer.settimeout(seconds)
        pid = None
        with answer, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            try:
                with theirs, self.one_by_one:
                    fds = [out.fileno(), err.fileno(), theirs.fileno()]
                    with contextlib.suppress(ConnectionError):
                        socket.send_fds(self.control, [os.fsencode(script)], fds)
                    theirs.close()  # so that an end of the others is an end here
                    pid = self.number(answer)
                status = self.number(answer)
            except TimeoutError:
                os.kill(pid or self.process.pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(str(script), seconds) from None
            code = os.waitstatus_to_exitcode(status)
            return subprocess.CompletedProcess(str(script), code, text(out), text(err))

    def number(self, answer: socket.socket) -> int:
        if number := answer.recv(4):
            return int.from_bytes(number)
        raise OSError(text(self.said).strip().rpartition("\n")[2] or "its process was killed")

    def close(self) -> None:
        self.control.shutdown(socket.SHUT_RDWR)
        self.control.close()
        self.process.wait()
        self.said.close()


def text(file) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "backslashreplace")


def serve(control: socket.socket) -> str:
    """Answer requests; returns in a fork that is to run a script, and says which."""
    while True:
        script, fds, *_ = socket.recv_fds(control, 65536, 3)
        if not script:  # nobody asks any more
            with contextlib.suppress(ChildProcessError):
                while os.wait():
                    pass
            sys.exit()
        if os.fork():
            for fd in fds:
                os.close(fd)
            continue
        control.close()
        out, err, answer = fds
        if pid := os.fork():  # waits for this script alone
            os.write(answer, pid.to_bytes(4))
            os.write(answer, os.waitpid(pid, 0)[1].to_bytes(4))
            os._exit(0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        for fd in fds:
            os.close(fd)
        return os.fsdecode(script)


if __name__ == "__main__":
    sys.path[0] = sys.argv[2]
    for module in sys.argv[3:]:
        importlib.import_module(module)
    sys.stdout.flush()
    gc.collect()
    gc.freeze()  # else each fork's garbage collector copies the pages it visits
    sys.argv = [serve(socket.socket(fileno=int(sys.argv[1])))]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    runpy.run_path(sys.argv[0], run_name="__main__")
