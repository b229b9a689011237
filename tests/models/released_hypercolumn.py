"""The released network of Larsson et al. (2016) in NumPy, and files for it.

Written from the description of the Caffe program, without the package.
"""

import h5py
import numpy as np

from tests.encoders.reference import conv2d

FILTERS = (64, 128, 256, 512, 512)
COUNTS = (2, 2, 3, 3, 3)
# The factors that take the maps of each block to 1/4 of the resolution.
FACTORS = (1 / 4, 1 / 2, 1, 2, 4, 8)
# The number of axes of the weights of fc6, and of h_fc1, by revision.
REVISIONS = {"2016": (2, 2), "mid-2017": (4, 2), "2017-09-06": (4, 4)}


def shapes(width=1.0):
    """The shape (out, in, height, width) of the weights of each layer."""
    result, inputs, hypercolumn = {}, 1, 1
    for block, (filters, count) in enumerate(zip(FILTERS, COUNTS), 1):
        filters = int(filters * width)
        for i in range(1, count + 1):
            result[f"conv{block}_{i}"] = (filters, inputs, 3, 3)
            inputs = filters
            hypercolumn += filters
    wide = int(4096 * width)
    result["fc6"] = (wide, inputs, 7, 7)
    result["fc7"] = (wide, wide, 1, 1)
    narrow = int(1024 * width)
    result["h_fc1"] = (narrow, hypercolumn + 2 * wide, 1, 1)
    result["prediction_h"] = result["prediction_c"] = (32, narrow, 1, 1)
    return result


def write(path, width=1.0, revision="2017-09-06", seed=0):
    """Writes random weights, and what else such a file may hold."""
    rng = np.random.default_rng(seed)
    fc6_axes, h_fc1_axes = REVISIONS[revision]
    with h5py.File(path, "w") as file:
        for layer, shape in shapes(width).items():
            inputs = np.prod(shape[1:])
            # The histograms are far from flat.
            gain = 6.0 if layer.startswith("prediction") else 2.0**0.5
            weights = rng.standard_normal(shape, "float32")
            weights *= np.float32(gain / inputs**0.5)
            axes = {"fc6": fc6_axes, "fc7": fc6_axes}.get(layer, h_fc1_axes)
            if layer.startswith("conv"):
                axes = 4
            if axes == 2:
                weights = weights.reshape(shape[0], -1)
            bias = 0.2 * rng.standard_normal(shape[0], "float32")
            file[f"data/{layer}/0"] = weights
            file[f"data/{layer}/1"] = bias
        file.create_group("data/relu_conv1_1")
        file["data/fc6_full_reshaped/0"] = np.zeros((1, 1, 16, 16), "float32")


class Network:
    """The network with the weights of a file.

    Args:
        path: The HDF5 file.
    """

    def __init__(self, path):
        self.path = path

    def __call__(self, gray):
        """Histograms of hue and chroma of gray `(H, W)` in [0, 1].

        Returns:
            An array `(H / 4, W / 4, 64)`, in this order.
        """
        grid = [size // 4 for size in gray.shape]
        x = gray[None, :, :, None].astype("float32")
        column = [mean_pool(x[0], 4)]
        for block, count in enumerate(COUNTS, 1):
            for i in range(1, count + 1):
                x = self.layer(x, f"conv{block}_{i}", 1)
                column.append(resampled(x[0], FACTORS[block - 1], grid))
            x = max_pool(x[0])[None]
        for layer, zeros in (("fc6", 3), ("fc7", 0)):
            x = self.layer(x, layer, zeros)
            column.append(resampled(x[0], FACTORS[-1], grid))
        x = self.layer(np.concatenate(column, -1)[None], "h_fc1", 0)
        heads = [
            softmax(self.layer(x, f"prediction_{name}", 0, relu=False)[0])
            for name in "hc"
        ]
        return np.concatenate(heads, -1)

    def full_resolution(self, gray):
        """The same, `(H, W, 64)`."""
        return transposed_convolution(self(gray), 4)

    def layer(self, x, name, zeros, relu=True):
        with h5py.File(self.path) as file:
            weights, bias = (file[f"data/{name}/{i}"][()] for i in (0, 1))
        if weights.ndim == 2:
            size = {"fc6": 7}.get(name, 1)
            weights = weights.reshape(len(weights), -1, size, size)
        x = conv2d(x, weights, bias, padding=(zeros, zeros))
        return np.maximum(x, 0) if relu else x


def resampled(x, factor, grid):
    """A map `(h, w, C)` at 1/4 of the resolution."""
    if factor < 1:
        return mean_pool(x, int(1 / factor))
    if factor > 1:
        x = transposed_convolution(x, factor)
    return x[: grid[0], : grid[1]]


def transposed_convolution(x, f):
    """Bilinear enlarging by a factor as in Caffe: zeros are outside."""
    axis = 1 - np.abs(np.arange(2 * f) / f - (2 * f - 1) / (2 * f))
    kernel = np.outer(axis, axis)[..., None]
    height, width, channels = x.shape
    y = np.zeros(((height + 1) * f, (width + 1) * f, channels))
    for i, j in np.ndindex(height, width):
        y[i * f : i * f + 2 * f, j * f : j * f + 2 * f] += kernel * x[i, j]
    return y[f // 2 : f // 2 + height * f, f // 2 : f // 2 + width * f]


def mean_pool(x, n):
    height, width, channels = x.shape
    blocks = x.reshape(height // n, n, width // n, n, channels)
    return blocks.mean(axis=(1, 3))


def max_pool(x):
    """Sizes are rounded up: Caffe leaves out what is outside."""
    odd = [(0, size % 2) for size in x.shape[:2]]
    x = np.pad(x, [*odd, (0, 0)], constant_values=-np.inf)
    height, width, channels = x.shape
    blocks = x.reshape(height // 2, 2, width // 2, 2, channels)
    return blocks.max(axis=(1, 3))


def softmax(x):
    exp = np.exp(x - x.max(-1, keepdims=True))
    return exp / exp.sum(-1, keepdims=True)
