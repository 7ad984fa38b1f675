"""The values of leaves: rows of a table that many trees share."""

from dataclasses import dataclass, replace

import numpy as np

# The most rows that float32 can number exactly.
MAX_ROWS = 2**24
# A multiplier that spreads keys: 2**64 by the golden ratio.
_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Rows:
    """Rows of a table, [k, width]; where each is zero but for one number, only that is kept.

    numbers: float64 [k], in `columns` [k]; or [k, width], and `columns` is None.
    """

    width: int
    numbers: np.ndarray
    columns: np.ndarray | None

    @classmethod
    def of(cls, rows: np.ndarray) -> "Rows":
        width = rows.shape[1]
        used = rows.view(np.uint64) != 0  # so that -0.0 is kept
        if (used.sum(axis=1) > 1).any():
            return cls(width, rows, None)
        columns = used.argmax(axis=1)
        return cls(width, rows[np.arange(len(rows)), columns], columns.astype(np.int32))

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def dense(self) -> np.ndarray:
        """All of them, float64 [k, width]."""
        if self.columns is None:
            return self.numbers
        rows = np.zeros((len(self), self.width))
        rows[np.arange(len(self)), self.columns] = self.numbers
        return rows

    @property
    def one_hot(self) -> bool:
        """Whether each is a 1 among zeros."""
        return self.columns is not None and bool((self.numbers == 1).all())

    def scaled(self, factor: float) -> "Rows":
        return replace(self, numbers=self.numbers * factor)

    def added_to(self, baseline: np.ndarray) -> "Rows":
        """The sums of `baseline` [width] and each row."""
        if baseline.any():
            return Rows.of(baseline + self.dense)
        return replace(self, numbers=0.0 + self.numbers)  # -0.0 becomes 0.0, as in a sum


def distinct(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different rows of `rows` [n, width], the most frequent first, and where each row went.

    Rows are compared bit by bit, by a 64-bit hash where they are wider than one number.
    """
    bits = np.ascontiguousarray(rows).view(f"u{rows.itemsize}")
    odd = np.random.default_rng(0).integers(2**63, size=bits.shape[1], dtype=np.uint64) * 2 + 1
    keys = bits[:, 0] if bits.shape[1] == 1 else (bits ^ bits >> 29) @ odd
    code, count = _numbered(keys)
    rank = np.empty(count.size, dtype=np.int32)
    rank[np.argsort(-count, kind="stable")] = np.arange(count.size)
    code = rank[code]
    sample = np.empty(count.size, dtype=np.int64)
    sample[code] = np.arange(len(rows))
    if bits.shape[1] > 1 and not np.array_equal(bits[sample[code]], bits):  # a collision of hashes
        return rows, np.arange(len(rows), dtype=np.int32)
    return rows[sample], code


def _numbered(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place of each of `keys`, uint64 [n], among the different ones in order; their counts.

    Most leaves repeat a value: where a hash table finds the like of nearly all, only the different
    ones are sorted.
    """
    place, bits = np.arange(keys.size), keys.size.bit_length() + 1
    slot = (keys * _ODD >> np.uint64(64 - bits)).view(np.int64)
    table = np.empty(1 << bits, dtype=np.int64)
    table[slot] = place
    like = table.take(slot)
    lost = np.flatnonzero(keys.take(like) != keys)  # another key has its slot
    if lost.size > keys.size >> 5:
        _, code, count = np.unique(keys, return_inverse=True, return_counts=True)
        return code, count
    _, first, again = np.unique(keys[lost], return_index=True, return_inverse=True)
    like[lost] = lost[first][again]
    different = np.flatnonzero(like == place)
    code = np.empty(keys.size, dtype=np.int64)
    code[different[keys[different].argsort()]] = np.arange(different.size)
    code = code.take(like)
    return code, np.bincount(code)
