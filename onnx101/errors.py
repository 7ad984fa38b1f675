"""The one error of this package."""

_LONGEST = 400


def clean(text: str, longest: int = _LONGEST) -> str:
    """`text` in one line without control characters, whatever file it comes from."""
    shown = "".join(char if char.isprintable() else "\ufffd" for char in text[:longest])
    return shown if len(text) <= longest else shown + "…"


class ConversionError(Exception):
    """The input cannot be converted: one line with what is wrong and what to do."""

    def __init__(self, line: str):
        super().__init__(clean(line))
