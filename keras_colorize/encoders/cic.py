"""The network of "Colorful Image Colorization" (Zhang et al. 2016)."""

import keras
import numpy as np
from keras import layers

from keras_colorize.encoders.weights import check_names

# Of each block: convolutions, channels, stride of the last, dilation.
_BLOCKS = (
    (2, 64, 2, 1),
    (2, 128, 2, 1),
    (3, 256, 2, 1),
    (3, 512, 1, 1),
    (3, 512, 1, 2),
    (3, 512, 1, 2),
    (3, 512, 1, 1),
)
_EPSILON = 1e-5


def cic(width=1.0, name="cic"):
    """Returns the first seven blocks of CIC, with random weights.

    The network of Zhang et al. (2016), whose features condition the VAE + MDN
    of Deshpande et al. (2017). Its input is L of Lab, as in the paper.

    Args:
        width: float. Multiplies the channels of every layer.
        name: str. Name of the model.

    Returns:
        A functional model from normalized L `(B, H, W, 1)` to a dict of
        feature maps: `"stride2"` (64 channels) and `"stride4"` (128), after
        the norm of blocks 1 and 2, and `"stride8"` (512): conv7_3 after its
        ReLU and before the norm, as Deshpande et al. take it.
    """
    inputs = keras.Input((None, None, 1), name="gray")
    x, outputs = inputs, {}
    for block, (count, channels, strides, dilation) in enumerate(_BLOCKS, 1):
        for i in range(1, count + 1):
            last = i == count
            # Padding is 1 on both sides. "same" would differ at stride 2.
            strided = last and strides > 1
            if strided:
                x = layers.ZeroPadding2D(1, name=f"conv{block}_{i}_pad")(x)
            x = layers.Conv2D(
                max(1, int(channels * width)),
                3,
                strides if last else 1,
                padding="valid" if strided else "same",
                dilation_rate=dilation,
                activation="relu",
                name=f"conv{block}_{i}",
            )(x)
        if block < len(_BLOCKS):
            x = layers.BatchNormalization(
                epsilon=_EPSILON, name=f"conv{block}_{count}norm"
            )(x)
        if block < 3:
            outputs[f"stride{2**block}"] = x
    outputs["stride8"] = x
    return keras.Model(inputs, outputs, name=name)


def convert_cic(state, encoder):
    """Loads the published weights of CIC into `cic` of width 1.

    Args:
        state: Dict of arrays: the blobs of a Caffe model, named
            `"<layer>/<index>"`, or the state dict of the authors' PyTorch
            model (`eccv16`). Weights of later layers are ignored.
        encoder: Model of `cic`, which gets the weights.

    Raises:
        ValueError: If weights are missing.
    """
    caffe = "bw_conv1_1/0" in state
    names = _caffe_names() if caffe else _torch_names()
    used = [name for parts in names.values() for name in parts]
    found = [name for name in state if name in set(used)]
    check_names(found, used, "state")
    for layer, parts in names.items():
        arrays = [np.asarray(state[part]) for part in parts]
        if not layer.endswith("norm"):
            kernel, bias = arrays
            kernel = kernel.transpose(2, 3, 1, 0)
            if layer == "conv1_1":
                # Caffe's network sees L - 50, PyTorch's (L - 50) / 100.
                kernel = kernel * (50.0 if caffe else 0.5)
            arrays = [kernel, bias]
        elif caffe:
            arrays = caffe_norm(*arrays)
        encoder.get_layer(layer).set_weights(arrays)


def caffe_norm(mean, variance, factor):
    """Scale, offset, mean and variance of a batch normalization of Caffe."""
    factor = 1.0 / factor if factor.item() else 0.0
    ones = np.ones_like(mean)
    return [ones, 0.0 * ones, mean * factor, variance * factor]


def _caffe_names():
    names = {}
    for block, (count, *_) in enumerate(_BLOCKS, 1):
        for i in range(1, count + 1):
            layer = f"conv{block}_{i}"
            blob = "bw_conv1_1" if layer == "conv1_1" else layer
            names[layer] = [f"{blob}/0", f"{blob}/1"]
        if block < len(_BLOCKS):
            norm = f"conv{block}_{count}norm"
            names[norm] = [f"{norm}/{i}" for i in range(3)]
    return names


def _torch_names():
    names = {}
    for block, (count, *_) in enumerate(_BLOCKS, 1):
        for i in range(1, count + 1):
            module = f"model{block}.{2 * (i - 1)}"
            names[f"conv{block}_{i}"] = [f"{module}.weight", f"{module}.bias"]
        if block < len(_BLOCKS):
            module = f"model{block}.{2 * count}"
            names[f"conv{block}_{count}norm"] = [
                f"{module}.{part}"
                for part in ("weight", "bias", "running_mean", "running_var")
            ]
    return names
