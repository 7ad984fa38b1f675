"""The command line: `onnx101 convert SRC DST`."""

import argparse
import sys

from onnx101.convert import convert
from onnx101.errors import ConversionError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status is 2 where the input cannot be converted."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except ConversionError as error:
        print(f"onnx101: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="onnx101", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("convert", help="a pickled forest to an ONNX model")
    command.add_argument("src", metavar="SRC", help="a pickle or joblib file")
    command.add_argument("dst", metavar="DST", help="the model to write")
    command.add_argument("--dtype", choices=["double", "float"], default="double")
    command.set_defaults(run=_convert)
    return parser


def _convert(options: argparse.Namespace) -> int:
    report = convert(options.src, options.dst, options.dtype)
    print(
        f"{report.estimator}: {report.trees:,} trees, {report.nodes:,} nodes, "
        f"{report.bytes:,} bytes in {report.seconds:.1f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
