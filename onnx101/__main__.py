"""The command line: `onnx101 convert SRC DST`, `onnx101 verify SRC DST`, `onnx101 info FILE`."""

import argparse
import math
import os
import signal
import sys
from typing import TextIO

from onnx101 import atomic
from onnx101._convert import DTYPES, convert
from onnx101._info import info
from onnx101._verify import verify
from onnx101.errors import ConversionError, clean
from onnx101.provenance import VERSION


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 2 if it fails or is interrupted,
    1 if `verify` finds a difference."""
    try:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number and signal.getsignal(number) != signal.SIG_IGN:  # as nohup asks for
                signal.signal(number, _interrupt)
        if hasattr(sys.stdout, "reconfigure"):  # a terminal may not know every character of a name
            sys.stdout.reconfigure(errors="backslashreplace")
        options = _parser().parse_args(arguments)
        status = options.run(options)
        if sys.stdout:
            sys.stdout.flush()
        return status
    except ConversionError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return _refuse("interrupted: nothing was written")
    except MemoryError:
        return _refuse("there is not enough memory")
    except OSError as error:  # those of files are told by what reads or writes them
        _mute(sys.stdout)
        return _refuse(f"what was found cannot be printed: {error.strerror or error}")
    except Exception as error:  # status 1 is kept for a model that differs
        return _refuse(f"an error in onnx101 itself, {type(error).__name__}: {error}")


def _interrupt(number, frame):
    if not atomic.committed:
        raise KeyboardInterrupt


def _refuse(reason: str) -> int:
    if sys.stderr:
        try:
            print(f"onnx101: {clean(reason)}", file=sys.stderr, flush=True)
        except OSError:  # the status still says it
            _mute(sys.stderr)
    return 2


def _mute(stream: TextIO) -> None:
    """Throw away what is left to print: else Python ends with another status."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="onnx101", description="Forests of scikit-learn to ONNX.")
    parser.add_argument("--version", action="version", version=f"onnx101 {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("convert", help="a pickled forest to an ONNX model")
    command.add_argument(
        "src",
        metavar="SRC",
        help="a pickle, joblib or .skops file: path, s3://, gs://, az://, https://",
    )
    command.add_argument("dst", metavar="DST", help="the model to write")
    command.add_argument("--dtype", choices=DTYPES, default="double", help="double keeps every bit")
    command.add_argument("--dtype-in", choices=DTYPES, help="of X (as it must be)")
    command.add_argument(
        "--canonical", action="store_true", help="write a single unpacked proto, larger and slower"
    )
    command.add_argument(
        "--target", metavar="onnxruntime==1.15", help="a runtime older than 1.21, from 1.15 on"
    )
    command.add_argument(
        "--leaves", action="store_true", help="give out the leaf of each tree, too: apply(X)"
    )
    _add_key(command)
    command.set_defaults(run=_convert)
    command = commands.add_parser("verify", help="compare a model with what it was made from")
    command.add_argument("src", metavar="SRC", help="the pickle or joblib file")
    command.add_argument("dst", metavar="DST", help="the model made from it")
    command.add_argument("--rows", type=_positive, default=10_000, help="how many (%(default)s)")
    command.add_argument(
        "--seed", type=_natural, default=0, help="of the rows, 0 or more (%(default)s)"
    )
    _add_key(command)
    command.set_defaults(run=_verify)
    command = commands.add_parser("info", help="what is in a model or a pickle")
    command.add_argument("file", metavar="FILE", help="a model, a pickle or a joblib file")
    _add_key(command)
    command.set_defaults(run=_info)
    return parser


def _add_key(command: argparse.ArgumentParser) -> None:
    command.add_argument("--key", help="which estimator, where a dict or list holds several: a.0")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return number


def _convert(options: argparse.Namespace) -> int:
    report = convert(
        options.src,
        options.dst,
        options.dtype,
        dtype_in=options.dtype_in,
        canonical=options.canonical,
        progress=True,
        key=options.key,
        target=options.target,
        leaves=options.leaves,
    )
    print(
        f"{report.estimator}: {report.trees:,} trees, {report.nodes:,} nodes, "
        f"{report.bytes:,} bytes in {report.seconds:.1f} s"
    )
    return 0


def _verify(options: argparse.Namespace) -> int:
    found = verify(options.src, options.dst, options.rows, options.seed, options.key)
    equal = math.floor(found.equal * 10_000) / 100  # 100.00% only if every row is equal
    print(
        f"{found.rows:,} rows, {equal:.2f}% equal in every bit; largest difference "
        f"{found.absolute:.2g}, relative {found.relative:.2g}; allowed {found.allowed:.2g}"
    )
    if found.labels < 1:
        print(f"{1 - found.labels:.2%} of the rows have another label or leaf")
    return 0 if found.passed else 1


def _info(options: argparse.Namespace) -> int:
    found = info(options.file, options.key)
    origin = dict(found.origin)
    versions = found.versions | {key: origin.pop(key) for key in ("scikit-learn",) if key in origin}
    bare = found.estimator and (found.holds or "").endswith(f".{found.estimator}")
    if bare or found.holds == origin.get("class"):
        origin.pop("class", None)
    facts = {
        "file": f"{found.kind} of {found.bytes:,} bytes",
        "estimator": found.estimator,
        "trees": found.trees and f"{found.trees:,}",
        "nodes": found.nodes and f"{found.nodes:,}",
        "features": found.features,
        "dtype": found.dtype,
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "holds": None if bare else found.holds,
        "refused": found.refused,
        **origin,
    }
    for name, fact in facts.items():
        if fact:
            print(f"{clean(name, 60):<13} {clean(str(fact))}")
    for name, size in sorted(found.parts.items(), key=lambda part: -part[1]):
        print(f"{size:>14,} {size / found.bytes:6.1%}  {clean(name, 60)}")
    for name, count in ({} if bare else found.objects).items():
        print(f"{count:>14,}  {clean(name, 100)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
