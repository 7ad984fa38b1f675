"""Scores a table of Parquet files with a model, on this machine or on a Dask cluster."""

from collections.abc import Iterator
from tempfile import TemporaryDirectory

import flights
import onnxruntime as ort
import pandas as pd
from distributed import Client, WorkerPlugin, as_completed, get_worker
from support import MODELS

from serving import command
from serving.part import Part
from serving.run import Run, dask_client, opened


# region session
class OneSession(WorkerPlugin):
    def __init__(self, model: str, digest: str):
        self.name, self.model, self.digest = "model", model, digest

    def setup(self, worker) -> None:
        self.session = opened(self.model, self.digest)


# endregion session


def score(part: Part) -> int | str:
    return part.write(get_worker().plugins["model"].session)


def scored(client: Client, run: Run) -> Iterator[int | str]:
    client.register_plugin(OneSession(run.model, run.digest))
    return (task.result() for task in as_completed(client.map(score, run.missing, pure=False)))


def example(folder: str) -> tuple[str, str, str]:
    """A model, a table of the flights that it has not seen, and a place for what it says."""
    rows = pd.DataFrame(flights.split()[1], columns=flights.FEATURES)
    rows.to_parquet(f"{folder}/flights.parquet", row_group_size=10_000)
    return str(MODELS / "oracle.onnx"), f"{folder}/flights.parquet", f"{folder}/minutes"


def main(argv: list[str] | None = None) -> None:
    args = command.score(__doc__, argv)
    with command.in_one_line(), TemporaryDirectory() as folder:
        places = (args.model, args.source, args.target) if args.model else example(folder)
        run = Run(*places, flights.FEATURES)
        with dask_client(args.scheduler, args.workers) as client:
            run.finish(scored(client, run))
        print(f"{run.rows:,} flights in {len(run.parts)} parts, {len(run.missing)} of them new")
        if not args.model:
            X, minutes = (pd.read_parquet(place).to_numpy() for place in places[1:])
            (alone,) = ort.InferenceSession(places[0]).run(None, {"X": X})
            print(f"equal to one session, every bit: {minutes.tobytes() == alone.tobytes()}")


if __name__ == "__main__":
    main()
