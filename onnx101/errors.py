"""The one error of this package."""

_LONGEST = 400


class ConversionError(Exception):
    """The input cannot be converted: one line that names what was wrong and what to do instead."""

    def __init__(self, line: str):
        # names come from the file, which must not speak to the terminal
        clean = "".join(char if char.isprintable() else "\ufffd" for char in line[:_LONGEST])
        super().__init__(clean if len(line) <= _LONGEST else clean + "…")
