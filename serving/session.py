"""Runs a model without blocking the event loop."""

import asyncio
from pathlib import Path
from time import perf_counter

import numpy as np
from kserve import InferRequest, InferResponse

from serving import signature
from serving.load import one_thread

AT_ONCE = 0.001  # seconds; handing it to a thread costs a tenth of that


class Session:
    """A single-threaded session: requests run in parallel, the rows of one do not.

    `takes` and `gives` are its inputs and outputs in the protocol's terms. Raises ValueError where
    onnxruntime does not run the file, or the protocol has no such tensors.
    """

    def __init__(self, model: Path):
        self._session = one_thread(model)
        self.takes = signature.tensors(self._session.get_inputs())
        self.gives = signature.tensors(self._session.get_outputs())
        self._pace = float("inf")  # seconds a row, at best

    def arrays(self, request: InferRequest) -> dict[str, np.ndarray]:
        """The request's tensors by name. Raises InvalidInput where they are not the model's."""
        return signature.arrays(request, self.takes)

    def response(self, request: InferRequest, name: str, results: list) -> InferResponse:
        """The response of model `name`: the results of `run` in the protocol's terms."""
        return signature.response(request, name, self.gives, results)

    async def run(self, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """All outputs; computed in a thread where it would block the event loop for long."""
        rows = max((len(array) for array in inputs.values() if array.ndim), default=1)
        if rows * self._pace < AT_ONCE:
            return self._timed(inputs, rows)
        return await asyncio.to_thread(self._timed, inputs, rows)

    def _timed(self, inputs: dict[str, np.ndarray], rows: int) -> list[np.ndarray]:
        start = perf_counter()
        results = self._session.run(None, inputs)
        self._pace = min(self._pace, (perf_counter() - start) / max(rows, 1))
        return results
