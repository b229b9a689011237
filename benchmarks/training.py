"""Times `fit`: images a second, and the share of the processor in use.

    KERAS_BACKEND=jax python benchmarks/training.py --json results.json

`compile()` gives the optimizer of the paper. The images are noise. One epoch
of `--steps` batches is a run.

The baseline is a large matrix product in the same dtype on the same backend: no
training step computes faster. A step counts as three forward passes: one
forward, and for each convolution one for the gradient of its inputs and one for
the gradient of its weights. A forward pass counts two operations for each
multiplication of its convolutions: 2 x rows x columns of the output x the size
of the kernel.
"""

import math
import time
from unittest import mock

import keras
import numpy as np
from common import build
from common import name_of
from common import noise_images
from common import parser
from common import positive
from common import report
from common import seconds
from common import wait
from keras import ops

from keras_colorize.layers import WeightNormConv2D

PRESETS = ("pic_cifar10", "pic_cifar10:0.5", "pic_tinyimagenet64")


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


def peak_operations(dtype, size):
    """Operations a second of a matrix product: the best of five runs.

    The product is computed as a product and as a 1x1 convolution, because
    backends hand the two to different libraries. The faster one counts.

    Args:
        dtype: str.
        size: int. Rows and columns of the matrices.
    """
    rng = np.random.default_rng(0)
    a, b = (
        ops.cast(rng.standard_normal((size, size), "float32"), dtype)
        for _ in range(2)
    )
    image, kernel = a[None, :, None], b[None, None]
    times = []
    for _ in range(1 + 5):
        times.append(seconds(ops.matmul, a, b))
        times.append(seconds(ops.conv, image, kernel))
    return 2 * size**3 / min(times[2:])


def measure(model, batch, steps, runs):
    """Times `fit`: a part of a row of results."""
    model.compile()
    times = EpochTimes()
    images = noise_images(batch * steps, model.image_size)
    model.fit(
        images, batch_size=batch, epochs=1 + runs, verbose=0, callbacks=[times]
    )
    first, *later = times.seconds
    return {
        "first_s": first,
        "images_per_s": [batch * steps / x for x in later],
        "step_operations": step_operations(model),
    }


def sized(preset):
    """The preset and the width of `PRESET:WIDTH`."""
    name, colon, width = preset.rpartition(":")
    try:
        return (name, float(width)) if colon else (preset, 1.0)
    except ValueError:
        return preset, 1.0


def arguments():
    options = parser(__doc__, PRESETS, runs=3)
    options.add_argument(
        "--dtypes",
        nargs="+",
        default=("float32", "mixed_bfloat16"),
        metavar="DTYPE",
        help="dtype policies of Keras (default: float32 mixed_bfloat16)",
    )
    options.add_argument(
        "--batch-size",
        type=positive,
        default=32,
        help="images of a batch (default: %(default)s)",
    )
    options.add_argument(
        "--steps",
        type=positive,
        default=2,
        help="batches of a run (default: %(default)s)",
    )
    options.add_argument(
        "--matrix",
        type=positive,
        default=4096,
        help="rows of the matrices of the baseline (default: %(default)s)",
    )
    return options


def main():
    args = arguments().parse_args()
    rows = []
    for dtype in args.dtypes:
        peak = peak_operations(dtype.removeprefix("mixed_"), args.matrix)
        for preset, width in map(sized, args.presets):
            key = {"network": name_of(preset), "width": width, "dtype": dtype}
            print(", ".join(map(str, key.values())), "...", flush=True)
            model = build(preset, width, dtype=dtype)
            values = measure(model, args.batch_size, args.steps, args.runs)
            rows.append(
                {
                    **key,
                    "batch": args.batch_size,
                    **values,
                    "peak_operations_per_s": peak,
                }
            )
    report("training", rows, args.json)


if __name__ == "__main__":
    main()
