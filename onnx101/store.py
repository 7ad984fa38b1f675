"""Reads an object from S3, Google Cloud Storage, Azure or the web in ranges, and resumes.

Needs `obstore`. Credentials come from the usual environment variables, for Azure the account too:
an address is s3://bucket/key, gs://bucket/key, az://container/key or https://host/path.
"""

import io
import os
import threading
import time
from collections import deque
from concurrent.futures import Future
from datetime import timedelta
from urllib.parse import unquote

from onnx101.digest import Counted
from onnx101.errors import ConversionError

SCHEMES = ("s3", "gs", "az", "https", "http")
# The only hosts for plain HTTP: on the way to others, anybody could change the file.
_HERE = ("127.0.0.1", "localhost", "[::1]")
# One connection rarely fills the link: this many ranges, of this many bytes, run in parallel.
_AHEAD, _RANGE = 4, 2**21
# Seconds for a range, all attempts included: 70 KB a second is fast enough.
_PATIENCE = 30
# Environment variables that allow plain HTTP; explicit options replace the environment's.
_PLAIN = ("AWS_ALLOW_HTTP", "AZURE_ALLOW_HTTP", "GOOGLE_ALLOW_HTTP")
_ATTEMPTS, _PAUSE = 5, 0.1  # the pause, in seconds, doubles
_LONGEST = 1_000  # of what a store says about an error, in characters


class RangeReader(Counted, io.RawIOBase):
    """The object at `address` as a file of `size` bytes, read up to `position`.

    All ranges must be of the same version of the object. Raises ConversionError where the store
    refuses, or cannot be reached again.
    """

    stat = None  # no local file

    def __init__(self, address: str):
        self._coming = deque()
        self._here = memoryview(b"")
        self._asked = 0
        try:
            import obstore
            from obstore import exceptions
            from obstore.store import HTTPStore, from_url
        except ImportError:
            raise ConversionError(
                f"{address}: reading from a store needs obstore: pip install 'onnx101[store]'"
            ) from None
        self._obstore, self._address = obstore, address
        self._final = (
            FileNotFoundError,  # what obstore makes of its NotFoundError
            exceptions.NotFoundError,
            exceptions.PermissionDeniedError,
            exceptions.UnauthenticatedError,
            exceptions.PreconditionError,
            exceptions.InvalidPathError,
        )
        scheme, _, rest = address.partition("://")
        bucket, _, self._key = rest.partition("/")
        open_store = from_url
        if scheme in ("http", "https"):
            open_store, self._key = HTTPStore.from_url, unquote(self._key)
            _check_web(address, scheme, bucket)
        patience = timedelta(seconds=_PATIENCE)
        retries = {"max_retries": 2, "retry_timeout": patience}
        try:
            self._store = open_store(
                f"{scheme}://{bucket}",
                retry_config=retries,
                client_options={
                    "timeout": patience,
                    "connect_timeout": patience / 3,
                    "allow_http": scheme == "http"
                    or any(os.environ.get(name) == "true" for name in _PLAIN),
                },
            )
        except (exceptions.BaseError, ValueError) as error:
            raise self._failure(error) from None
        meta = self._attempt(lambda: obstore.head(self._store, self._key))
        self.size, self._meta = meta["size"], meta
        tag = meta["e_tag"] or "W/"  # a weak one matches nothing
        same = {
            "if_match": None if tag.startswith("W/") else tag,
            "if_unmodified_since": meta["last_modified"],
        }
        # a store may not know one of these
        self._same = dict([next((item for item in same.items() if item[1]), ("version", None))])

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while self._asked < self.size and len(self._coming) < _AHEAD:
            end = min(self._asked + _RANGE, self.size)
            self._coming.append(_begun(self._fetch, self._asked, end))
            self._asked = end
        if not self._here and self._coming:
            self._here = self._coming.popleft().result()
        read = min(len(buffer), len(self._here))
        buffer[:read] = self._here[:read]
        self._here = self._here[read:]
        return self.count(buffer, read)

    once = False

    def rewind(self) -> None:
        """Go back to the beginning of the same version."""
        self.out_of_order()
        for coming in self._coming:
            coming.cancel()
        self._coming.clear()
        self._here, self.position, self._asked = memoryview(b""), 0, 0

    def close(self) -> None:
        self.end_digest()
        super().close()

    def _fetch(self, start: int, end: int) -> memoryview:
        options = {"range": (start, end), **self._same}

        def get():
            data = bytearray()
            answer = self._obstore.get(self._store, self._key, options=options)
            if not _of_one_version(answer.meta, self._meta):  # a store may ignore the condition
                raise ConversionError(f"{self._address} changed while it was read: try again")
            for piece in answer.stream(_RANGE):
                data += memoryview(piece)
                if len(data) > end - start:
                    break  # whatever else is sent
            if len(data) != end - start:
                raise EOFError("the store sent another number of bytes than was asked for")
            return data

        return memoryview(self._attempt(get))

    def _attempt(self, request):
        until = time.monotonic() + _PATIENCE
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(_PAUSE * 2 ** (attempt - 1))
            try:
                return request()
            except ConversionError:
                raise
            except self._final as error:
                raise self._failure(error) from None
            except Exception as error:  # cut, reset, timed out: obstore has no class for these
                failure = self._failure(error)
            if time.monotonic() > until:
                break
        raise failure

    def _failure(self, error: Exception) -> ConversionError:
        # The client has read the whole page of an error, however long, and puts it here, twice.
        why = " ".join(str(error)[:_LONGEST].partition("Debug source:")[0].split())
        return ConversionError(f"{self._address} cannot be read: {type(error).__name__}: {why}")


def _of_one_version(one: dict, other: dict) -> bool:
    """Whether two answers are about the same version, by their tags or else their times."""
    tags = [(meta["e_tag"] or "").removeprefix("W/") for meta in (one, other)]
    same = tags[0] == tags[1] if all(tags) else one["last_modified"] == other["last_modified"]
    return same and one["size"] == other["size"]


def _check_web(address: str, scheme: str, host: str) -> None:
    """Raise ConversionError for an address that must not be requested."""
    if "?" in address or "#" in address or "@" in host:
        raise ConversionError("give an address of the web without ?, # and @: else download it")
    if scheme == "http" and host.rpartition(":")[0] not in _HERE and host not in _HERE:
        raise ConversionError(f"{address}: use https, as anybody on the way could change the file")


def _begun(action, *arguments) -> Future:
    """The future result of `action`, in a thread that an interrupted command does not wait for."""
    future = Future()

    def run():
        try:
            future.set_result(action(*arguments))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
