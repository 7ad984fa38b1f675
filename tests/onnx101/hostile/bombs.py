"""Small files that exhaust memory, time or the stack of a plain unpickler."""

import lzma
import pickle
import pickletools
import zlib
from functools import cache
from itertools import cycle

from sklearn.ensemble import BaggingRegressor, RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor

from hostile import (
    COMPRESS,
    PROTOCOL,
    STOP,
    called,
    data,
    forest,
    group,
    named,
    number,
    text,
    within_forest,
)

MB = 1 << 20
LONG = 2**31 - 1
FLOOD = 300  # blocks of 1 MB: keeping them all would exceed the memory limit
DEEP = 60_000  # far deeper than a recursive reader gets on a stack of 8 MB
# May be converted, within the limits: only the columns that its trees use are named.
CHEAP = ("a Bagging of 200 million columns",)


@cache
def cases() -> dict[str, bytes]:
    """Return every file by name."""
    found = {name: PROTOCOL[4] + part + STOP for name, part in PARTS.items()}
    found |= {f"{name}, in a forest": within_forest(part) for name, part in PARTS.items()}
    floods = dict(zip(FLOODS, cycle(COMPRESS)))  # one compression each, and zeros in all
    floods = [*floods.items(), *(("zeros in bytes", name) for name in COMPRESS)]
    for what, name in floods:
        found[f"{name} of {what}"] = flood(what, name)
    found["one zlib stream of zeros"] = one_stream(PROTOCOL[4] + size8("B8", 2**40), bytes(MB))
    found["xz that asks for 1.5 GB"] = dictionary_of(lzma.FORMAT_XZ)
    found["lzma that asks for 1.5 GB"] = dictionary_of(lzma.FORMAT_ALONE)
    found["zlib in zlib in zlib"] = nested()
    found["zeros behind zlib once a tree is open"] = one_stream(
        PROTOCOL[4] + OPEN_TREE + size8("B8", 2**30), bytes(MB)
    )
    found["a pickle in a pickle in a pickle"] = PROTOCOL[4] + RECORD * 3_000
    found["trees of one leaf"] = many_leaves(3_000)
    found["a Bagging of 200 million columns"] = bagging()
    found["a tree that claims 1.5 GB, protocol 4"] = claiming(4, pickle.BINBYTES, 4)
    found["a tree that claims 1.5 GB, protocol 5"] = claiming(5, pickle.BYTEARRAY8, 8)
    return found


