"""The element types against ml_dtypes and onnx's schema, the tensor against struct."""

import struct

import ml_dtypes
import numpy as np
import pytest
import tensors
from onnx import TensorProto, helper

NUMBERS = {family: tensors.element_types(family) for family in tensors.FAMILIES}


def test_every_type_but_undefined_is_in_one_family():
    listed = [name for names in NUMBERS.values() for name in names]
    schema = TensorProto.DESCRIPTOR.enum_types_by_name["DataType"].values_by_name
    assert sorted(listed) == sorted(set(schema) - {"UNDEFINED"})


@pytest.mark.parametrize("name", NUMBERS["real"])
def test_a_real_type_has_a_smallest_step(name):
    assert ml_dtypes.finfo(helper.tensor_dtype_to_np_dtype(TensorProto.DataType.Value(name))).eps


@pytest.mark.parametrize("name", NUMBERS["integer"])
def test_an_integer_type_has_a_largest_number(name):
    assert ml_dtypes.iinfo(helper.tensor_dtype_to_np_dtype(TensorProto.DataType.Value(name))).max


def test_a_view_becomes_one_dense_block():
    view, tensor = tensors.dense()
    assert view.base is not None
    assert not view.flags.c_contiguous
    assert view.strides == (4 * 2, 2 * 2)  # four int16 to the next row, two to the next value
    assert tensor.dims == [3, 2]
    assert tensor.raw_data == struct.pack("<6h", 0, 2, 4, 6, 8, 10)
    np.testing.assert_array_equal(np.frombuffer(tensor.raw_data, "<i2").reshape(3, 2), view)


def test_what_is_printed_names_every_type(capsys):
    tensors.main([])
    words = capsys.readouterr().out.split()
    assert "28" in words
    assert set(words) >= {name for names in NUMBERS.values() for name in names}
