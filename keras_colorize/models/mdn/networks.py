"""The networks of the VAE and of the mixture density network."""

import keras
from keras import layers
from keras import ops

from keras_colorize.layers import TopLeftUpsampling2D
from keras_colorize.models.mdn.fields import from_quadrants
from keras_colorize.models.mdn.fields import to_quadrants


class Blocks:
    """Makes convolutions as the program of Deshpande et al. (2017) has them.

    Args:
        policy: Dtype policy.
        released: bool. Whether initial values are those of the program: a
            normal distribution of deviation 0.001, and biases of 0.001.
            Otherwise they are Keras's.
    """

    def __init__(self, policy, released):
        self.policy = policy
        self.initial = {}
        if released:
            self.initial = {
                "kernel_initializer": keras.initializers.RandomNormal(0, 1e-3),
                "bias_initializer": keras.initializers.Constant(1e-3),
            }

    def convolution(self, x, filters, size, strides, name, use_bias=True):
        """Convolution, ReLU, then batch norm: norm comes last."""
        x = layers.Conv2D(
            filters,
            size,
            strides,
            padding="same",
            activation="relu",
            use_bias=use_bias,
            name=f"{name}_conv",
            dtype=self.policy,
            **self.initial,
        )(x)
        return self.norm(x, name)

    def norm(self, x, name):
        norm = layers.BatchNormalization(
            momentum=0.99,
            epsilon=1e-4,
            name=f"{name}_norm",
            dtype=self.policy,
        )
        return norm(x)

    def dense(self, x, units, name, activation=None):
        dense = layers.Dense(
            units,
            activation,
            name=name,
            dtype=self.policy,
            **self.initial,
        )
        return dense(x)


def vae_encoder(vae):
    """From a field `(B, S, S, 2)` to `"mean"` and `"log_variance"`."""
    blocks = Blocks(vae.dtype_policy, vae.recipe == "released")
    field = keras.Input((vae.field_size, vae.field_size, 2), name="field")
    x = to_quadrants(field) if vae.layout == "quadrants" else field
    for i, (filters, size) in enumerate(zip(vae.filters, (5, 5, 5, 4)), 1):
        x = blocks.convolution(x, filters, size, 2, f"vae_encoder{i}")
    x = layers.Flatten()(x)
    x = layers.Dropout(vae.dropout, dtype=vae.dtype_policy)(x)
    x = blocks.dense(x, 2 * vae.latents, "vae_encoder_dense")
    mean, log_variance = ops.split(ops.cast(x, "float32"), 2, axis=-1)
    outputs = {"mean": mean, "log_variance": log_variance}
    return keras.Model(field, outputs, name="vae_encoder")


def vae_decoder(vae):
    """From codes `(B, d)` and gray `(B, S, S, 1)` to a field `(B, S, S, 2)`."""
    blocks = Blocks(vae.dtype_policy, vae.recipe == "released")
    codes = keras.Input((vae.latents,), name="codes")
    gray = keras.Input((vae.field_size, vae.field_size, 1), name="gray")
    given = _given(vae, blocks, gray)
    side = vae.field_size // 16
    x = layers.Reshape((1, 1, vae.latents))(codes)
    # Upsampling of one pixel copies it.
    x = ops.tile(x, (1, side, side, 1))
    if vae.conditioning == "skips":
        x = x * given[side]
    x = blocks.convolution(x, vae.filters[3], 4, 1, "vae_decoder1")
    for i, filters in enumerate(reversed(vae.filters[:3]), 2):
        side = 2 * side
        x = TopLeftUpsampling2D(dtype=vae.dtype_policy)(x)
        if side in given:
            x = ops.concatenate([x, given[side]], axis=-1)
        x = blocks.convolution(x, filters, 5, 1, f"vae_decoder{i}")
    x = TopLeftUpsampling2D(dtype=vae.dtype_policy)(x)
    x = layers.Conv2D(
        2,
        5,
        padding="same",
        name="vae_decoder5_conv",
        dtype=vae.dtype_policy,
        **blocks.initial,
    )(x)
    if vae.output_norm:
        x = blocks.norm(x, "vae_decoder5")
    field = ops.cast(ops.tanh(x), "float32")
    if vae.layout == "quadrants":
        field = from_quadrants(field)
    inputs = {"codes": codes}
    if vae.conditioning is not None:
        inputs["gray"] = gray
    return keras.Model(inputs, field, name="vae_decoder")


def _given(vae, blocks, gray):
    """What the decoder sees of gray, by its side in pixels."""
    size = vae.field_size
    if vae.conditioning == "gradients":
        return {
            size // stride: layers.Concatenate(dtype=vae.dtype_policy)(
                _gradients(gray[:, ::stride, ::stride])
            )
            for stride in (4, 2)
        }
    if vae.conditioning != "skips":
        return {}
    given, x = {}, gray
    widths = (*vae.filters[:3], vae.latents)
    for i, (filters, kernel) in enumerate(zip(widths, (5, 5, 5, 4)), 1):
        x = blocks.convolution(x, filters, kernel, 2, f"vae_gray{i}")
        given[size // 2**i] = x
    return given


def _gradients(gray):
    """Vertical and horizontal differences, 0 in the first row and column."""
    return [
        ops.pad(gray[:, 1:] - gray[:, :-1], [(0, 0), (1, 0), (0, 0), (0, 0)]),
        ops.pad(
            gray[:, :, 1:] - gray[:, :, :-1], [(0, 0), (0, 0), (1, 0), (0, 0)]
        ),
    ]


def mixture_network(
    features_shape,
    filters,
    units,
    num_components,
    latents,
    dropout,
    policy,
    released,
):
    """From features to `"logits"` `(B, K)` and `"means"` `(B, K, d)`.

    Convolutions have no biases, and the first dense layer has tanh, as in the
    program of Deshpande et al. (2017).
    """
    blocks = Blocks(policy, released)
    features = keras.Input(features_shape, name="features")
    x = features
    for i, width in enumerate(filters, 1):
        strides = 2 if i == len(filters) - 1 else 1
        x = blocks.convolution(x, width, 5, strides, f"mdn{i}", use_bias=False)
    x = layers.Flatten()(x)
    x = layers.Dropout(dropout, dtype=policy)(x)
    x = blocks.dense(x, units, "mdn_dense1", "tanh")
    x = layers.Dropout(dropout, dtype=policy)(x)
    x = blocks.dense(x, num_components * (latents + 1), "mdn_dense2")
    x = ops.cast(x, "float32")
    means = layers.Reshape((num_components, latents), dtype="float32")(
        x[:, : num_components * latents]
    )
    outputs = {"logits": x[:, num_components * latents :], "means": means}
    return keras.Model(features, outputs, name="mdn")
