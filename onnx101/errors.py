"""The one error of this package."""


class ConversionError(Exception):
    """The input cannot be converted: one line that names what was wrong and what to do instead."""
