"""Files that use only names a forest may use, but in ways no forest does."""

import pickle

from hostile import Call, called, data, group, named, number, stacked, text, whole, within_forest

RECONSTRUCT = named("numpy._core.multiarray:_reconstruct")
FROMBUFFER = named("numpy._core.numeric:_frombuffer")
SCALAR = named("numpy._core.multiarray:scalar")
NDARRAY = named("numpy:ndarray")
DTYPE = named("numpy:dtype")
ENCODE = named("_codecs:encode")
TREE = named("sklearn.tree._tree:Tree")
FOREST = named("sklearn.ensemble._forest:RandomForestRegressor")
WRAPPER = named("joblib.numpy_pickle:NumpyArrayWrapper")
NEW = b")\x81"
NONE, TRUE, FALSE = b"N", b"\x88", b"\x89"
HUGE = b"\x8a\x08" + (2**62).to_bytes(8, "little")


def cases() -> dict[str, bytes]:
    """Return every file by name."""
    found = {name: whole(part) for name, part in PARTS.items()}
    found |= {f"{name}, in a forest": within_forest(part) for name, part in PARTS.items()}
    return found | {f"name: {name}": whole(named_by) for name, named_by in NAMES.items()}


def dtype(kind: str, *state: bytes) -> bytes:
    made = called(DTYPE, text(kind), FALSE, TRUE)
    return made + group(*state) + b"b" if state else made


def array(kind: bytes, shape: bytes, content: bytes) -> bytes:
    empty = called(RECONSTRUCT, NDARRAY, group(number(0)), data(b"b"))
    return empty + group(number(1), shape, kind, FALSE, content) + b"b"


def wrapper(**fields: bytes) -> bytes:
    """A joblib array record; the array's bytes follow it."""
    usual = {
        "subclass": NDARRAY,
        "shape": group(number(4)),
        "order": text("C"),
        "dtype": dtype("f8"),
        "allow_mmap": FALSE,
        "numpy_array_alignment_bytes": number(16),
    }
    items = b"".join(text(key) + value for key, value in (usual | fields).items())
    return WRAPPER + NEW + b"}(" + items + b"ub" + bytes([4]) + b"\xff" * 4 + bytes(32)


