"""The network that Royer et al. released, stated again: in TensorFlow's plain
operations and float64, with nothing of the package, under their names."""

import numpy as np
import tensorflow as tf
from skimage.color import rgb2lab

SCOPE = "picolor_template"
BLOCKS = {"cifar": 9, "imagenet": 12}
FACTOR = {"cifar": 2, "imagenet": 4}
# The convolution after a block, and its stride.
DOWNSCALE = {
    "cifar": {2: 2, 4: 1, 6: 1, 9: 1},
    "imagenet": {2: 2, 4: 2, 6: 1, 9: 1, 12: 1},
}
DILATION = {7: 2, 8: 2, 9: 2, 10: 4, 11: 4, 12: 4}


def variable_shapes(dataset, widths, filters, outputs, rows=4):
    """Shape of each variable, by its name.

    Args:
        dataset: str. "cifar" or "imagenet".
        widths: Widths of the embedding: of conv_leak, then downscale_leak_1...
        filters: Width of the autoregressive network.
        outputs: Parameters of the mixture.
        rows: Blocks in each stream of the autoregressive network.
    """
    shapes = {}

    def add(name, height, width, inputs, outputs):
        shapes[f"{SCOPE}/{name}/V"] = (height, width, inputs, outputs)
        shapes[f"{SCOPE}/{name}/g"] = shapes[f"{SCOPE}/{name}/b"] = (outputs,)

    def add_block(name, width, conditioning=0):
        add(f"{name}/conv1", 3, 3, 2 * width, width)
        if conditioning:
            add(f"{name}/conv_aux", 1, 1, 2 * conditioning, width)
        add(f"{name}/conv2", 3, 3, 2 * width, 2 * width)

    stage = 0
    add("conv_leak", 3, 3, 2, widths[0])
    for block in range(1, BLOCKS[dataset] + 1):
        add_block(f"down_leak_{block}", widths[stage])
        if block in DOWNSCALE[dataset]:
            stage += 1
            name = f"downscale_leak_{stage}"
            add(name, 3, 3, widths[stage - 1], widths[stage])
    add("conv_down", 2, 3, 4, filters)
    add("conv_down_2", 1, 3, 4, filters)
    add("conv_down_right", 2, 1, 4, filters)
    for i in range(rows):
        add_block(f"shortrange_down_{i}", filters, widths[-1])
        add_block(f"shortrange_down_right_{i}", filters, filters + widths[-1])
    add("conv_last", 1, 1, filters, outputs)
    return shapes


