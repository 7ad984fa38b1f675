"""Opens a pickle that is a program, and then hands it to a reader that runs nothing."""

import io
import pickle
import pickletools
import tempfile
import textwrap
from pathlib import Path

from onnx101 import ConversionError, convert


# region surprise
class Model:
    """Tells pickle how to rebuild it."""

    def __reduce__(self):
        return print, ("it ran unasked",)


# endregion surprise


def program(data: bytes) -> list[str]:
    """The opcodes of a pickle, without its bookkeeping."""
    books = {"PROTO", "FRAME", "MEMOIZE"}
    steps = pickletools.genops(io.BytesIO(data))
    return [f"{op.name:<16} {arg or ''}".rstrip() for op, arg, _ in steps if op.name not in books]


def refuse(data: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "model.pkl")
        source.write_bytes(data)
        try:
            convert(source, Path(folder, "model.onnx"))
        except ConversionError as error:
            return str(error)
    return "converted"


def main(argv: list[str] | None = None) -> None:
    data = pickle.dumps(Model(), protocol=4)
    print("what the file says")
    print(*(f"  {step}" for step in program(data)), sep="\n")
    print("\npickle.load\n  ", end="")
    pickle.loads(data)
    print("\nonnx101.convert")
    print(textwrap.indent(textwrap.fill(refuse(data), 40), "  "))


if __name__ == "__main__":
    main()
