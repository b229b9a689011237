"""The machine and the versions of a report, without host names and paths."""

import os
import pathlib
import platform
import re

import keras
import numpy as np

from keras_colorize._version import __version__


def machine():
    """The machine: a dictionary of processor, cores and accelerators."""
    allowed = getattr(os, "sched_getaffinity", None)
    return {
        "processor": _processor(),
        "cores": len(allowed(0)) if allowed else os.cpu_count(),
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
    path = pathlib.Path("/proc/cpuinfo")
    text = path.read_text() if path.exists() else ""
    facts = dict(re.findall(r"^(.+?)\s*: (.+)$", text, re.MULTILINE))
    if not {"model name", "cpu family", "model"} <= facts.keys():
        return platform.processor() or platform.machine()
    # The name alone says little on virtual machines.
    return "{model name} (family {cpu family}, model {model})".format(**facts)


def _accelerators():
    """The models of the accelerators that Keras's backend sees."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        from tensorflow import config

        details = config.experimental.get_device_details
        devices = config.list_physical_devices("GPU")
        return [details(d).get("device_name", "GPU") for d in devices]
    if backend == "jax":
        import jax

        return [d.device_kind for d in jax.devices() if d.platform != "cpu"]
    from torch import cuda

    return [cuda.get_device_name(i) for i in range(cuda.device_count())]
