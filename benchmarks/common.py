"""What the benchmarks share: options, networks and images."""

import argparse
import pathlib

import numpy as np

import keras_colorize

PRESETS = ("pic_cifar10", "pic_imagenet128", "pic_tinyimagenet64")


def parser(doc, presets=PRESETS, runs=5):
    """A parser of the options of all benchmarks.

    Args:
        doc: str. The script's docstring.
        presets: tuple of str. Presets by default.
        runs: int. Runs by default.
    """
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--presets",
        nargs="+",
        default=presets,
        metavar="PRESET",
        help="names of presets or their directories; weights are random "
        f"(default: {' '.join(presets)})",
    )
    parser.add_argument(
        "--dtypes",
        nargs="+",
        default=("float32", "mixed_bfloat16"),
        metavar="DTYPE",
        help="Keras's dtype policies (default: float32 mixed_bfloat16)",
    )
    parser.add_argument(
        "--runs",
        type=at_least_one,
        default=runs,
        help="timed runs, after one that compiles (default: %(default)s)",
    )
    parser.add_argument(
        "--json",
        type=pathlib.Path,
        metavar="FILE",
        help="keep the results here, beside those of earlier calls",
    )
    return parser


def at_least_one(text):
    """An argument that counts something."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"expected an integer of at least 1, got {text!r}"
        )
    return int(text)


def build(preset, dtype, width=1.0):
    """A model of a preset's architecture, fit to be timed.

    Its weights are random, its gains and biases initialized on data, so that
    activations are of the usual size.

    Args:
        preset: str. A name, or a directory.
        dtype: str. Dtype policy.
        width: float. Share of its channels to keep.

    Returns:
        A `ColorizerPIC`.
    """
    model = keras_colorize.ColorizerPIC.from_preset(
        preset, load_weights=False, dtype=dtype
    )
    if width != 1.0:
        config = model.get_config()
        filters = [round(n * width) for n in config["embedding_filters"]]
        # The embedding's own loss needs as many as the mixture has.
        filters[-1] = max(filters[-1], model.head.num_outputs)
        config["embedding_filters"] = filters
        config["filters"] = round(config["filters"] * width)
        model = type(model).from_config(config)
    model.initialize(noise_images(4, model.image_size))
    return model


def name_of(preset):
    """A preset's name; of a directory its last part."""
    return pathlib.Path(preset).name


def noise_images(count, size, seed=0):
    """RGB images of noise, uint8 `(count, size, size, 3)`."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, size, size, 3), "uint8")