class Network:
    """The network with given values of its variables.

    Args:
        dataset: str. "cifar" or "imagenet".
        values: dict of arrays, by the variables' names.
        components: int. Of the mixture.
    """

    def __init__(self, dataset, values, components):
        self.dataset = dataset
        self.values = {k: np.asarray(v, "float64") for k, v in values.items()}
        self.components = components

    def __call__(self, rgb):
        """Mixture parameters and embedding of RGB images (B, H, W, 3)."""
        factor = FACTOR[self.dataset]
        light = rgb2lab(rgb)[..., :1] / 50 - 1
        embedding = self.embed(with_ones(light))
        canvas = rgb[:, ::factor, ::factor] / 127.5 - 1
        parameters = self.autoregress(with_ones(canvas), embedding)
        return parameters.numpy(), embedding.numpy()

    def embed(self, x):
        stage = 0
        x = self.conv(x, "conv_leak")
        for block in range(1, BLOCKS[self.dataset] + 1):
            dilation = DILATION.get(block)
            x = self.block(x, f"down_leak_{block}", dilation=dilation)
            if block in DOWNSCALE[self.dataset]:
                stage += 1
                stride = DOWNSCALE[self.dataset][block]
                x = self.conv(x, f"downscale_leak_{stage}", stride=stride)
        return x

    def autoregress(self, x, embedding):
        # ((top, bottom), (left, right)) zeros, so that nothing below or, in
        # ul, to the right is seen.
        u = moved_down(self.conv(x, "conv_down", [(1, 0), (1, 1)]))
        ul = moved_down(self.conv(x, "conv_down_2", [(0, 0), (1, 1)]))
        left = self.conv(x, "conv_down_right", [(1, 0), (0, 0)])
        ul = ul + moved_right(left)
        i = 0
        while f"{SCOPE}/shortrange_down_{i}/conv1/V" in self.values:
            u = self.block(
                u, f"shortrange_down_{i}", [(2, 0), (1, 1)], embedding
            )
            ul = self.block(
                ul,
                f"shortrange_down_right_{i}",
                [(2, 0), (2, 0)],
                tf.concat([u, embedding], 3),
            )
            i += 1
        return self.conv(tf.nn.elu(ul), "conv_last")

    def block(self, x, name, zeros=None, conditioning=None, dilation=None):
        h = self.conv(concat_elu(x), f"{name}/conv1", zeros, dilation=dilation)
        if conditioning is not None:
            h += self.conv(concat_elu(conditioning), f"{name}/conv_aux")
        h = self.conv(concat_elu(h), f"{name}/conv2", zeros)
        p, q = tf.split(h, 2, 3)
        return x + p / (1 + tf.exp(-q))

    def conv(self, x, name, zeros=None, stride=1, dilation=None):
        kernel = self.values[f"{SCOPE}/{name}/V"].copy()
        g, b = (self.values[f"{SCOPE}/{name}/{end}"] for end in "gb")
        for output in range(kernel.shape[-1]):
            column = kernel[..., output]
            kernel[..., output] = g[output] * column / np.linalg.norm(column)
        padding = "SAME"
        if zeros is not None:
            x = tf.pad(x, [(0, 0), *zeros, (0, 0)])
            padding = "VALID"
        if dilation is not None:
            return tf.nn.atrous_conv2d(x, kernel, dilation, padding) + b
        return tf.nn.conv2d(x, kernel, stride, padding) + b

    def bits_per_dim(self, parameters, rgb):
        """Bits per dimension of each image, given mixture parameters."""
        factor = FACTOR[self.dataset]
        lab = rgb2lab(rgb)[:, ::factor, ::factor]
        lab = (lab - [50, 0.5, -0.5]) / [50, 127.5, 127.5]
        bits = []
        for image, target in zip(parameters, lab):
            nats = 0.0
            for row, column in np.ndindex(target.shape[:2]):
                nats -= self.log_prob(image[row, column], *target[row, column])
            bits.append(nats / (np.log(2) * target[..., 1:].size))
        return np.array(bits)

    def log_prob(self, parameters, light, a, b):
        """Nats of one pixel: eight numbers a component."""
        groups = parameters[: 8 * self.components].reshape(8, self.components)
        total = 0.0
        weights = np.exp(groups[0]) / np.exp(groups[0]).sum()
        for weight, group in zip(weights, groups[1:].T):
            c0, c1, c2 = np.tanh(group[:3])
            mean_a, log_scale_a, mean_b, log_scale_b = group[3:]
            mean_a += c0 * light
            mean_b += c1 * light + c2 * a
            total += weight * np.exp(
                log_bin(a, mean_a, log_scale_a)
                + log_bin(b, mean_b, log_scale_b)
            )
        return np.log(total)


def log_bin(x, mean, log_scale):
    """Log-probability of the bin around x in one logistic."""
    scale = np.exp(max(log_scale, -7.0))
    upper = sigmoid((x - mean + 1 / 255) / scale)
    lower = sigmoid((x - mean - 1 / 255) / scale)
    if x < -0.999:
        return np.log(upper)
    if x > 0.999:
        return np.log(1 - lower)
    if upper - lower > 1e-5:
        return np.log(upper - lower)
    middle = (x - mean) / scale
    density = middle - np.log(scale) - 2 * np.logaddexp(0, middle)
    return density - np.log(127.5)


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def concat_elu(x):
    return tf.nn.elu(tf.concat([x, -x], 3))


def with_ones(x):
    return np.concatenate([x, np.ones_like(x[..., :1])], -1)


def moved_down(x):
    return tf.concat([tf.zeros_like(x[:, :1]), x[:, :-1]], 1)


def moved_right(x):
    return tf.concat([tf.zeros_like(x[:, :, :1]), x[:, :, :-1]], 2)
