"""A PixColor small enough for tests, and images for it."""

import keras
import numpy as np
from keras import layers

from keras_colorize import ColorizerPixColor


def small_encoder(norm=False):
    x = gray = keras.Input((None, None, 1), name="gray")
    outputs = {}
    for stride in (2, 4, 8):
        x = layers.Conv2D(4, 3, 2, padding="same", name=f"conv{stride}")(x)
        if norm:
            x = layers.BatchNormalization(name=f"norm{stride}")(x)
        x = layers.ReLU(name=f"relu{stride}")(x)
        outputs[f"stride{stride}"] = x
    return keras.Model(gray, outputs, name="small")


def small_pixcolor(**overrides):
    config = {
        "encoder": small_encoder(),
        "adaptation_filters": (6, 5),
        "filters": 4,
        "num_blocks": 2,
        "hidden_filters": 8,
        "chain_filters": 6,
        "chroma_factor": 4,
        "image_size": 16,
        **overrides,
    }
    return ColorizerPixColor(**config)


def randomized(model, seed=0):
    """The model with random gains and biases, too."""
    rng = np.random.default_rng(seed)
    for variable in model.autoregressive_network.trainable_variables:
        values = rng.normal(0, 0.3, variable.shape)
        if variable.name == "g":
            values = 0.5 + np.abs(values)
        variable.assign(values)
    return model


def pictures(count=8, size=16, seed=0):
    """Smooth pictures of a few colors, and a little noise."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(0, 1, size)[:, None, None]
    ends = rng.random((2, count, 1, 1, 3))
    rgb = ends[0] * ramp + ends[1] * (1 - ramp)
    rgb = rgb + rng.normal(0, 0.02, (count, size, size, 3))
    return np.uint8(255 * np.clip(rgb, 0, 1))
