"""Models small enough for tests, and images for them."""

import keras
import numpy as np

from keras_colorize import ColorFieldVAE
from keras_colorize import ColorizerMDN

SIZE = 16


def small_vae(**overrides):
    config = {
        "field_size": SIZE,
        "latents": 3,
        "filters": (4, 5, 6, 7),
        "num_components": 2,
        **overrides,
    }
    keras.utils.set_random_seed(0)
    vae = ColorFieldVAE(**config)
    if vae.conditioning == "skips":
        # In a new decoder codes hardly matter: they are multiplied by gray.
        norm = vae.decoder.get_layer("vae_gray4_norm")
        norm.beta.assign(np.ones(norm.beta.shape))
        kernel = vae.decoder.get_layer("vae_decoder1_conv").kernel
        kernel.assign(20.0 * kernel)
    return vae


def small_encoder():
    x = gray = keras.Input((None, None, 1), name="gray")
    outputs = {}
    for stride in (2, 4):
        x = keras.layers.Conv2D(
            4, 3, 2, padding="same", activation="relu", name=f"conv{stride}"
        )(x)
        outputs[f"stride{stride}"] = x
    return keras.Model(gray, outputs, name="small")


def small_mdn(vae=None, **overrides):
    config = {
        "encoder": small_encoder(),
        "feature": "stride4",
        "filters": (5, 4, 3),
        "units": 6,
        "num_components": 4,
        "image_size": SIZE,
        **overrides,
    }
    return ColorizerMDN(small_vae() if vae is None else vae, **config)


def casts(count=12, size=24):
    """Noisy pictures, each with a color cast of its own."""
    rng = np.random.default_rng(0)
    casts = rng.uniform(0.2, 1, (count, 1, 1, 3))
    rgb = casts * rng.uniform(0.4, 1, (count, size, size, 1))
    return np.uint8(255 * rgb)


def gray_image(height=20, width=28, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height, width), dtype="uint8")
