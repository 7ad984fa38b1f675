"""A tensor is a type, a shape and its values in one dense block."""

import re
import textwrap

import numpy as np
from onnx import TensorProto, numpy_helper


def dense() -> tuple[np.ndarray, TensorProto]:
    """A view with a stride, int16 (3, 2), and the tensor it becomes."""
    # region dense
    table = np.arange(12, dtype=np.int16).reshape(3, 4)
    view = table[:, ::2]  # every second column, nothing copied
    tensor = numpy_helper.from_array(view)
    # endregion dense
    return view, tensor


FAMILIES = {
    "real": "FLOAT|BFLOAT|DOUBLE",
    "integer": "INT|UINT",
    "other": "BOOL|STRING|COMPLEX",
}


def element_types(family: str) -> list[str]:
    names = TensorProto.DataType.keys()
    return [name for name in names if re.match(FAMILIES[family], name)]


def main(argv: list[str] | None = None) -> None:
    view, tensor = dense()
    print(f"NumPy view   shape {view.shape}, strides {view.strides}")
    print(f"ONNX tensor  shape {tuple(tensor.dims)}, {len(tensor.raw_data)} bytes:")
    print(f"             {tensor.raw_data.hex(' ', 2)}\n")

    types = {family: element_types(family) for family in FAMILIES}
    print(f"{sum(map(len, types.values()))} element types")
    for family, names in types.items():
        print(
            textwrap.fill(
                " ".join(names), 60, initial_indent=f"{family:<9}", subsequent_indent=" " * 9
            )
        )


if __name__ == "__main__":
    main()
