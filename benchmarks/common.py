"""What the benchmarks share: options, models, clocks and results."""

import argparse
import json
import pathlib
import time

import keras
import numpy as np
from make_tables import table

import keras_colorize
from keras_colorize.atomic_write import atomic_write
from keras_colorize.evaluation.machine import machine
from keras_colorize.evaluation.machine import versions


def parser(doc, presets, runs):
    """A parser of the options of every benchmark.

    Args:
        doc: str. The docstring of the script.
        presets: tuple of str. The default presets.
        runs: int. The default number of timed runs.
    """
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--presets",
        nargs="+",
        default=presets,
        metavar="PRESET",
        help="names or directories of presets; the weights are random "
        f"(default: {' '.join(presets)})",
    )
    parser.add_argument(
        "--runs",
        type=positive,
        default=runs,
        help="timed runs, after one run that compiles (default: %(default)s)",
    )
    parser.add_argument(
        "--json",
        type=pathlib.Path,
        metavar="FILE",
        help="the file to write or replace with the results",
    )
    return parser


def positive(text):
    """An integer of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"expected an integer of at least 1, got {text!r}"
        )
    return int(text)


def build(preset, width=1.0, **overrides):
    """A model of the architecture of a preset, ready to be timed.

    The weights are random. The gains and biases are initialized on data, so
    that activations have their usual size.

    Args:
        preset: str. A name or a directory.
        width: float. The share of the channels to keep.
        **overrides: Arguments of the model to replace.
    """
    model = keras_colorize.ColorizerPIC.from_preset(
        preset, load_weights=False, **overrides
    )
    if width != 1.0:
        config = model.get_config()
        filters = [round(n * width) for n in config["embedding_filters"]]
        # The loss of the embedding needs as many channels as the mixture.
        filters[-1] = max(filters[-1], model.head.num_outputs)
        config["embedding_filters"] = filters
        config["filters"] = round(config["filters"] * width)
        model = type(model).from_config(config)
    model.prepare(noise_images(4, model.image_size))
    return model


def name_of(preset):
    """The name of a preset, or the last part of its directory."""
    return pathlib.Path(preset).name


def noise_images(count, size):
    """RGB images of noise, uint8 `(count, size, size, 3)`."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, size, size, 3), "uint8")


def seconds(function, *args):
    """The seconds of one call, until its results are computed."""
    start = time.perf_counter()
    wait(function(*args))
    return time.perf_counter() - start


def wait(results):
    """Waits until the backend has computed some results.

    Args:
        results: Structure of tensors.
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


def report(benchmark, rows, path):
    """Prints the rows of a benchmark and writes them to a file.

    Args:
        benchmark: str. The name of the benchmark.
        rows: list of dict. One for each measurement.
        path: Path or None. The JSON file.
    """
    results = {
        "benchmark": benchmark,
        "backend": keras.backend.backend(),
        "machine": machine(),
        "versions": versions(),
        "rows": [_rounded(row) for row in rows],
    }
    print(table([results]))
    if path:
        head = json.dumps(results | {"rows": []}, indent=2)
        lines = ",\n".join(f"    {json.dumps(x)}" for x in results["rows"])
        # One row a line, so that a change is easy to read.
        text = head.replace('"rows": []', f'"rows": [\n{lines}\n  ]')
        atomic_write(path, f"{text}\n".encode())


def _rounded(value):
    """Numbers with four significant digits: no timing has more."""
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value
