"""However a pickle is damaged, reading it ends in a model that loads or a one-line refusal."""

import hashlib
import pickle
import pickletools
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent
PICKLES = HERE / "pickles"
FOUND = HERE / "hostile" / "found"  # files that once did harm
KEPT = HERE.parents[1] / "build" / "fuzz"  # files that do now
SEEDS = ["1.2.2", "1.9.1"]
MODELS = ["forest", "forest_word", "tree", "boosting", "histogram", "histogram_word"]
CODES = [opcode.code.encode("latin1") for opcode in pickletools.opcodes]
FUZZ = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@cache
def seeds() -> list[bytes]:
    """Small real pickles and joblib files, uncompressed, so that no checksum hides a mutation."""
    found = []
    for version in SEEDS:
        with np.load(PICKLES / f"{version}.npz") as arrays:
            for key in arrays.files:
                model, _, form = key.partition("/")
                if model in MODELS and form in ("protocol2", "protocol4", "protocol5", "joblib"):
                    found.append(arrays[key].tobytes())
    return found


class File(bytes):
    """Bytes with a short name for the report."""

    @property
    def name(self) -> str:
        return f"{hashlib.sha1(self).hexdigest()[:12]}.pkl"

    __repr__ = name.fget


@st.composite
def damaged_bytes(draw) -> File:
    """A real file with a few bytes changed, cut out, repeated or copied from another."""
    content = bytearray(draw(st.sampled_from(seeds())))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content) - 1))
        piece = content[start : start + draw(st.integers(1, 40))]
        match draw(st.sampled_from(["flip", "byte", "opcode", "cut", "repeat", "graft"])):
            case "flip":
                content[start] ^= 1 << draw(st.integers(0, 7))
            case "byte":
                content[start] = draw(st.sampled_from([0, 1, 127, 128, 254, 255]))
            case "opcode":
                content[start : start + 1] = draw(st.sampled_from(CODES))
            case "cut":
                del content[start : start + len(piece)]
            case "repeat":
                content[start:start] = piece * draw(st.integers(1, 50))
            case "graft":
                other = draw(st.sampled_from(seeds()))
                place = draw(st.integers(0, len(other) - 1))
                content[start : start + len(piece)] = other[place : place + len(piece)]
        if not content:
            break
    return File(content)


@cache
def instructions() -> list[list[bytes]]:
    """Each seed that is a plain pickle, cut into its opcodes; frames only say how to read ahead."""
    found = []
    for content in seeds():
        try:
            parsed = list(pickletools.genops(content))
        except ValueError:
            continue  # joblib puts arrays between the opcodes
        ends = [position for _, _, position in parsed[1:]] + [len(content)]
        found.append(
            [
                content[position:end]
                for (opcode, _, position), end in zip(parsed, ends, strict=True)
                if opcode.name != "FRAME"
            ]
        )
    return found


@st.composite
def damaged_program(draw) -> File:
    """A real pickle with opcodes dropped, doubled, swapped, replaced or copied from another."""
    program = list(draw(st.sampled_from(instructions())))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(program) - 1))
        other = draw(st.integers(0, len(program) - 1))
        match draw(st.sampled_from(["drop", "double", "exchange", "replace", "graft"])):
            case "drop":
                del program[start]
            case "double":
                program.insert(start, program[start])
            case "exchange":
                program[start], program[other] = program[other], program[start]
            case "replace":
                program[start] = draw(st.sampled_from(CODES)) + draw(st.binary(max_size=4))
            case "graft":
                donor = draw(st.sampled_from(instructions()))
                place = draw(st.integers(0, len(donor) - 1))
                program[start:start] = donor[place : place + draw(st.integers(1, 12))]
    return File(b"".join(program))


@st.composite
def random_program(draw) -> File:
    """Random opcodes with plausible arguments."""
    step = st.one_of(
        st.sampled_from(CODES),
        st.integers(0, 3).map(lambda index: pickle.BINGET + bytes([index])),
        st.integers(-2, 2**31 - 1).map(
            lambda n: pickle.BININT + n.to_bytes(4, "little", signed=True)
        ),
        st.binary(max_size=9).map(lambda data: pickle.SHORT_BINBYTES + bytes([len(data)]) + data),
        st.sampled_from(names()),
    )
    return File(b"\x80\x04" + b"".join(draw(st.lists(step, max_size=40))) + b".")


@cache
def names() -> list[bytes]:
    """Every GLOBAL of the seeds: names the reader may know."""
    return sorted(
        {step for program in instructions() for step in program if step.startswith(pickle.GLOBAL)}
    )


@pytest.fixture
def check(command, tmp_path):
    source, target = tmp_path / "forest.pkl", tmp_path / "forest.onnx"

    def run(content: bytes) -> None:
        source.write_bytes(content)
        outcome = command("convert", source, target, shared=True)
        try:
            if outcome.status == 0:
                onnxruntime.InferenceSession(target)
                target.unlink()
            else:
                outcome.assert_refused()
            assert list(tmp_path.iterdir()) == [source]
        except Exception:
            KEPT.mkdir(parents=True, exist_ok=True)
            (KEPT / File(content).name).write_bytes(content)
            raise

    return run


def test_what_was_found_before(check, subtests):
    for path in sorted(FOUND.iterdir()):
        with subtests.test(path.name):
            check(path.read_bytes())


@FUZZ
@given(content=damaged_bytes())
def test_damaged_bytes(content, check):
    check(content)


@FUZZ
@given(content=damaged_program())
def test_damaged_programs(content, check):
    check(content)


@FUZZ
@given(content=random_program())
def test_random_programs(content, check):
    check(content)
