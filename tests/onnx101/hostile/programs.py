"""Random valid instruction programs: something large, and instructions repeated over it.

A `Program` first makes values of about `size` bytes and keeps them in the memo, then repeats a
few instructions. It is typed: whatever an instruction takes from the stack is there, so a program
runs to its end, and deep into the reader, unless something stops it.
"""

import itertools
import pickle
import random
from collections.abc import Callable
from dataclasses import dataclass

from hostile import data, group, named, number, text

RECONSTRUCT = named("numpy._core.multiarray:_reconstruct")
NDARRAY = named("numpy:ndarray")
EMPTY_ARRAY = RECONSTRUCT + group(NDARRAY, group(number(0)), data(b"b")) + pickle.REDUCE
F8, I8, O8, U1 = (
    named("numpy:dtype") + group(text(kind), b"\x89", b"\x88") + pickle.REDUCE
    for kind in ("f8", "i8", "O8", "U1")
)
TREE = named("sklearn.tree._tree:Tree")
FOREST = named("sklearn.ensemble._forest:RandomForestClassifier")


def size8(opcode: bytes, content: bytes) -> bytes:
    return opcode + len(content).to_bytes(8, "little") + content


def array(dtype: bytes, count: bytes, content: bytes) -> bytes:
    return EMPTY_ARRAY + group(number(1), group(count), dtype, b"\x89", content) + b"b"


def record(fields: int) -> bytes:
    """The dtype of a record with that many fields, including its state."""
    names = [text(f"f{index}") for index in range(fields)]
    items = b"".join(
        name + group(named("numpy:dtype") + group(text("u1"), b"\x89", b"\x88") + b"R", number(at))
        for at, name in enumerate(names)
    )
    state = group(
        number(3),
        text("|"),
        b"N",
        group(*names),
        b"}(" + items + b"u",
        number(fields),
        *[number(1)] * 2,
    )
    return named("numpy:dtype") + group(text(f"V{fields}"), b"\x89", b"\x88") + b"R" + state + b"b"


