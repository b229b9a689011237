"""Times `fit`: images a second, and the share of the machine that it uses.

    KERAS_BACKEND=torch python benchmarks/training.py --json results.json

`compile()` gives the paper's optimizer with averaging; images are noise. An
epoch of `--steps` batches is a run; the first one compiles and is left out.

The share is of the peak of a large matrix product in the same dtype on the
same backend. A step counts three forward passes (one forward, and backward one
for the inputs and one for the weights of each convolution), a forward pass two
operations for each multiplication of its convolutions:
2 x rows x columns of the output x the kernel's size.
"""

import math
import time
from unittest import mock

import keras
import numpy as np
from common import at_least_one
from common import build
from common import name_of
from common import noise_images
from common import parser
from keras import ops
from measure import seconds
from measure import wait
from record import Results
from tables import show

from keras_colorize.layers import WeightNormConv2D

PRESETS = (
    "pic_cifar10",
    "pic_cifar10:0.5",
    "pic_cifar10:0.25",
    "pic_imagenet128",
    "pic_tinyimagenet64",
)
JIT = {"auto": "auto", "on": True, "off": False}


class EpochTimes(keras.callbacks.Callback):
    """Keeps the seconds of each epoch in `seconds`."""

    def on_train_begin(self, logs=None):
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        wait([variable.value for variable in self.model.variables])
        self.seconds.append(time.perf_counter() - self._start)


def step_operations(model):
    """Operations of a training step for one image, in convolutions."""
    multiplications = 0
    convolve = WeightNormConv2D.call

    def counted(layer, inputs):
        nonlocal multiplications
        outputs = convolve(layer, inputs)
        pixels = outputs.shape[1] * outputs.shape[2]
        multiplications += pixels * math.prod(layer.v.shape)
        return outputs

    with mock.patch.object(WeightNormConv2D, "call", counted):
        model(noise_images(1, model.image_size))
    return 3 * 2 * multiplications


def peak_operations(dtype, size, runs=5):
    """Operations a second of a matrix product, the best of some runs.

    It is computed as such and as a 1x1 convolution, which backends leave to
    other libraries: the faster one counts.

    Args:
        dtype: str.
        size: int. Rows and columns of the matrices.
        runs: int.
    """
    rng = np.random.default_rng(0)
    a, b = (
        ops.cast(rng.standard_normal((size, size), "float32"), dtype)
        for _ in range(2)
    )
    image, kernel = a[None, :, None], b[None, None]
    times = []
    for _ in range(1 + runs):
        times.append(seconds(ops.matmul, a, b))
        times.append(seconds(ops.conv, image, kernel))
    return 2 * size**3 / min(times[2:])


def measure(model, batch, steps, runs, jit):
    """Times `fit`.

    Args:
        model: A `Colorizer`.
        batch: int. Images a batch.
        steps: int. Batches a run.
        runs: int.
        jit: bool or str. `jit_compile`.

    Returns:
        A dictionary: `first_s`, the seconds of the first run, which
        compiles, and `images_per_s`, a list.
    """
    model.compile(jit_compile=jit)
    times = EpochTimes()
    images = noise_images(batch * steps, model.image_size)
    model.fit(
        images, batch_size=batch, epochs=1 + runs, verbose=0, callbacks=[times]
    )
    first, *later = times.seconds
    return {
        "first_s": first,
        "images_per_s": [batch * steps / x for x in later],
    }


def sized(preset):
    """The preset and the width of `PRESET:WIDTH`."""
    name, colon, width = preset.rpartition(":")
    try:
        return (name, float(width)) if colon else (preset, 1.0)
    except ValueError:
        return preset, 1.0


def main():
    options = parser(__doc__, presets=PRESETS, runs=3)
    options.add_argument(
        "--batch-size",
        type=at_least_one,
        help="images a batch (default: 64, or 4 of more than 64 x 64 pixels)",
    )
    options.add_argument(
        "--steps",
        type=at_least_one,
        default=4,
        help="batches a run (default: %(default)s)",
    )
    options.add_argument(
        "--jit",
        nargs="+",
        choices=JIT,
        default=("auto",),
        help="jit_compile of Keras; auto leaves XLA out on tensorflow without "
        "a GPU (default: auto)",
    )
    options.add_argument(
        "--matrix",
        type=at_least_one,
        default=4096,
        help="rows of the matrices whose product is the peak "
        "(default: %(default)s)",
    )
    args = options.parse_args()
    results = Results("training", args.json)
    for dtype in args.dtypes:
        peak = peak_operations(dtype.removeprefix("mixed_"), args.matrix)
        for preset, width in map(sized, args.presets):
            for jit in args.jit:
                model = build(preset, dtype, width)
                batch = args.batch_size
                batch = batch or (64 if model.image_size <= 64 else 4)
                key = {
                    "network": name_of(preset),
                    "width": width,
                    "dtype": dtype,
                    "jit": jit,
                    "batch": batch,
                }
                print(", ".join(map(str, key.values())), "...", flush=True)
                values = measure(model, batch, args.steps, args.runs, JIT[jit])
                values["step_operations"] = step_operations(model)
                values["peak_operations_per_s"] = peak
                results.add(key, values)
    show(results.content)


if __name__ == "__main__":
    main()
