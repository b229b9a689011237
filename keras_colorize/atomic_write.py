"""Files that are whole or not there."""

import contextlib
import os
import shutil
import uuid


def atomic_write(path, data):
    """Writes bytes to a file beside `path`, then renames it to `path`.

    A reader sees the old file or the whole new one. A failure or an interrupt
    leaves nothing behind.

    Args:
        path: str or path. The file to write or replace. A link stays a link:
            pass its target.
        data: bytes.

    Raises:
        OSError: If the file cannot be written.
    """
    folder = os.path.dirname(os.fspath(path))
    # Not tempfile, whose files only their owner may read.
    beside = os.path.join(folder, f".keras_colorize-{uuid.uuid4().hex}.tmp")
    try:
        with open(beside, "xb") as file:
            file.write(data)
        if os.path.exists(path):
            shutil.copymode(path, beside)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.remove(beside)
        raise
