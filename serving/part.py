"""One row group of a table, and the file with its predictions, written atomically."""

import io
from dataclasses import dataclass

import numpy as np
import onnxruntime as ort
import pyarrow as pa
import pyarrow.parquet as pq

from serving.table import Table

ROWS = 65_536  # scored at once


@dataclass(frozen=True)
class Part:
    """Row group `group` of the file at `path` in `source`, scored into `name` in `target`."""

    source: Table
    path: str
    group: int
    rows: int
    columns: tuple[str, ...]
    target: Table
    name: str

    def write(self, session: ort.InferenceSession | str) -> int | str:
        """Score and write it; return the number of rows, or one line saying what is wrong."""
        if isinstance(session, str):
            return session
        if self.target.has(self.name):  # a worker wrote it and died before reporting it
            return self.rows
        try:
            with self.source.fs.open_input_file(self.path) as file:
                batches = pq.ParquetFile(file).iter_batches(ROWS, row_groups=[self.group])
                scored = pa.Table.from_batches([self.scored(batch, session) for batch in batches])
            content = io.BytesIO()
            pq.write_table(scored, content)
            self.target.write(self.name, content.getvalue())
        except (ValueError, OSError, pa.ArrowException) as error:
            return f"{self.path}, row group {self.group}: {' '.join(str(error).split())}"
        return self.rows

    def scored(self, batch: pa.RecordBatch, session: ort.InferenceSession) -> pa.RecordBatch:
        """The columns that the model does not take, then its outputs."""
        X = np.column_stack([numbers(batch, column) for column in self.columns])
        results = session.run(None, {session.get_inputs()[0].name: X})
        kept = {name: batch[name] for name in batch.schema.names if name not in self.columns}
        for node, result in zip(session.get_outputs(), results, strict=True):
            flat = result.reshape(len(X), -1).T
            one = len(flat) == 1
            named = {node.name if one else f"{node.name}_{i}": flat[i] for i in range(len(flat))}
            if taken := named.keys() & kept.keys():
                raise ValueError(f"column {min(taken)} has the name of an output of the model")
            kept |= {name: pa.array(column) for name, column in named.items()}
        return pa.RecordBatch.from_pydict(kept)


def numbers(batch: pa.RecordBatch, column: str) -> np.ndarray:
    """A column as float32. Raises ValueError if it is not numeric."""
    if column not in batch.schema.names:
        raise ValueError(f"there is no column {column}, which the model takes")
    kind = batch.schema.field(column).type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise ValueError(f"column {column} is {kind}; the model takes numbers")
    with np.errstate(over="ignore"):
        found = batch[column].to_numpy(zero_copy_only=False).astype(np.float32)
    if not (finite := np.isfinite(found)).all():
        raise ValueError(f"{(~finite).sum():,} numbers of {column} are missing, NaN or too large")
    return found
