"""Imports keras_colorize and loads presets, without noise of backends."""

import contextlib
import logging
import os
import sys
import warnings

from keras_colorize_cli.arguments import UsageError


def import_package():
    """Imports and returns `keras_colorize`, and so Keras and its backend."""
    try:
        with _hide_stderr():
            import keras

            import keras_colorize

            if keras.backend.backend() == "jax":
                _keep_programs()
            # Backends also write messages when they first use a GPU.
            keras.ops.ones(1)
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"Keras cannot be imported with its backend: {error}. Install the "
            "backend, or choose another one with the environment variable "
            "KERAS_BACKEND: tensorflow, jax or torch."
        ) from error
    # These log while they run, such as TensorFlow when it compiles again.
    for name in ("absl", "jax", "tensorflow"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return keras_colorize


def _keep_programs():
    """Keeps jax's compiled programs in the user's cache folder.

    jax's own environment variables come first, such as
    JAX_COMPILATION_CACHE_DIR and JAX_ENABLE_COMPILATION_CACHE.
    """
    import jax
    import platformdirs

    if jax.config.jax_compilation_cache_dir is None:
        folder = platformdirs.user_cache_path("keras_colorize") / "jax"
        jax.config.update("jax_compilation_cache_dir", str(folder))
        # By default jax does not keep programs that compile in a second.
        if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
            jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


def load_model(args, display, **options):
    """Loads the model of `--preset`.

    The model must support `options`, which are arguments of `generate`.
    """
    package = import_package()
    display.remark(f"Loading {args.preset} ...")
    try:
        with show_warnings(display, args.preset):
            model = package.Colorizer.from_preset(
                args.preset, revision=args.revision
            )
    except (OSError, ValueError) as error:
        raise UsageError(f"argument --preset: {error}") from error
    try:
        package.generation.Request(**options).check(model)
    except ValueError as error:
        raise UsageError(f"{args.preset}: {error}") from error
    return model


@contextlib.contextmanager
def show_warnings(display, path):
    """Shows each warning of `keras_colorize` once, when the block ends.

    Warnings of other libraries are for programmers.
    """
    with warnings.catch_warnings(record=True, action="always") as caught:
        yield
    from keras_colorize import __path__ as folders

    # The name of the command's folder begins as the package's.
    ours = (w for w in caught if w.filename.startswith(folders[0]))
    for text in dict.fromkeys(str(w.message) for w in ours):
        display.problem("warning", path, text)


@contextlib.contextmanager
def _hide_stderr():
    """Hides stderr, unless TF_CPP_MIN_LOG_LEVEL is below 3.

    TensorFlow's C++ code writes messages while it is imported, and no log
    level stops them.
    """
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "3":
        yield
        return
    sys.stderr.flush()
    shown = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(shown, 2)
        os.close(shown)
