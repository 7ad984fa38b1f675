"""The pickle of open_pickle.py runs when pickle opens it, but not when the converter reads it."""

import os
import pickle

import open_pickle


class Canary:
    """Creates a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_opening_runs_it_and_converting_does_not(tmp_path):
    data = pickle.dumps(Canary(tmp_path / "sung"))
    assert os.mkdir.__module__ in open_pickle.refuse(data)
    assert not (tmp_path / "sung").exists()
    pickle.loads(data)
    assert (tmp_path / "sung").exists()


def test_every_step_of_the_program_is_shown_but_the_bookkeeping():
    steps = open_pickle.program(b"\x80\x02cbuiltins\nprint\n(X\x02\x00\x00\x00hitR.")
    assert [step.split()[0] for step in steps] == [
        "GLOBAL",
        "MARK",
        "BINUNICODE",
        "TUPLE",
        "REDUCE",
        "STOP",
    ]
