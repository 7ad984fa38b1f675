"""A scoring run: skips the parts that an earlier run wrote, and has Dask score the rest."""

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import cloudpickle
import dask
import onnxruntime as ort
import pyarrow as pa
import pyarrow.parquet as pq
from distributed import Client, KilledWorker, LocalCluster
from tqdm import tqdm

import serving
from serving.load import copied, one_thread
from serving.part import Part
from serving.table import Table

RUN, DONE = "_run.json", "_SUCCESS"
FOOTERS = 16  # read at once
PATIENCE = 10  # seconds for a scheduler to answer


class Run:
    """The scoring of `source` into `target` with the model at an address.

    `parts` are all there are, `missing` those that no earlier run has written. Raises ValueError or
    OSError, before anything is written, where it cannot be done.
    """

    def __init__(self, model: str, source: str, target: str, columns: Sequence[str]):
        self.model = model if "://" in model else os.path.abspath(model)
        read, self.target = Table(source), Table(target)
        files = read.files()
        if not files:
            raise ValueError(f"{source} holds no Parquet file")
        with copied(model) as copy:
            self.digest = digest_of(copy)
            takes = [(node.type, node.shape[1:]) for node in one_thread(copy).get_inputs()]
        if takes != [("tensor(float)", [len(columns)])]:
            raise ValueError(f"{model} takes {takes}, not {len(columns)} columns of float32")
        listed = partial(parts, read, self.target, tuple(columns))
        with ThreadPoolExecutor(FOOTERS) as pool:
            found = pool.map(listed, range(len(files)), [file.path for file in files])
            self.parts = [part for each in found for part in each]
        identity = {
            "model": self.digest,
            "columns": list(columns),
            "files": [[file.path, file.size, file.mtime_ns] for file in files],
        }
        written = self._begun(json.dumps(identity).encode())
        self.missing = [part for part in self.parts if part.name not in written]

    def _begun(self, identity: bytes) -> set[str]:
        """The names of the parts already written."""
        self.target.make()
        names = {file.base_name for file in self.target.files()}
        before = self.target.read(RUN)
        if before != identity and (before or names):
            raise ValueError(
                f"{self.target.address} holds another table, or a run of another model, or of "
                "files that have changed; name an empty folder"
            )
        self.target.write(RUN, identity)
        return names

    def finish(self, written: Iterable[int | str]) -> None:
        """Collect the row count, or the error, of each part as it is written."""
        done = self.rows - sum(part.rows for part in self.missing)
        bar = {"unit": "row", "unit_scale": True, "disable": None}
        try:
            with tqdm(total=self.rows, initial=done, **bar) as progress:
                for rows in written:
                    if isinstance(rows, str):
                        raise ValueError(rows)
                    progress.update(rows)
        except (KilledWorker, CancelledError) as error:
            why = "workers died of one part, again and again" if error.args else "Dask went away"
            raise ValueError(f"{why}; mend that, and the same command goes on") from None
        self.target.write(DONE, b"")

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)


def parts(source: Table, target: Table, columns: tuple[str, ...], number: int, path: str) -> list:
    """The parts that file `number` becomes. Raises ValueError where it is not Parquet."""
    try:
        with source.fs.open_input_file(path) as file:
            groups = pq.ParquetFile(file).metadata
            rows = [groups.row_group(group).num_rows for group in range(groups.num_row_groups)]
    except (ValueError, OSError, pa.ArrowException) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    return [
        Part(source, path, group, rows, columns, target, f"part-{number:05}-{group:05}.parquet")
        for group, rows in enumerate(rows)
    ]


@contextmanager
def dask_client(scheduler: str | None, workers: int | None) -> Iterator[Client]:
    """A client of a scheduler, of `workers` new processes, or of the threads of this process."""
    quiet = ("distributed", *(f"distributed.{part}" for part in ("client", "nanny", "scheduler")))
    for logger in quiet:  # errors are reported once, by us
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    # Workers fork from a process that has imported Dask, so that they start and restart at once.
    method = "forkserver" if hasattr(os, "fork") else "spawn"
    settings = {"distributed.worker.multiprocessing-method": method}
    dask.config.set(settings | {"logging": dict.fromkeys(quiet, "critical")})
    cloudpickle.register_pickle_by_value(serving)  # remote workers may not have it
    if scheduler:
        with Client(scheduler, timeout=PATIENCE) as client:
            yield client
        return
    shape = {"n_workers": workers or 1, "threads_per_worker": max(1, cores() // (workers or 1))}
    here = LocalCluster(processes=bool(workers), dashboard_address=None, **shape)
    with here, Client(here) as client:
        yield client


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def opened(model: str, digest: str) -> ort.InferenceSession | str:
    """A session of the model that the run began with, or the reason: Dask would keep waiting."""
    try:
        with copied(model) as copy:
            if digest_of(copy) != digest:
                raise ValueError("it has changed since the run began; name an empty folder")
            return one_thread(copy)
    except ValueError as error:
        return f"{model}: {error}"


def digest_of(model: Path) -> str:
    with model.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
