"""The bytes of a model against protobuf's own sizes, and the file encoded without a field."""

import onnx
import protobuf_bytes
import pytest
from support.protobuf import varint


def varint_size(number):
    return max(1, -(-number.bit_length() // 7))


@pytest.fixture(scope="module")
def model():
    return protobuf_bytes.forest()


@pytest.fixture(scope="module")
def sizes(model):
    return protobuf_bytes.weigh(model)


def test_the_parts_are_the_file(model, sizes, tmp_path):
    path = tmp_path / "forest.onnx"
    onnx.save(onnx.load_from_string(model), path)
    assert sum(sizes.values()) == path.stat().st_size


def test_an_attribute_is_what_protobuf_says_it_is(model, sizes):
    nodes = onnx.load_from_string(model).graph.node
    attributes = [each for node in nodes for each in node.attribute]
    expected = {
        each.name: 1 + varint_size(each.ByteSize()) + each.ByteSize()  # tag, length, content
        for each in attributes
    }
    assert len(expected) == len(attributes)
    assert {name: size for name, size in sizes.items() if name != "all else"} == expected


def test_a_file_without_an_attribute_is_shorter_by_it(model, sizes):
    def encoded(proto):
        """Bytes of the file without the length prefixes of graph and node, which shrink as well."""
        (node,) = proto.graph.node
        return (
            len(proto.SerializeToString())
            - varint_size(proto.graph.ByteSize())
            - varint_size(node.ByteSize())
        )

    whole = onnx.load_from_string(model)
    for place, attribute in enumerate(whole.graph.node[0].attribute):
        proto = onnx.load_from_string(model)
        del proto.graph.node[0].attribute[place]
        assert encoded(whole) - encoded(proto) == sizes[attribute.name]


def test_all_else_is_the_file_without_attributes(model, sizes):
    proto = onnx.load_from_string(model)
    lengths = varint_size(proto.graph.ByteSize()) + varint_size(proto.graph.node[0].ByteSize())
    del proto.graph.node[0].attribute[:]
    shorter = varint_size(proto.graph.ByteSize()) + varint_size(proto.graph.node[0].ByteSize())
    assert sizes["all else"] == proto.ByteSize() + lengths - shorter


def test_the_largest_field_spells_a_word_for_each_node(model, sizes):
    modes, *_ = (
        each.strings
        for each in onnx.load_from_string(model).graph.node[0].attribute
        if each.name == "nodes_modes"
    )
    assert set(modes) == {b"BRANCH_LEQ", b"LEAF"}
    assert sizes.most_common(1)[0][0] == "nodes_modes"
    assert sizes["nodes_modes"] > sum(len(mode) + 2 for mode in modes)


def test_every_wire_type_is_read():
    data = bytes([0x08, 0x96, 0x01])  # field 1, varint 150, the example in protobuf's documentation
    data += bytes([0x11]) + bytes(8)  # field 2, eight bytes
    data += bytes([0x1A, 0x03]) + b"abc"  # field 3, length-delimited
    data += bytes([0x25]) + bytes(4)  # field 4, four bytes
    data += bytes([0x80, 0x01, 0x00])  # field 16, varint 0: a tag of two bytes
    assert varint(data, 1) == (150, 3)
    assert [(number, size) for number, size, _ in protobuf_bytes.fields(data)] == [
        (1, 3),
        (2, 9),
        (3, 5),
        (4, 5),
        (16, 3),
    ]
    assert list(protobuf_bytes.inside(data, 3)) == [b"abc"]
