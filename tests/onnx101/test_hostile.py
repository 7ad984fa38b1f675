"""No hostile file runs code, crashes or exhausts anything: each is refused in one line."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hostile import bombs, code, forged, smuggled

from onnx101 import budget

PICKLES = Path(__file__).parent / "pickles"
OLD = b"what stood there before"
# Loads the files named in argv with a plain unpickler; 0xF0 is hostile.code.EXTENSION.
PLAIN = """
import copyreg, joblib, os, sys, warnings
warnings.simplefilter("ignore")
copyreg._extension_cache[0xF0] = os.system
for path in sys.argv[1:]:
    try:
        joblib.load(path)
    except Exception:
        pass
"""


@pytest.fixture
def convert(command, tmp_path):
    """Write bytes to a file and convert it; only that file and the target may be left.

    Small files share a process; bombs, which change what it may cost, have one of their own.
    """
    source, target = tmp_path / "forest.pkl", tmp_path / "forest.onnx"

    def run(content: bytes, **tamper):
        tamper = tamper or {"shared": True}
        source.write_bytes(content)
        target.write_bytes(OLD)
        outcome = command("convert", source, target, **tamper)
        assert sorted(tmp_path.iterdir()) == [target, source], "it left something behind"
        assert source.read_bytes() == content
        assert (target.read_bytes() == OLD) == (outcome.status != 0)
        return outcome

    return run


def stored(version: str, key: str) -> bytes:
    with np.load(PICKLES / f"{version}.npz") as arrays:
        return arrays[key].tobytes()


def test_a_whole_forest_passes(convert):
    assert convert(stored("1.9.1", "forest/protocol4")).status == 0


def test_code_runs_in_a_plain_unpickler(tmp_path):
    builds = list(code.cases().items())
    for number, (_, build) in enumerate(builds):
        (tmp_path / f"{number}.pkl").write_bytes(build(str(tmp_path / f"ran {number}")))
    files = [tmp_path / f"{number}.pkl" for number in range(len(builds))]
    subprocess.run([sys.executable, "-c", PLAIN, *files], stdout=subprocess.DEVNULL, check=True)
    harmless = [
        name for number, (name, _) in enumerate(builds) if not (tmp_path / f"ran {number}").exists()
    ]
    assert not harmless


def test_code_never_runs(convert, tmp_path_factory, subtests):
    canary = tmp_path_factory.mktemp("canary") / "ran"
    for name, build in code.cases().items():
        with subtests.test(name):
            convert(build(str(canary))).assert_refused()
            assert not canary.exists()


@pytest.mark.parametrize("corpus", [forged, smuggled, bombs])
def test_lies_and_bombs_are_refused(corpus, convert, subtests):
    # with a fraction of the allowance, bombs that hit this limit take a fraction of the time
    tamper = {"free_steps": budget.FREE_STEPS // 40} if corpus is bombs else {}
    for name, content in corpus.cases().items():
        with subtests.test(name):
            outcome = convert(content, **tamper)
            if outcome.status == 0:
                assert name.endswith(", in a forest") or name in bombs.CHEAP, "it was accepted"
                outcome.assert_cheap()
            else:
                outcome.assert_refused()


BUSY = ["trees of one leaf", "dicts in dicts", "lzma of one list, longer and longer"]


@pytest.mark.parametrize("name", BUSY)
def test_info_and_verify_are_cheap_too_and_hear_ctrl_c(name, command, tmp_path):
    source, target = tmp_path / "forest.pkl", tmp_path / "forest.onnx"
    source.write_bytes(bombs.cases()[name])
    target.write_bytes(OLD)
    tamper = {"free_steps": budget.FREE_STEPS // 40}
    command("verify", source, target, **tamper).assert_refused()
    command("info", source, **tamper).assert_cheap()
    assert sorted(tmp_path.iterdir()) == [target, source]


def test_the_dearest_bomb_ends_in_time(convert):
    """One of its steps costs less than 80 calls of a plain function, on any machine."""
    steps = budget.FREE_STEPS // 8
    outcome = convert(bombs.dearest(), free_steps=steps)
    outcome.assert_refused()
    assert "more work" in outcome.stderr
    began = time.process_time()
    for _ in range(steps):
        plain()
    assert outcome.seconds < 80 * (time.process_time() - began)


def plain():
    pass


FORMS = ["protocol2", "protocol3", "protocol4", "protocol5", "joblib", "joblib-zlib"]
FORMS += ["joblib-gzip", "joblib-bz2", "joblib-xz", "joblib-lzma", "joblib-lz4"]


@pytest.mark.parametrize("form", FORMS)
def test_truncated_files_are_refused(form, convert):
    content = stored("1.9.1", f"forest/{form}")
    for end in {*np.linspace(0, len(content) - 1, 20, dtype=int), len(content) - 2}:
        convert(content[:end]).assert_refused()


@pytest.mark.parametrize("form", FORMS)
def test_flipped_bits_are_refused_or_harmless(form, convert, tmp_path):
    content = stored("1.9.1", f"forest/{form}")
    rng = np.random.default_rng(6)
    for position in rng.choice(len(content) * 8, 25, replace=False).tolist():
        flipped = bytearray(content)
        flipped[position // 8] ^= 1 << position % 8
        outcome = convert(bytes(flipped))
        if outcome.status == 0:
            onnxruntime.InferenceSession(tmp_path / "forest.onnx")
        else:
            outcome.assert_refused()
