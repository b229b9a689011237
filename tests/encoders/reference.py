"""Convolutions and norms in NumPy, and random weights of a network."""

import keras
import numpy as np


def conv2d(x, kernel, bias=None, strides=1, padding=(0, 0), dilation=1):
    """A convolution of `(B, H, W, C)` with an OIHW kernel.

    A kernel of shape (C, 1, h, w) on more than one channel is depthwise.

    Args:
        padding: Zeros before and after each axis, or "same" as TensorFlow's.
    """
    size = kernel.shape[-1]
    reach = dilation * (size - 1) + 1
    if padding == "same":
        total = max((-(-x.shape[1] // strides) - 1) * strides, 0)
        total = max(total + reach - x.shape[1], 0)
        padding = (total // 2, total - total // 2)
    x = np.pad(x, ((0, 0), padding, padding, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(
        x, (reach, reach), (1, 2)
    )
    windows = windows[:, ::strides, ::strides, :, ::dilation, ::dilation]
    if kernel.shape[1] == 1 and x.shape[-1] > 1:
        y = np.einsum("bhwcij,cij->bhwc", windows, kernel[:, 0])
    else:
        y = np.einsum("bhwcij,ocij->bhwo", windows, kernel, optimize=True)
    return y if bias is None else y + bias


def norm(x, mean, variance, gamma=1.0, beta=0.0, epsilon=1e-3):
    return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta


def randomize(model, seed=0):
    """Gives a model random weights, moving averages and biases included."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            continue
        layer.set_weights(
            [
                rng.uniform(0.5, 1.5, w.shape) if w.ndim == 1 else w
                for w in layer.get_weights()
            ]
        )


def gray_images(size=64, count=2, seed=0):
    """Normalized gray photographs `(B, H, W, 1)`."""
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (count, size, size, 1)).astype("float32")


def features_of(model, images):
    """The feature maps of images, as NumPy arrays."""
    found = model(images, training=False)
    return {
        name: np.asarray(keras.ops.convert_to_numpy(value))
        for name, value in found.items()
    }


def assert_close(found, expected, tolerance=1e-4):
    """Equal to a share of the largest expected value."""
    assert found.shape == expected.shape
    assert np.abs(expected).max() > 0
    error = np.abs(found - expected).max() / np.abs(expected).max()
    assert error < tolerance, error