def flood(what: str, name: str) -> bytes:
    """The FLOODS entry `what`, compressed by `name`, which allows several streams in a row."""
    head, repeated = FLOODS[what]
    compress = COMPRESS[name]
    block = repeated * (MB // len(repeated))
    return compress(PROTOCOL[4] + head) + compress(block) * FLOOD


def dearest() -> bytes:
    """A file that uses up the whole allowance of a small file before it is refused."""
    return flood("a memo", "bz2")


# joblib's record of an array of objects, pickled right after it; and a tree without a state.
RECORD = (
    named("joblib.numpy_pickle:NumpyArrayWrapper")
    + b")\x81}("
    + text("subclass")
    + named("numpy:ndarray")
    + text("shape")
    + group(number(1))
    + text("order")
    + text("C")
    + text("dtype")
    + called(named("numpy:dtype"), text("O8"), b"\x89", b"\x88")
    + b"ub"
)
OPEN_TREE = called(
    named("sklearn.tree._tree:Tree"),
    number(1),
    called(
        named("numpy._core.numeric:_frombuffer"),
        data((1).to_bytes(8, "little")),
        called(named("numpy:dtype"), text("i8"), b"\x89", b"\x88"),
        group(number(1)),
        text("C"),
    ),
    number(1),
)


def many_leaves(count: int) -> bytes:
    """Trees of one leaf each, all sharing the names and dtypes in the memo."""
    constant = RandomForestRegressor(2, random_state=0).fit([[0.0], [1.0]], [1.0, 1.0])
    nodes = constant.estimators_[0].tree_.__getstate__()["nodes"]
    layout = pickle.dumps(nodes.dtype, 2)[2:-1]
    puts = sum(op.name == "BINPUT" for op, _, _ in pickletools.genops(layout + b"."))
    called_ = {
        "buffer": named("numpy._core.numeric:_frombuffer"),
        "tree": named("sklearn.tree._tree:Tree"),
    }
    kept = {
        "layout": layout,
        "f8": F8,
        **called_,
        "widths": called(called_["buffer"], data(bytes([1, *[0] * 7])), I8, ONE, C),
        **{name: text(name) for name in ("node_count", "nodes", "values", "C")},
        "one": ONE,
        "leaf": group(b"K\x01", b"K\x01", b"K\x01"),
    }
    get = {name: bytes([104, puts + place]) for place, name in enumerate(kept)}
    node = called(get["buffer"], data(nodes.tobytes()), get["layout"], get["one"], get["C"])
    value = called(get["buffer"], data(bytes(8)), get["f8"], get["leaf"], get["C"])
    tree = called(get["tree"], b"K\x01", get["widths"], b"K\x01")
    tree += b"}(" + get["node_count"] + b"K\x01" + get["nodes"] + node
    tree += get["values"] + value + b"ub0"
    start = b"".join(part + b"\x940" for part in kept.values())
    return PROTOCOL[4] + start + tree * count


F8, I8 = (called(named("numpy:dtype"), text(kind), b"\x89", b"\x88") for kind in ("f8", "i8"))
ONE, C = group(b"K\x01"), text("C")


def bagging() -> bytes:
    model = BaggingRegressor(DecisionTreeRegressor(max_depth=1), 2).fit([[0.0], [1.0]], [0.0, 1.0])
    model.n_features_in_ = 2**27 - 1
    return pickle.dumps(model)


def size8(opcode: str, size: int) -> bytes:
    return {"B8": pickle.BINBYTES8, "X8": pickle.BINUNICODE8, "A8": pickle.BYTEARRAY8}[
        opcode
    ] + size.to_bytes(8, "little")


def doubled(opcodes: bytes, times: int) -> bytes:
    """Duplicate the top of the stack and apply `opcodes`, again and again."""
    return b")" + (b"2" + opcodes) * times


def one_stream(head: bytes, block: bytes) -> bytes:
    """One zlib stream of `head`, then `block` FLOOD times: full flushes make its bytes repeat."""
    squeeze = zlib.compressobj(9)
    start = squeeze.compress(head) + squeeze.flush(zlib.Z_FULL_FLUSH)
    squeeze.compress(b"")
    part = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    return start + part * FLOOD


def dictionary_of(kind: int) -> bytes:
    filters = [{"id": lzma.FILTER_LZMA1 if kind == lzma.FORMAT_ALONE else lzma.FILTER_LZMA2}]
    small = lzma.compress(pickle.dumps(forest()), format=kind, filters=filters)
    if kind == lzma.FORMAT_ALONE:  # properties byte, then the dictionary's size
        return small[:1] + (3 * 2**29).to_bytes(4, "little") + small[5:]
    header = bytearray(small[12:24])  # block header: sizes, flags, filter, size code, check
    header[4] = 39  # 3 * 2**30 bytes
    header[8:12] = zlib.crc32(bytes(header[:8])).to_bytes(4, "little")
    return small[:12] + bytes(header) + small[24:]


def claiming(protocol: int, opcode: bytes, width: int) -> bytes:
    """A forest whose first tree says that its nodes take 1.5 GB."""
    model = forest()
    true = model.estimators_[0].tree_.node_count * 64
    sizes = [opcode + size.to_bytes(width, "little") for size in (true, 3 * 2**29)]
    return pickle.dumps(model, protocol).replace(*sizes, 1)


def nested() -> bytes:
    content = pickle.dumps(forest())
    for _ in range(3):
        content = zlib.compress(content)
    return content


KEY = doubled(b"\x86", 60)  # a tuple of two, each a tuple of two, ...: 2^60 leaves in 180 bytes
FLOODS = {  # opcodes that open, opcodes repeated
    "zeros in bytes": (size8("B8", FLOOD * MB), bytes(1)),
    "zeros in a bytearray": (size8("A8", FLOOD * MB), bytes(1)),
    "zeros in a text": (size8("X8", FLOOD * MB), bytes(1)),
    "zeros in a frame": (pickle.FRAME + (FLOOD * MB).to_bytes(8, "little"), b"N0"),
    "zeros in a line": (pickle.INT, b"1"),
    "a name without end": (pickle.GLOBAL, b"a"),
    "a quoted text without end": (pickle.STRING + b"'", b"a"),
    "marks": (b"", b"("),
    "a memo": (b"N", b"\x94"),
    "numbers": (b"", number(123456789)),
    "one list, longer and longer": (b"]", b"Na"),
    "zeros in a long": (pickle.LONG4 + LONG.to_bytes(4, "little"), b"\x01"),
    "texts": (b"", b"\x8c\xff" + b"x" * 255),
    "trees": (
        named("sklearn.tree._tree:Tree") + b"\x94",
        b"h\x00" + group(number(1), number(1), number(1)) + b"R",
    ),
    "nothing, again and again": (b"", b"N0"),
}
PARTS = {
    "tuples of tuples": doubled(b"\x86", DEEP),
    "a key of tuples": b"}" + KEY + b"Ns",
    "a key of tuples, at once": b"}(" + KEY + b"Nu",
    "a frozen set of tuples": b"(" + KEY + b"\x91",
    "a set of tuples": b"\x8f(" + KEY + b"\x90",
    "a call with tuples": called(KEY, KEY),
    "a name of tuples": KEY + KEY + b"\x93",
    "a state of tuples": named("sklearn.ensemble._forest:RandomForestRegressor")
    + b")\x81"
    + KEY
    + b"b",
    "a shape of tuples": called(
        named("numpy._core.multiarray:_reconstruct"), named("numpy:ndarray"), KEY, data(b"b")
    ),
    "a dtype of tuples": called(named("numpy:dtype"), KEY),
    "an encoding of tuples": called(named("_codecs:encode"), KEY, text("latin1")),
    "a tree of tuples": called(named("sklearn.tree._tree:Tree"), KEY, KEY, KEY),
    "a persistent id of tuples": KEY + b"Q",
    "lists in lists": b"]" * DEEP + b"a" * (DEEP - 1),
    "dicts in dicts": b"}K\x01" * DEEP + b"N" + b"s" * DEEP,
    "tuples in tuples": b")" + b"\x85" * DEEP,
    "a key of deep tuples": b"})" + b"\x85" * DEEP + b"Ns",
    "marks in marks": b"(" * 500_000 + b"t" * 500_000,
    "a memo index of 4 billion": b"Nr\xff\xff\xff\xff",
    "a memo index of a trillion": b"Np1000000000000\n",
    "a memo index below zero": b"Np-1\n",
    "a number of a million digits": b"I" + b"9" * 1_000_000 + b"\n",
    "a long of a million digits": b"L" + b"9" * 1_000_000 + b"L\n",
    "a long of a million bytes": b"\x8b" + MB.to_bytes(4, "little") + b"\x7f" * MB,
    "a long that ends early": b"\x8b" + LONG.to_bytes(4, "little") + b"\x7f",
    "a long of negative size": b"\x8b" + (-1).to_bytes(4, "little", signed=True),
    "a float of a million digits": b"F" + b"9" * 1_000_000 + b"\n",
    "bytes that end early": size8("B8", 2**62) + b"x",
    "bytes of a size beyond all": size8("B8", 2**64 - 1) + b"x",
    "bytes of 4 GB that end early": pickle.BINBYTES + b"\xff" * 4 + b"x",
    "a text that ends early": size8("X8", 2**40) + b"x",
    "a bytearray that ends early": size8("A8", 2**40) + b"x",
    "a bytearray of 3 GB that ends early": size8("A8", 3 << 30) + b"x",
    "a frame that ends early": pickle.FRAME + (2**60).to_bytes(8, "little") + b"N",
    "a frame in a frame": (pickle.FRAME + (9).to_bytes(8, "little")) * 9,
    "a string of negative size": b"T" + (-5).to_bytes(4, "little", signed=True) + b"x",
}
