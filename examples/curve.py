"""The learning curve of a run that goes on after a stop."""

from keras_colorize.atomic_write import atomic_write


def keep_rows(path, epochs):
    """Keeps the rows of the first epochs of a CSV file, if there is a file.

    The row of an epoch is written before its backup. A run that is killed
    meanwhile trains the epoch again, and writes its row again.
    """
    if path.exists():
        lines = path.read_bytes().splitlines(keepends=True)
        atomic_write(path, b"".join(lines[: 1 + epochs]) if epochs else b"")
