"""The committed picture is the one drawn today."""

import draw


def test_the_picture():
    assert draw.PICTURE.name == "bars.svg"
    assert draw.PICTURE.read_text() == draw.bars([1, 2, 3, 4])
