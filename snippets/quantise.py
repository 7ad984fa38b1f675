"""Eight bits instead of thirty-two: size and error of a network, and of a forest."""

import logging
import tempfile
from pathlib import Path

import flights
import network
import oracle
from onnxruntime.quantization import QuantType, quantize_dynamic


# region quantise
def quantise(model: Path, smaller: Path) -> None:
    """Weights become uint8 in the file; sums run in int32."""
    quantize_dynamic(model, smaller, weight_type=QuantType.QUInt8)


# endregion quantise


def main(argv: list[str] | None = None) -> None:
    logging.getLogger().setLevel(logging.ERROR)  # it recommends a preprocessing step in vain
    _, X, _, y = flights.split()
    print(f"{'':<22}{'bytes':>9}{'minutes off':>13}")
    with tempfile.TemporaryDirectory() as folder:
        smaller = Path(folder, "smaller.onnx")
        for name, model in {"network": network.MODEL, "forest": oracle.MODEL}.items():
            quantise(model, smaller)
            for what, path in {name: model, f"{name}, quantised": smaller}.items():
                size, error = path.stat().st_size, network.error(path, X, y)
                print(f"{what:<22}{size:>9,}{error:>13.2f}")


if __name__ == "__main__":
    main()