# What can be made large, with its type; each leaves one value of about `size` bytes.
LARGE: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "text": ("text", lambda size: text("x" * size)),
    "wide text": ("text", lambda size: text("\U0001f332" * (size // 4))),
    "short wide text": ("text", lambda size: text("x" * 240 + "\U0001f332")),
    "surrogates": (
        "text",
        lambda size: b"X" + (size // 3 * 3).to_bytes(4, "little") + b"\xed\xa0\x80" * (size // 3),
    ),
    "latin1": ("text", lambda size: text("\xe9" * (size // 2))),
    "short latin1": ("text", lambda size: text("\xe9" * 499)),
    "bytes": ("bytes", lambda size: data(bytes(size))),
    "bytearray": ("bytes", lambda size: size8(b"\x96", bytes(size))),
    "short bytes": ("bytes", lambda size: data(bytes(56))),
    "list": ("list", lambda size: b"](" + b"N" * size + b"e"),
    "list of texts": ("list", lambda size: b"](" + b"\x8c\x01a" * (size // 3) + b"e"),
    "list of one text": (
        "list",
        lambda size: text("y" * 900) + b"\x940](" + b"h\x00" * (size // 2) + b"e",
    ),
    "tuple": ("tuple", lambda size: b"(" + b"N" * size + b"t"),
    "shape": ("tuple", lambda size: b"(" + b"K\x01" * (size // 2) + b"t"),
    "shape of large numbers": (
        "tuple",
        lambda size: b"(" + (b"\x8a\xff" + b"\x7f" * 255) * (size // 257) + b"t",
    ),
    "dict": (
        "dict",
        lambda size: b"}(" + b"".join(text(f"{n:x}") + b"N" for n in range(size // 9)) + b"u",
    ),
    "dict of equal hashes": (
        "dict",
        lambda size: (
            b"}("
            + b"".join(
                b"\x8a\x0c" + (n * (2**61 - 1)).to_bytes(12, "little") + b"N"
                for n in range(size // 15)
            )
            + b"u"
        ),
    ),
    "doubled tuple": ("tuple", lambda size: b")" + b"2\x86" * (size // 2)),
    "deep list": ("list", lambda size: b"]" * (size // 2) + b"a" * (size // 2 - 1)),
    "numbers": ("array", lambda size: array(F8, number(size // 8), data(bytes(size // 8 * 8)))),
    "ones": (
        "array",
        lambda size: array(
            I8, number(size // 8), data(bytes([1, 0, 0, 0, 0, 0, 0, 0]) * (size // 8))
        ),
    ),
    "objects": (
        "array",
        lambda size: array(O8, number(size), b"](" + b"N" * size + b"e"),
    ),
    "letters": ("array", lambda size: array(U1, number(size // 4), data(b"a\0\0\0" * (size // 4)))),
    "name": ("name", lambda size: named("numpy:" + "d" * 500)),
    "scalar": ("name", lambda size: named("numpy._core.multiarray:scalar")),
    "a scalar's text": (
        "tuple",
        lambda size: group(  # three times as large, since naming it costs nothing
            named("numpy:dtype") + group(text(f"U{size * 3 // 4}"), b"\x89", b"\x88") + b"R",
            data(b"a\0\0\0" * (size * 3 // 4)),
        ),
    ),
    "record": ("dtype", lambda size: record(min(size // 60, 900))),
}
# What repeats: opcodes, what they take and what they leave. "any" takes anything.
STEPS: dict[str, tuple[bytes, list[str], list[str]]] = {
    "none": (b"N", [], ["any"]),
    "number": (number(2**30), [], ["number"]),
    "one": (b"K\x01", [], ["number"]),
    "large number": (b"\x8a\xff" + b"\x7f" * 255, [], ["number"]),
    "float": (b"G" + bytes(8), [], ["number"]),
    "letter": (b"\x8c\x01a", [], ["text"]),
    "empty tuple": (b")", [], ["tuple"]),
    "empty list": (b"]", [], ["list"]),
    "empty dict": (b"}", [], ["dict"]),
    "empty set": (b"\x8f", [], ["set"]),
    "latin1": (b"\x8c\x06latin1", [], ["text"]),
    "f8": (F8, [], ["dtype"]),
    "i8": (I8, [], ["dtype"]),
    "objects": (O8, [], ["dtype"]),
    "tree": (TREE, [], ["name"]),
    "forest": (FOREST, [], ["name"]),
    "array name": (RECONSTRUCT, [], ["name"]),
    "ndarray": (NDARRAY, [], ["name"]),
    "unknown name": (named("a:b"), [], ["name"]),
    "encode": (named("_codecs:encode"), [], ["name"]),
    "dtype name": (named("numpy:dtype"), [], ["name"]),
    "scalar name": (named("numpy._core.multiarray:scalar"), [], ["name"]),
    "buffer name": (named("numpy._core.numeric:_frombuffer"), [], ["name"]),
    "new array": (EMPTY_ARRAY, [], ["object"]),
    "pop": (b"0", ["any"], []),
    "dup": (b"2", ["any"], ["any", "any"]),
    "memoize": (b"\x94", ["any"], ["any"]),
    "tuple of one": (b"\x85", ["any"], ["tuple"]),
    "tuple of two": (b"\x86", ["any", "any"], ["tuple"]),
    "tuple of three": (b"\x87", ["any", "any", "any"], ["tuple"]),
    "append": (b"a", ["list", "any"], ["list"]),
    "set item": (b"s", ["dict", "text", "any"], ["dict"]),
    "set number": (b"s", ["dict", "number", "any"], ["dict"]),
    "call": (b"R", ["name", "tuple"], ["object"]),
    "new": (b"\x81", ["name", "tuple"], ["object"]),
    "build": (b"b", ["object", "tuple"], ["object"]),
    "build with dict": (b"b", ["object", "dict"], ["object"]),
    "name of texts": (b"\x93", ["text", "text"], ["name"]),
    "mark and tuple": (b"(Nt", [], ["tuple"]),
    "mark and pop": (b"(N1", [], []),
}
# Whole calls on something large, which random choice would rarely hit.
CALLS = {
    "array": (["dtype", "any"], lambda dtype, any_: array(dtype, b"K\x01", any_)),
    "array of its length": (["dtype", "any"], lambda dtype, any_: array(dtype, b"K\x01", any_)),
    "shaped": (
        ["tuple", "dtype", "any"],
        lambda shape, dtype, content: (
            EMPTY_ARRAY + group(b"K\x01", shape, dtype, b"\x89", content) + b"b"
        ),
    ),
    "encoded": (
        ["text"],
        lambda value: named("_codecs:encode") + group(value, text("latin1")) + b"R",
    ),
    "scalar": (
        ["dtype", "bytes"],
        lambda dtype, value: named("numpy._core.multiarray:scalar") + group(dtype, value) + b"R",
    ),
    "dtype": (["text"], lambda kind: named("numpy:dtype") + group(kind, b"\x89", b"\x88") + b"R"),
    "tree": (["array"], lambda widths: TREE + group(b"K\x01", widths, b"K\x01") + b"R"),
    "fields": (
        ["tuple", "dict"],
        lambda names, fields: (
            named("numpy:dtype")
            + group(text("V8"), b"\x89", b"\x88")
            + b"R"
            + group(number(3), text("|"), b"N", names, fields, number(8), b"K\x01", b"K\x00")
            + b"b"
        ),
    ),
    "forest": (["dict"], lambda state: FOREST + b")\x81" + state + b"b"),
    "list of": (["any"], lambda value: b"](" + value * 9 + b"e"),
}


@dataclass(frozen=True)
class Program:
    """Values of LARGE by name, and repeated steps, which may refer to them by number."""

    large: tuple[str, ...]
    steps: tuple[tuple, ...]

    def content(self, size: int) -> bytes:
        """A pickle of about `size` bytes: half of it large values, half repeated steps."""
        start, places, memo = b"", [], 0
        for name in self.large:
            made = LARGE[name][1](size // 2 // len(self.large))
            memo += made.count(b"\x940](")  # "list of one text" memoizes one itself
            made = made.replace(b"h\x00", bytes([104, memo - 1])) if b"\x940](" in made else made
            start += made + b"\x940"
            places.append(memo)
            memo += 1
        body = b"".join(self._step(step, places) for step in self.steps)
        count = max(1, (size - len(start)) // max(1, len(body)))
        return b"\x80\x04" + start + body * count + b"N."

    def _step(self, step: tuple, places: list[int]) -> bytes:
        kind, name, *uses = step
        got = [bytes([104, places[use]]) if isinstance(use, int) else STEPS[use][0] for use in uses]
        match kind:
            case "get":
                return got[0]
            case "call":
                return CALLS[name][1](*got)
        return STEPS[name][0]


def simplest() -> list[Program]:
    """Each large value alone, and each call of a name with a tuple, repeated."""
    by_type = {
        want: [name for name, (kind, _) in LARGE.items() if kind == want]
        for want in ("name", "tuple")
    }
    call = (("get", "", 0), ("get", "", 1), ("step", "call"), ("step", "pop"))
    calls = [Program(pair, call) for pair in itertools.product(*by_type.values())]
    return [Program((name,), (("step", "pop"),)) for name in LARGE] + calls


def random_program(rng: random.Random) -> Program:
    """Any program."""
    large = tuple(rng.choices(list(LARGE), k=rng.randint(1, 3)))
    return Program(large, random_steps(rng, large))


def changed(program: Program, rng: random.Random) -> Program:
    """Like `program`, with other steps or other values."""
    if rng.random() < 0.3:
        kinds = [LARGE[name][0] for name in program.large]
        place = rng.randrange(len(kinds))
        same = [name for name, (kind, _) in LARGE.items() if kind == kinds[place]]
        large = (*program.large[:place], rng.choice(same), *program.large[place + 1 :])
        return Program(large, program.steps)
    more = random_steps(rng, program.large)
    return Program(program.large, (program.steps + more)[-rng.randint(1, 6) :])


def random_steps(rng: random.Random, large: tuple[str, ...]) -> tuple[tuple, ...]:
    """A few steps that each find what they take on the stack; leftovers are mostly popped."""
    kinds = [LARGE[name][0] for name in large]
    steps, stack = [], []
    for _ in range(rng.randint(1, 8)):
        choice = rng.random()
        if choice < 0.35:
            use = rng.randrange(len(large))
            steps.append(("get", "", use))
            stack.append(kinds[use])
        elif choice < 0.6:
            name = rng.choice(list(CALLS))
            uses = [_use(rng, kind, kinds) for kind in CALLS[name][0]]
            steps.append(("call", name, *uses))
            stack.append("object")
        else:
            fitting = [
                name
                for name, (_, takes, _) in STEPS.items()
                if len(takes) <= len(stack)
                and all(
                    want in ("any", have)
                    for want, have in zip(reversed(takes), reversed(stack), strict=False)
                )
            ]
            name = rng.choice(fitting)
            _, takes, leaves = STEPS[name]
            steps.append(("step", name))
            stack = [*stack[: len(stack) - len(takes)], *leaves]
    return (*steps, *[("step", "pop")] * (len(stack) if rng.random() < 0.7 else 0))


def _use(rng: random.Random, kind: str, kinds: list[str]) -> int | str:
    """Something of that type: a large value, by number, or a step that makes one."""
    fitting = [place for place, have in enumerate(kinds) if kind in ("any", have)]
    if fitting and rng.random() < 0.8:
        return rng.choice(fitting)
    return rng.choice(
        [name for name, (_, takes, leaves) in STEPS.items() if not takes and leaves == [kind]]
        or ["none"]
    )
