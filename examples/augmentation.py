"""Faults of old photographs, for the trainings of this folder.

Each fault has its own probability. Faults change the luminance and keep the
colors.
"""

import keras

from keras_colorize.layers import RandomLuminance

# The range of the images that `RandomLuminance` gives to its layers.
RANGE = (0, 1)


def core():
    """Tone, blur and grain, with layers of Keras."""
    return [RandomLuminance(*zip(*_core()))]


def keras_cv():
    """The faults of `core`, and the blocks of JPEG by a layer of keras_cv."""
    import keras_cv

    jpeg = (keras_cv.layers.RandomJpegQuality((15, 85)), 0.15)
    return [RandomLuminance(*zip(*_core(), jpeg))]


def _core():
    """Pairs of a layer and the share of images that it changes."""
    return [
        (keras.layers.RandomContrast(0.4, value_range=RANGE), 0.2),
        (keras.layers.RandomBrightness(0.15, value_range=RANGE), 0.2),
        (
            keras.layers.RandomGaussianBlur(
                kernel_size=5, sigma=(0.3, 1.0), value_range=RANGE
            ),
            0.1,
        ),
        (keras.layers.GaussianNoise(0.03), 0.1),
        (keras.layers.GaussianNoise(0.08), 0.05),
    ]


AUGMENTATIONS = {"none": list, "core": core, "keras_cv": keras_cv}
