"""Convolutions as loops over the kernel, in NumPy's float64."""

import numpy as np


def weights_of(layer):
    """Kernel W = g V / ||V|| and bias of a weight-normalized convolution."""
    v, g, bias = (
        np.asarray(weight.numpy(), "float64")
        for weight in (layer.v, layer.g, layer.bias)
    )
    for output in range(v.shape[-1]):
        v[..., output] *= g[output] / np.linalg.norm(v[..., output].ravel())
    return v, bias


def convolve(x, kernel, bias=0.0, strides=1, dilation=1, padding="same"):
    """Correlates x (B, H, W, C) with a kernel (h, w, C, filters)."""
    x = np.asarray(x, "float64")
    if padding == "same":
        padding = [
            same_padding(size, k, strides, dilation)
            for size, k in zip(x.shape[1:3], kernel.shape[:2])
        ]
    elif padding == "valid":
        padding = [(0, 0), (0, 0)]
    x = np.pad(x, [(0, 0), *padding, (0, 0)])
    height, width = (
        (size - (k - 1) * dilation - 1) // strides + 1
        for size, k in zip(x.shape[1:3], kernel.shape[:2])
    )
    result = np.zeros((len(x), height, width, kernel.shape[-1])) + bias
    for i, j in np.ndindex(height, width):
        for p, q in np.ndindex(*kernel.shape[:2]):
            pixel = x[:, i * strides + p * dilation, j * strides + q * dilation]
            result[:, i, j] += pixel @ kernel[p, q]
    return result


def same_padding(size, kernel, strides, dilation):
    """TensorFlow's rule: what is odd goes to the bottom and the right."""
    reach = (kernel - 1) * dilation + 1
    total = max((-(-size // strides) - 1) * strides + reach - size, 0)
    return total // 2, total - total // 2
