"""All-or-nothing writes and one-line errors, which every snippet relies on."""

import os

import pytest
import support


def test_a_file_is_replaced_when_the_block_ends_well(tmp_path):
    path = tmp_path / "new" / "model.onnx"
    with support.replacing(path) as beside:
        beside.write_bytes(b"whole")
        assert beside.parent == path.parent
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert list(path.parent.iterdir()) == [path]


def test_a_block_that_fails_leaves_the_old_file_and_nothing_beside(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"old")

    def fail_half_way():
        with support.replacing(path) as beside:
            beside.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("wrong", ["a directory", "under a file", "a name too long"])
def test_a_place_that_cannot_be_written_is_named_in_one_line(wrong, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    path = {
        "a directory": tmp_path,
        "under a file": tmp_path / "file" / "model.onnx",
        "a name too long": tmp_path / ("n" * 300),
    }[wrong]
    with pytest.raises(SystemExit) as ended, support.replacing(path):
        pytest.fail("the block must not run")
    assert ended.value.code == 2
    message = capsys.readouterr().err
    assert str(path) in message
    assert message.endswith("name a file in a folder you may write to\n")
    assert message.count("\n") == 1
    assert os.listdir(tmp_path) == ["file"]


def test_an_error_says_nothing_to_the_terminal(capsys):
    with pytest.raises(SystemExit) as end:
        support.fail("a node named \x1b]0;owned\x07\nand more")
    assert end.value.code == 2
    assert capsys.readouterr().err[:-1].isprintable()
