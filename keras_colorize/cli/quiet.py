"""Importing Keras and its backend without their noise on the terminal."""

import contextlib
import importlib
import logging
import os
import sys
import tempfile

from keras_colorize.cli.errors import UsageError
from keras_colorize.cli.errors import message_of

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


def import_quietly(module):
    """Imports a module that needs Keras.

    Raises:
        UsageError: If the backend that the user chose cannot be imported.
    """
    try:
        with quiet():
            module = importlib.import_module(module)
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"Keras cannot be imported with its backend: {message_of(error)}. "
            "Install the backend, or choose another with the environment "
            "variable KERAS_BACKEND: tensorflow, jax or torch."
        ) from error
    # At run time, such as TensorFlow's remarks on photographs of new shapes.
    for name in ("absl", "jax", "tensorflow"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return module


@contextlib.contextmanager
def quiet(bars=False):
    """Keeps off the terminal what is written to stderr inside the block.

    TensorFlow's C++ writes lines there while it is imported that no log level
    stops. If the block fails, they are shown after all, but for errors that
    speak for themselves. A user who set TF_CPP_MIN_LOG_LEVEL below 3 wants to
    see them and does.

    Args:
        bars: bool. Whether what Python writes to `sys.stderr` is shown after
            all, such as progress bars.
    """
    if os.environ.setdefault(_LEVEL, "3") != "3":
        yield
        return
    try:
        stderr = os.dup(2)
    except OSError:  # closed: there is nowhere for noise to go
        yield
        return
    with tempfile.TemporaryFile() as noise:
        _point_stderr_at(noise.fileno())
        try:
            with _python_on(stderr) if bars else contextlib.nullcontext():
                yield
        except (OSError, ValueError, KeyboardInterrupt):
            raise
        except BaseException:
            _point_stderr_at(stderr)
            noise.seek(0)
            os.write(2, noise.read())
            raise
        finally:
            _point_stderr_at(stderr)
            os.close(stderr)


@contextlib.contextmanager
def _python_on(descriptor):
    """Has Python's stderr, where it is the process's, write elsewhere."""
    if sys.stderr is not sys.__stderr__ or sys.stderr is None:
        yield
        return
    encoding = sys.stderr.encoding
    with open(
        os.dup(descriptor),
        mode="w",
        buffering=1,
        encoding=encoding,
        errors="backslashreplace",
    ) as stream:
        with contextlib.redirect_stderr(stream):
            yield


def _point_stderr_at(descriptor):
    if sys.stderr is not None:
        sys.stderr.flush()
    os.dup2(descriptor, 2)
