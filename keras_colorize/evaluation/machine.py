"""What a report was made on and with: no names of hosts, no paths."""

import os
import pathlib
import platform

import keras
import numpy as np

from keras_colorize._version import __version__


def machine():
    """The kind of machine: a dictionary of processor, cores, accelerators."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "accelerators": _accelerators(),
    }


def versions():
    """The versions of what computes, by name."""
    backend = keras.backend.backend()
    return {
        "keras_colorize": __version__,
        "keras": keras.__version__,
        backend: __import__(backend).__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def _processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    models = [line.split(":", 1)[1] for line in lines if "model name" in line]
    return models[0].strip() if models else platform.machine()


def _accelerators():
    """The models of the accelerators that Keras's backend sees."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        details = tf.config.experimental.get_device_details
        return [
            details(device).get("device_name", "GPU")
            for device in tf.config.list_physical_devices("GPU")
        ]
    if backend == "jax":
        import jax

        devices = jax.devices()
        return [d.device_kind for d in devices if d.platform != "cpu"]
    import torch

    return [
        torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())
    ]
