"""Times of functions, and the machine that they were taken on."""

import os
import pathlib
import platform
import time
from importlib import metadata

import keras

import keras_colorize


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
    packages = ["keras", backend]
    return {
        "cpu": _cpu(),
        "cores": _cores(),
        "accelerator": _accelerator(backend),
        "threads": _threads(backend),
        "versions": {
            "python": platform.python_version(),
            "keras-colorize": keras_colorize.__version__,
            **{name: metadata.version(name) for name in packages},
        },
    }


def _cpu():
    """The processor's name; on Linux with its family and model, as the names
    that virtual machines give say little."""
    path = pathlib.Path("/proc/cpuinfo")
    if not path.exists():
        return platform.processor() or platform.machine()
    facts = {}
    for line in path.read_text().splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    if "model name" not in facts:
        return platform.machine()
    return (
        f"{facts['model name']} (family {facts.get('cpu family')}, "
        f"model {facts.get('model')})"
    )


def _cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _accelerator(backend):
    """The name of the GPU that the backend computes on, or None."""
    if backend == "tensorflow":
        import tensorflow as tf

        devices = tf.config.list_physical_devices("GPU")
        if devices:
            details = tf.config.experimental.get_device_details(devices[0])
            return details.get("device_name", "GPU")
    elif backend == "jax":
        import jax

        device = jax.devices()[0]
        return None if device.platform == "cpu" else device.device_kind
    elif backend == "torch":
        import torch

        if torch.cuda.is_available():
            return torch.cuda.get_device_name()
    return None


def _threads(backend):
    """Threads that one operation runs on; jax takes every core."""
    if backend == "tensorflow":
        import tensorflow as tf

        # 0 stands for all cores.
        threads = tf.config.threading.get_intra_op_parallelism_threads()
        return threads or _cores()
    if backend == "torch":
        import torch

        return torch.get_num_threads()
    return _cores()