# A record of 8 bytes whose field is an object: read as one, the bytes are a pointer.
POINTER = dtype(
    "V8",
    number(3),
    text("|"),
    NONE,
    group(text("a")),
    b"}" + text("a") + group(dtype("O8"), number(0)) + b"s",
    number(8),
    number(1),
    number(0),
)
# A field that lies outside its record.
OUTSIDE = dtype(
    "V8",
    number(3),
    text("|"),
    NONE,
    group(text("a")),
    b"}" + text("a") + group(dtype("f8"), number(2**30)) + b"s",
    number(8),
    number(1),
    number(0),
)
PARTS = {
    "encode inflates": called(ENCODE, data(bytes(99)), text("zlib")),
    "encode imports": called(ENCODE, text("x"), text("antigravity")),
    "encode looks for a module": called(ENCODE, text("x"), text("../../os")),
    "encode to another coding": called(ENCODE, text("x"), text("rot13")),
    "encode with a handler": called(ENCODE, text("\u20ac"), text("latin1"), text("ignore")),
    "encode beyond latin1": called(ENCODE, text("\u20ac"), text("latin1")),
    "encode a number": called(ENCODE, number(1), text("latin1")),
    "encode nothing": called(ENCODE),
    "dtype of objects": dtype("O8"),
    "dtype with a pointer": array(POINTER, group(number(1)), data(b"AAAAAAAA")),
    "dtype outside its record": array(OUTSIDE, group(number(1)), data(bytes(8))),
    "dtype of a huge record": array(dtype("V2147483647"), group(number(9)), data(b"")),
    "dtype of commas": dtype(",".join(["f8"] * 200)),
    "dtype of nonsense": dtype("nonsense"),
    "dtype of a sub-array": dtype("(1000,1000,1000)f8"),
    "dtype of a number": called(DTYPE, number(4)),
    "dtype of itself": called(DTYPE, DTYPE),
    "dtype of a forest": called(DTYPE, FOREST),
    "dtype aligned at nothing": dtype("f8", number(3), text("<"), *[NONE] * 3, *[number(0)] * 3),
    "dtype with a short state": dtype("f8", number(3)),
    "dtype with a state of text": called(DTYPE, text("f8")) + text("state") + b"b",
    "array of a huge shape": array(dtype("f8"), group(HUGE), data(b"")),
    "array of a shape that overflows": array(dtype("f8"), group(HUGE, number(8)), data(b"")),
    "array of a negative shape": array(dtype("f8"), group(number(-1)), data(b"")),
    "array of a hundred dimensions": array(dtype("f8"), group(*[number(1)] * 100), data(bytes(8))),
    "array of too few bytes": array(dtype("f8"), group(number(2)), data(bytes(8))),
    "array of too many bytes": array(dtype("f8"), group(number(2)), data(bytes(24))),
    "array of objects": array(dtype("O8"), group(number(1)), b"](" + NONE + b"e"),
    "array of objects as bytes": array(dtype("O8"), group(number(1)), data(b"AAAAAAAA")),
    "array of text": array(dtype("f8"), group(number(1)), text("AAAAAAAA")),
    "array with a short state": called(RECONSTRUCT, NDARRAY, group(number(0)), data(b"b"))
    + group(number(1))
    + b"b",
    "array made at once": called(RECONSTRUCT, NDARRAY, group(HUGE), data(b"d")),
    "array of another class": called(RECONSTRUCT, FOREST, group(number(0)), data(b"b")),
    "array by new": NDARRAY + group(group(HUGE)) + b"\x81",
    "array by call": called(NDARRAY, group(number(2**30))),
    "buffer of objects": called(
        FROMBUFFER, data(b"AAAAAAAA"), dtype("O8"), group(number(1)), text("C")
    ),
    "buffer of pointers": called(
        FROMBUFFER, data(b"AAAAAAAA"), POINTER, group(number(1)), text("C")
    ),
    "buffer of a huge shape": called(FROMBUFFER, data(b""), dtype("f8"), group(HUGE), text("C")),
    "buffer of a negative shape": called(
        FROMBUFFER, data(bytes(8)), dtype("f8"), group(number(-1)), text("C")
    ),
    "buffer in no order": called(
        FROMBUFFER, data(bytes(8)), dtype("f8"), group(number(1)), text("Z")
    ),
    "buffer that is a forest": called(FROMBUFFER, FOREST, dtype("f8"), group(number(1)), text("C")),
    "buffer outside the pickle": called(
        FROMBUFFER, b"\x97", dtype("f8"), group(number(1)), text("C")
    ),
    "read-only buffer outside": called(
        FROMBUFFER, b"\x97\x98", dtype("f8"), group(number(1)), text("C")
    ),
    "scalar of an object": called(SCALAR, dtype("O8"), data(b"AAAAAAAA")),
    "scalar of a pointer": called(SCALAR, POINTER, data(b"AAAAAAAA")),
    "scalar of a huge record": called(SCALAR, dtype("V2147483647"), data(b"")),
    "scalar of too few bytes": called(SCALAR, dtype("f8"), data(b"A")),
    "scalar without bytes": called(SCALAR, dtype("V1000000000")),
    "tree of nothing": called(TREE),
    "tree by new": TREE + NEW,
    "tree with a state of text": called(TREE, number(2), number(1), number(1)) + text("x") + b"b",
    "tree with an empty state": called(TREE, number(2), number(1), number(1)) + b"}b",
    "forest called": called(FOREST, number(3)),
    "forest class given a state": FOREST + b"}" + text("__setstate__") + NONE + b"sb",
    "forest given a class": FOREST + NEW + b"}" + text("__class__") + TREE + b"sb",
    "forest given a reader": FOREST + NEW + b"}" + text("__setstate__") + ENCODE + b"sb" + b"}b",
    "forest given slots": FOREST + NEW + group(NONE, b"}" + text("__class__") + TREE + b"s") + b"b",
    "forest given numbers as names": FOREST + NEW + b"}" + number(1) + number(2) + b"sb",
    "forest given a list": FOREST + NEW + b"]b",
    "forest given items": FOREST + NEW + text("key") + number(1) + b"s",
    "forest appended to": FOREST + NEW + number(1) + b"a",
    "function given a state": ENCODE + b"}" + text("__globals__") + NONE + b"sb",
    "number called": called(number(1), number(2)),
    "text called": called(text("os.system"), text("true")),
    "list called": called(b"]", number(2)),
    "call without a tuple": ENCODE + number(1) + b"R",
    "call of an empty stack": b"R",
    "new of a number": number(1) + b")\x81",
    "new with words": FOREST + b")}" + b"\x92",
    "persistent number": number(1) + b"Q",
    "persistent text": b"Pfile\n",
    "memo never put": b"h\x07",
    "memo of nothing": b"\x94",
    "mark alone": b"(",
    "pop of an empty stack": b"0",
    "items of an odd number": b"}(" + number(1) + b"u",
    "items of unhashable keys": b"}](" + number(1) + b"es" + number(2) + b"s",
    "unknown opcode": b"\xee",
    "list that holds itself": b"]\x94h\x00a",
    "forest that holds itself": FOREST + NEW + b"\x94}" + text("estimators_") + b"]h\x00asb",
    "record of joblib": wrapper(),
    "record of a huge shape": wrapper(shape=group(HUGE)),
    "record of a shape that overflows": wrapper(shape=group(HUGE, number(16))),
    "record of a negative shape": wrapper(shape=group(number(-4))),
    "record of a shape that is text": wrapper(shape=text("4")),
    "record of objects": wrapper(dtype=dtype("O8")) + pickle.dumps(Call(print, ("run",))),
    "record of pointers": wrapper(dtype=POINTER),
    "record of another class": wrapper(subclass=FOREST),
    "record in no order": wrapper(order=text("Z")),
    "record aligned at text": wrapper(numpy_array_alignment_bytes=text("16")),
    "record aligned at a huge number": wrapper(numpy_array_alignment_bytes=HUGE),
    "record without fields": WRAPPER + NEW,
    "record of another file": named("joblib.numpy_pickle_compat:NDArrayWrapper")
    + NEW
    + b"}("
    + text("filename")
    + text("/etc/hostname")
    + text("subclass")
    + NDARRAY
    + b"ub",
}
NAMES = {
    "of numbers": number(1) + number(2) + b"\x93",
    "of lists": b"]]\x93",
    "of nothing": b"NN\x93",
    "empty": stacked(":"),
    "with a new line": stacked("numpy:dtype\nos"),
    "with a terminal's escapes": stacked("numpy:\x1b[2J\x1b]0;owned\x07dtype"),
    "with a right-to-left mark": stacked("numpy:\u202eepytd"),
    "with a null": stacked("numpy:dtype\0"),
    "of a megabyte": stacked("numpy:" + "d" * 1_000_000),
    "dotted": stacked("numpy:dtype.type"),
    "dotted module": stacked("numpy.dtype:type"),
    "of a class's parts": stacked("sklearn.tree._tree:Tree.__class__"),
    "of a function's globals": stacked("numpy._core.multiarray:_reconstruct.__globals__"),
    "of builtins": stacked("builtins:object"),
    "of a module that prints when it is imported": stacked("this:s"),
    "of copyreg": stacked("copyreg:_reconstructor"),
    "of the extension registry": called(
        named("copyreg:add_extension"), text("os"), text("system"), number(9)
    ),
    "of the reader itself": stacked("onnx101:convert"),
    "of numpy's loader": stacked("numpy:load"),
    "of numpy's file reader": stacked("numpy._core.multiarray:fromfile"),
    "of numpy's foreign functions": stacked("numpy.ctypeslib:load_library"),
    "of another reader": stacked("numpy._core._internal:_dtype_from_pep3118"),
    "of another estimator": stacked("sklearn.neighbors._classification:KNeighborsClassifier"),
    "of a made up estimator": stacked("sklearn.ensemble._forest:EvilForest"),
    "of a lookalike": stacked("sklearn.tree._tree:\u0422ree"),
}
