"""Importing keras_colorize and loading presets without backends' noise."""

import contextlib
import logging
import os
import sys
import warnings

from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.display import message_of
from keras_colorize_cli.display import printable


def import_package():
    """Imports and returns `keras_colorize`, and so Keras and its backend."""
    try:
        with hide_native_messages():
            import keras_colorize
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"Keras cannot be imported with its backend: {message_of(error)}. "
            "Install the backend, or choose another one with the environment "
            "variable KERAS_BACKEND: tensorflow, jax or torch."
        ) from error
    # These log while they run, such as TensorFlow when it compiles again.
    for name in ("absl", "jax", "tensorflow"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return keras_colorize


def load_model(preset, revision, display):
    """Loads the model of a preset; its warnings go to the `Display`."""
    Colorizer = import_package().Colorizer
    display.remark(f"Loading {printable(preset)} ...")
    try:
        with hide_native_messages(), record_warnings() as caught:
            model = Colorizer.from_preset(preset, revision=revision)
    except (OSError, ValueError) as error:
        raise UsageError(f"argument --preset: {message_of(error)}") from error
    for text in texts_of(caught):
        display.remark(f"warning: {printable(preset)}: {text}")
    return model


def record_warnings():
    """A context that records every warning in a list, for `texts_of`."""
    return warnings.catch_warnings(record=True, action="always")


def texts_of(caught):
    """The texts of the warnings of `keras_colorize` and its command, once.

    Warnings of other libraries are for programmers.
    """
    from keras_colorize import __path__ as folders

    # The command's folder begins as the package's does.
    ours = (w for w in caught if w.filename.startswith(folders[0]))
    return dict.fromkeys(str(w.message) for w in ours)


@contextlib.contextmanager
def hide_native_messages():
    """Hides what native code writes to stderr while the block runs.

    TensorFlow's C++ code writes messages while it is imported, and no log
    level stops them. What Python writes, such as progress bars, is shown. A
    user who sets TF_CPP_MIN_LOG_LEVEL below 3 sees everything.
    """
    level = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if level != "3" or sys.stderr is None:
        yield
        return
    sys.stderr.flush()
    # Not closed here: loggers that the block creates may keep it.
    shown = open(os.dup(2), "w", buffering=1, errors="backslashreplace")
    # A stream that replaces the process's own does not write to 2.
    python = shown if sys.stderr is sys.__stderr__ else sys.stderr
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        with contextlib.redirect_stderr(python):
            yield
    finally:
        os.dup2(shown.fileno(), 2)
