"""Reads an object of S3, Google Cloud Storage or Azure in ranges, and resumes a cut connection.

Needs `obstore`. Credentials come from the usual environment variables, for Azure the account too:
an address is s3://bucket/key, gs://bucket/key or az://container/key.
"""

import io
import time
from datetime import timedelta

from onnx101.errors import ConversionError

SCHEMES = ("s3", "gs", "az")
_RANGE = 2**23
_ATTEMPTS, _PAUSE = 5, 0.1  # the pause, in seconds, doubles


class RangeReader(io.RawIOBase):
    """The object at `address` as a file; each read is at most one request of 8 MiB.

    All requests must meet the same version of the object. Raises ConversionError where the store
    refuses, or cannot be reached again.
    """

    def __init__(self, address: str):
        try:
            import obstore
            from obstore import exceptions
            from obstore.store import from_url
        except ImportError:
            raise ConversionError(
                f"{address}: reading from a store needs obstore: pip install 'onnx101[store]'"
            ) from None
        self._get, self._address, self.position = obstore.get, address, 0
        self._final = (
            exceptions.NotFoundError,
            exceptions.PermissionDeniedError,
            exceptions.UnauthenticatedError,
            exceptions.PreconditionError,
            exceptions.InvalidPathError,
        )
        scheme, _, rest = address.partition("://")
        bucket, _, self._key = rest.partition("/")
        try:
            self._store = from_url(
                f"{scheme}://{bucket}",
                retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=20)},
            )
        except (exceptions.BaseError, ValueError) as error:
            raise self._failure(error) from None
        meta = self._attempt(lambda: obstore.head(self._store, self._key))
        self.size, self._etag = meta["size"], meta["e_tag"]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        end = min(self.position + min(len(buffer), _RANGE), self.size)
        if end == self.position:
            return 0
        options = {"range": (self.position, end), "if_match": self._etag}
        data = self._attempt(
            lambda: memoryview(self._get(self._store, self._key, options=options).bytes())
        )
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)

    def _attempt(self, request):
        for attempt in range(_ATTEMPTS):
            try:
                return request()
            except self._final as error:
                raise self._failure(error) from None
            except Exception as error:  # cut, reset, timed out: obstore has no class of its own
                failure = self._failure(error)
            time.sleep(_PAUSE * 2**attempt)
        raise failure

    def _failure(self, error: Exception) -> ConversionError:
        why = " ".join(str(error).partition("Debug source:")[0].split())
        return ConversionError(f"{self._address} cannot be read: {type(error).__name__}: {why}")
