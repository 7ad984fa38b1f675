"""The command line: `onnx101 convert SRC DST`, `onnx101 verify SRC DST`, `onnx101 info FILE`."""

import argparse
import signal
import sys

from onnx101 import atomic
from onnx101.convert import DTYPES, convert
from onnx101.errors import ConversionError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status is 2 where it cannot be done or was interrupted."""
    try:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):  # Windows has no SIGHUP
                signal.signal(getattr(signal, name), _interrupt)
        options = _parser().parse_args(arguments)
        return options.run(options)
    except ConversionError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return _refuse("interrupted: nothing was written")


def _interrupt(number, frame):
    if not atomic.committed:
        raise KeyboardInterrupt


def _refuse(reason: str) -> int:
    line = "".join(letter if letter.isprintable() else "?" for letter in reason)
    print(f"onnx101: {line[:400]}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="onnx101", description="Forests of scikit-learn to ONNX.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("convert", help="a pickled forest to an ONNX model")
    command.add_argument(
        "src", metavar="SRC", help="a pickle or joblib file: path, s3://, gs://, az://"
    )
    command.add_argument("dst", metavar="DST", help="the model to write")
    command.add_argument("--dtype", choices=DTYPES, default="double", help="double keeps every bit")
    command.add_argument(
        "--canonical", action="store_true", help="write a single unpacked proto, larger and slower"
    )
    command.set_defaults(run=_convert)
    return parser


def _convert(options: argparse.Namespace) -> int:
    report = convert(
        options.src, options.dst, options.dtype, canonical=options.canonical, progress=True
    )
    print(
        f"{report.estimator}: {report.trees:,} trees, {report.nodes:,} nodes, "
        f"{report.bytes:,} bytes in {report.seconds:.1f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
