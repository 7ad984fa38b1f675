"""Draws a sorted list as bars.svg."""

from pathlib import Path

PICTURE = Path(__file__).parents[1] / "public" / "pictures" / "bars.svg"


def bars(numbers):
    parts = []
    for i, number in enumerate(numbers):
        # region bar
        x, height = 30 * i, 30 * number
        parts.append(f'<rect x="{x}" y="{120 - height}" width="20" height="{height}"/>')
        # endregion bar
    inner = "".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120">{inner}</svg>\n'


if __name__ == "__main__":
    PICTURE.write_text(bars([1, 2, 3, 4]))
    print("4 bars")
