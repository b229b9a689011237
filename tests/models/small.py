"""A PIC small enough for tests, and images for it."""

import numpy as np

from keras_colorize import ColorizerPIC

CONFIG = {
    "embedding_filters": (8, 40),
    "embedding_strides": (1, 2),
    "embedding_blocks": (0, 1),
    "embedding_dilations": (1, 2),
    "filters": 8,
    "num_blocks": 1,
    "num_components": 5,
    "image_size": 8,
}


def small_pic(**overrides):
    return ColorizerPIC(**{**CONFIG, **overrides})


def images(count=12, size=8, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, size, size, 3), dtype="uint8")
