"""Counts the bytes read from a file, and computes their SHA-256 on the way."""

import hashlib
import threading
from queue import Queue

# The size of a piece, and how many may be queued.
_PIECE, _WAITING = 2**20, 8
# A pickle may end before its file: up to this much of the rest is read; beyond it, there is no sum.
_MOST_BEHIND = 2**26


class Counted:
    """A raw file that counts the bytes read from it. `size` is that of the file, 0 for a pipe."""

    size = position = 0
    _digest: "Digest | None" = None
    _sum: str | None = ""

    def begin_digest(self) -> None:
        """From now on, add what is read to the SHA-256; nothing has been read yet."""
        self._digest = Digest(self.size)

    def count(self, buffer, read: int) -> int:
        """Count the first `read` bytes of the buffer."""
        self.position += read
        if self._digest:
            self._digest.update(memoryview(buffer)[:read])
        return read

    def out_of_order(self) -> None:
        """What is read from now on does not follow what was read."""
        if self._digest:
            self.end_digest()
            self._digest = None

    def end_digest(self) -> None:
        """Stop the thread."""
        if self._digest:
            self._digest.end()

    def sha256(self) -> str | None:
        """The sum of the whole file, whose rest is read here; None where that would be too much.

        A file that was not read in order is read again.
        """
        if self._sum == "":  # not requested yet
            most = _MOST_BEHIND
            if self._digest is None:
                self.rewind()
                self.begin_digest()
                most = self.size
            digest, buffer, behind = self._digest, bytearray(_PIECE), 0
            while digest.left and behind <= most and (read := self.readinto(buffer)):
                behind += read
            self._sum, self._digest = digest.hexdigest(), None
            if behind > most and digest.left:
                self._sum = None
        return self._sum


class Digest:
    """Takes the bytes of a file as they come; a thread of its own hashes them.

    left: how many are still to come, where the size is known: what is appended does not count.
    """

    def __init__(self, size: int):
        self.left = size or float("inf")
        self._sha256, self._waiting = hashlib.sha256(), Queue(_WAITING)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def update(self, data: memoryview) -> None:
        """Add the next bytes; copied, because the reader reuses its buffer."""
        data = data[: int(min(self.left, len(data)))]
        self.left -= len(data)
        for start in range(0, len(data), _PIECE):
            self._waiting.put(bytes(data[start : start + _PIECE]))

    def hexdigest(self) -> str:
        """The digest of everything added, in hexadecimal."""
        self.end()
        self._thread.join()
        return self._sha256.hexdigest()

    def end(self) -> None:
        """No more bytes will come."""
        self._waiting.put(None)

    def _work(self):
        while (piece := self._waiting.get()) is not None:
            self._sha256.update(piece)
