"""Times of functions, and the machine that they were taken on."""

import platform
import time
from importlib import metadata

import keras

import keras_colorize
from keras_colorize.evaluation.machine import machine as machine_of_process


def wait(results=None):
    """Waits until the backend has computed everything it was asked for.

    Args:
        results: Structure of tensors: on jax, what to wait for.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tf.test.experimental.sync_devices()
    elif backend == "jax":
        import jax

        jax.block_until_ready(results)
    elif backend == "torch":
        import torch

        if torch.cuda.is_available():
            torch.cuda.synchronize()


def seconds(function, *args):
    """Seconds of one call, its results computed to the end."""
    start = time.perf_counter()
    wait(function(*args))
    return time.perf_counter() - start


def machine():
    """What the numbers depend on: processors, threads and versions."""
    backend = keras.backend.backend()
    described = machine_of_process()
    packages = ["keras", backend]
    return {
        "cpu": described["processor"],
        "cores": described["cores"],
        "accelerator": next(iter(described["accelerators"]), None),
        "threads": _threads(backend, described["cores"]),
        "versions": {
            "python": platform.python_version(),
            "keras-colorize": keras_colorize.__version__,
            **{name: metadata.version(name) for name in packages},
        },
    }


def _threads(backend, cores):
    """Threads that one operation runs on; jax takes every core."""
    if backend == "tensorflow":
        import tensorflow as tf

        # 0 stands for all cores.
        threads = tf.config.threading.get_intra_op_parallelism_threads()
        return threads or cores
    if backend == "torch":
        import torch

        return torch.get_num_threads()
    return cores
