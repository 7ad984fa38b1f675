"""Files that run code: loaded by a plain unpickler, each creates the file at a given path."""

import os
import pickle

import numpy as np

from hostile import (
    COMPRESS,
    PROTOCOL,
    STOP,
    Call,
    called,
    data,
    forest,
    named,
    number,
    stacked,
    text,
    whole,
    with_joblib,
)

# A registered extension code needs no name; the child that runs the tests registers this one.
EXTENSION = 0xF0

CALLS = {  # function -> arguments, with {} for the path
    "os:system": ["touch '{}'"],
    "posix:system": ["touch '{}'"],
    "subprocess:call": [["touch", "{}"]],
    "builtins:eval": ["open('{}', 'w').close()"],
    "builtins:exec": ["open('{}', 'w').close()"],
    "io:open": ["{}", "w"],
    "cProfile:run": ["open('{}', 'w').close()"],
    "logging:FileHandler": ["{}"],
    "shutil:copyfile": [os.devnull, "{}"],
    "numpy:memmap": ["{}", "uint8", "w+", 0, 1],
    "numpy:savetxt": ["{}", [1, 2]],
    "numpy.testing._private.utils:runstring": ["open('{}', 'w').close()", {}],
    "joblib.numpy_pickle:dump": [1, "{}"],
}
PYTHON_2 = {"__builtin__:eval": CALLS["builtins:eval"]}
DOTTED = {  # by way of modules that forests come from
    "sklearn.ensemble._forest:threading._os.system": ["touch '{}'"],
    "sklearn.ensemble._forest:np.memmap": ["{}", "uint8", "w+", 0, 1],
    "joblib.numpy_pickle:os.system": ["touch '{}'"],
}


def cases() -> dict:
    """Return, by name, functions from the path to create to the bytes of a hostile file."""
    found = {}
    for function, arguments in (CALLS | PYTHON_2).items():
        found[f"{function} by GLOBAL"] = by_name(2, named, function, arguments)
    for function, arguments in (CALLS | DOTTED).items():
        found[f"{function} by STACK_GLOBAL"] = by_name(4, stacked, function, arguments)
    for name, opcodes in OPCODES.items():
        found[name] = opcodes
    for place in (parameter, first_tree, inner_tree, tree_state, feature_names):
        found[f"forest, {place.__name__}"] = in_forest(place)
    for name, compress in COMPRESS.items():
        found[f"joblib, {name}"] = compressed(compress)
    return found


def by_name(protocol: int, reach, function: str, arguments: list):
    def build(path: str) -> bytes:
        values = [plain(value, path) for value in arguments]
        return PROTOCOL[protocol] + called(reach(function), *values) + STOP

    return build


def plain(value, path: str) -> bytes:
    """Return the opcodes of a plain value."""
    if isinstance(value, str):
        return text(value.format(path))
    if isinstance(value, list):
        return b"](" + b"".join(plain(item, path) for item in value) + b"e"
    return b"}" if value == {} else number(value)


def touch(path: str) -> bytes:
    return text(f"touch '{path}'")


def shell(path: str) -> Call:
    return Call(os.system, (f"touch '{path}'",))


SYSTEM = named("os:system")
FOREST = named("sklearn.ensemble._forest:RandomForestRegressor")
OPCODES = {
    "INST": lambda path: b"(" + touch(path) + b"ios\nsystem\n.",
    "OBJ": lambda path: whole(b"(" + SYSTEM + touch(path) + b"o"),
    "EXT1": lambda path: whole(called(bytes([0x82, EXTENSION]), touch(path))),
    "EXT2": lambda path: whole(called(bytes([0x83, EXTENSION, 0]), touch(path))),
    "EXT4": lambda path: whole(called(bytes([0x84, EXTENSION, 0, 0, 0]), touch(path))),
    "NEWOBJ": lambda path: whole(
        named("logging:FileHandler") + b")\x81" + called(SYSTEM, touch(path))
    ),
    "getattr of an import": lambda path: whole(
        called(
            called(
                named("builtins:getattr"),
                called(named("builtins:__import__"), text("os")),
                text("system"),
            ),
            touch(path),
        )
    ),
    "BUILD with a __setstate__ of its own": lambda path: whole(
        FOREST + b")\x81}" + text("__setstate__") + SYSTEM + b"sb" + touch(path) + b"b"
    ),
    "a pickle in a pickle": lambda path: whole(
        called(named("pickle:loads"), data(pickle.dumps(shell(path))))
    ),
    "before a valid forest": lambda path: (
        PROTOCOL[4] + called(SYSTEM, touch(path)) + b"0" + pickle.dumps(forest(), 3)[2:]
    ),
    "an object array of joblib": lambda path: with_joblib(np.array([shell(path), None])),
}


def in_forest(place):
    """A forest that is valid except for one object in it."""

    def build(path: str) -> bytes:
        model = forest()
        place(model, shell(path))
        return pickle.dumps(model)

    return build


def compressed(compress):
    def build(path: str) -> bytes:
        model = forest()
        first_tree(model, shell(path))
        return compress(with_joblib(model))

    return build


def parameter(model, evil):
    model.random_state = evil


def first_tree(model, evil):
    model.estimators_[0] = evil


def inner_tree(model, evil):
    model.estimators_[1].tree_ = evil


def tree_state(model, evil):
    cls, arguments, state = model.estimators_[0].tree_.__reduce__()
    model.estimators_[0].tree_ = Call(cls, arguments, state | {"max_depth": evil})


def feature_names(model, evil):
    model.feature_names_in_ = np.array([evil, evil], dtype=object)
