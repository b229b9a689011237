import contextlib

import keras
import pytest


@pytest.fixture
def uncompiled():
    """Runs samplers operation by operation: many small networks, no wait."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.run_functions_eagerly(True)
        yield
        tf.config.run_functions_eagerly(False)
        return
    context = contextlib.nullcontext()
    if backend == "jax":
        import jax

        context = jax.disable_jit()
    with context:
        yield
