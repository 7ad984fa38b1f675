"""The command lines of the service and of scoring, with errors in one line."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from onnx101.errors import clean


def serve(description: str, argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("model", nargs="?", help="a file or s3://…; without one, a demonstration")
    parser.add_argument("--name", default="oracle", help="of the model, in addresses")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=port, default=8080, help="of REST; 0 is any that is free")
    parser.add_argument("--grpc-port", type=port, default=8081)
    parser.add_argument("--workers", type=count, default=1, help="processes, each with the model")
    return parser.parse_args(argv)


def score(description: str, argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    for place in ("model", "source", "target"):
        parser.add_argument(place, nargs="?", help="a path or s3://…")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--scheduler", metavar="tcp://…", help="of a Dask cluster")
    where.add_argument("--workers", type=count, help="processes here; without, threads of this one")
    options = parser.parse_args(argv)
    if options.model and not options.target:
        parser.error("name a model, a table and the folder for what it makes of it")
    return options


def port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)


def count(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) <= 1024):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 1024")
    return int(text)


@contextmanager
def in_one_line() -> Iterator[None]:
    """Report an error in one line and exit with status 2."""
    try:
        yield
    except OSError as error:
        refuse(f"{error.filename or ''} {error.strerror or error}")
    except ValueError as error:
        refuse(str(error))
    except KeyboardInterrupt:
        refuse("interrupted; what is written is whole, and the same command goes on from there")


def refuse(message: str) -> None:
    print(f"{sys.argv[0].rpartition('/')[2]}: {clean(' '.join(message.split()))}", file=sys.stderr)
    sys.exit(2)
