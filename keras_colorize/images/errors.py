"""Errors of decoders, and their words in ours."""

_LONGEST = 300


class UnsupportedError(ValueError):
    """A file that is whole, but of a kind that is not read."""


def reason(error):
    """A decoder's words, on one line, short, without control characters.

    libvips says the cause last, after warnings that a file can make long.
    """
    text = " ".join(str(error).split()) or type(error).__name__
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= _LONGEST else f"... {text[-_LONGEST:]}"
