"""What `train_pic.py --augment` does to its images: old photographs' faults.

Each fault comes with a probability of its own. They change the luminance, the
colors to be learned stay.
"""

import keras

from keras_colorize.layers import RandomLuminance

# What `RandomLuminance` gives its layers.
RANGE = (0, 1)


def core():
    """Tone, blur and grain, by layers of Keras itself."""
    return [RandomLuminance(*zip(*_core()))]


def keras_cv():
    """The same, and JPEG's blocks, by a layer of keras_cv."""
    import keras_cv

    jpeg = (keras_cv.layers.RandomJpegQuality((15, 85)), 0.15)
    return [RandomLuminance(*zip(*_core(), jpeg))]


def _core():
    """Layers, and the probability that an image gets each."""
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
