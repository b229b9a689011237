"""What the command line can be told is wrong with it."""


class UsageError(Exception):
    """Arguments that cannot be followed; found before any work is done."""


def message_of(error):
    """What an exception says, or its name if it says nothing.

    Those that files and arguments raise speak for themselves; any other is
    named, as its words alone may not tell.
    """
    text = str(error).strip()
    name = type(error).__name__
    if not text:
        return name
    if isinstance(error, (OSError, ValueError, ImportError)):
        return text
    return f"{name}: {text}"
