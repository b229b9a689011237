"""The machine and the versions of a report, without host names and paths."""

import os
import pathlib
import platform

import keras
import numpy as np

from keras_colorize._version import __version__


def machine():
    """The machine: a dictionary of processor, cores and accelerators."""
    return {
        "processor": _processor(),
        "cores": _cores(),
        "accelerators": _accelerators(),
    }


def versions():
    """The versions of Keras, its backend and others, by name."""
    backend = keras.backend.backend()
    return {
        "keras_colorize": __version__,
        "keras": keras.__version__,
        backend: __import__(backend).__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def _processor():
    """The processor's name, on Linux with its family and model: the name
    alone says little on virtual machines."""
    path = pathlib.Path("/proc/cpuinfo")
    facts = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    if "model name" not in facts:
        return platform.processor() or platform.machine()
    return (
        f"{facts['model name']} (family {facts.get('cpu family')}, "
        f"model {facts.get('model')})"
    )


def _cores():
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


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
