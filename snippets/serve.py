"""Serves a model over REST and gRPC, by the Open Inference Protocol."""

from functools import partial
from pathlib import Path

import flights
import httpx
from kserve import InferRequest, Model
from support import MODELS

from serving import command, server
from serving.load import copied
from serving.session import Session


# region model
class Served(Model):
    def __init__(self, name: str, model: Path):
        super().__init__(name)
        self.session = Session(model)
        self.ready = True

    async def predict(self, request: InferRequest, headers=None):
        results = await self.session.run(self.session.arrays(request))
        return self.session.response(request, self.name, results)

    # endregion model

    def get_input_types(self) -> list[dict]:
        return self.session.takes

    def get_output_types(self) -> list[dict]:
        return self.session.gives


def ask(served: str) -> None:
    """Print what the model at an address takes and gives, and what it says to one flight."""
    for side in ("inputs", "outputs"):
        print(side, *httpx.get(served).json()[side])
    places = flights.airports()
    flight = flights.features(places.loc[["JFK"]], places.loc[["SFO"]], hour=18.5, day=180)
    for X in (flight, flight[:, :6]):
        tensor = {"name": "X", "shape": X.shape, "datatype": "FP32", "data": X.tolist()}
        answer = httpx.post(f"{served}/infer", json={"inputs": [tensor]})
        said = answer.json()
        print(answer.status_code, said.get("error") or said["outputs"][0]["data"])


def main(argv: list[str] | None = None) -> None:
    args = command.serve(__doc__, argv)
    with command.in_one_line(), copied(args.model or str(MODELS / "oracle.onnx")) as model:
        load = partial(Served, args.name, model)
        if args.model:
            return server.run(load, args.host, args.port, args.grpc_port, args.workers)
        with server.serving(load) as (rest, _):
            ask(f"{rest}/v2/models/{args.name}")


if __name__ == "__main__":
    main()
