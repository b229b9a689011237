"""The networks of Deshpande et al. (2017), stated again: in NumPy and float64,
with nothing of the package, under the names of their program's variables."""

import numpy as np

PARTS = ("1", "1_1", "1_2", "1_3", "2")


def vae_shapes(filters, latents, side, skips):
    """Shape of each variable; `side` is that of the smallest feature map."""
    shapes = {}
    f1, f2, f3, f4 = filters
    widths = ((5, 2, f1), (5, f1, f2), (5, f2, f3), (4, f3, f4))
    for i, (size, inputs, outputs) in enumerate(widths, 1):
        _add(shapes, f"conv{i}", f"BN{i}", size, inputs, outputs)
    _dense(shapes, "fc1", side * side * f4, 2 * latents)
    given = (0, 0, 2, 2)
    if skips:
        widths = ((5, 1, f1), (5, f1, f2), (5, f2, f3), (4, f3, latents))
        for i, sizes in enumerate(widths, 1):
            _add(shapes, f"conv{i}_cond", f"BN{i}_cond", *sizes)
        given = (0, f3, f2, f1)
    widths = ((4, latents, f4), (5, f4, f3), (5, f3, f2), (5, f2, f1))
    for i, (size, inputs, outputs) in enumerate(widths, 1):
        # The second version has gradients at 16x16 and 32x32, not at 8x8.
        extra = given[i - 1]
        _add(
            shapes, f"deconv{i}", f"BN_deconv{i}", size, inputs + extra, outputs
        )
    _add(shapes, "deconv5", "BN_deconv5", 5, f1, 2)
    return shapes


def mdn_shapes(features, filters, side, units, outputs):
    shapes = {}
    for part, width in zip(PARTS, filters):
        _add(shapes, f"conv{part}", f"BN{part}", 5, features, width, bias=False)
        features = width
    _dense(shapes, "fc1", side * side * filters[-1], units)
    _dense(shapes, "fc2", units, outputs)
    return shapes


def values_of(shapes, seed=0):
    """Random values such that signals neither vanish nor explode."""
    rng = np.random.default_rng(seed)
    values = {}
    for name, shape in shapes.items():
        noise = rng.normal(size=shape)
        if "/W_" in name:
            noise *= np.sqrt(2 / np.prod(shape[:-1]))
        elif "gamma" in name or "variance" in name:
            noise = np.exp(0.3 * noise)
        else:
            noise *= 0.2
        values[name] = noise.astype("float32")
    return values


def with_state_of_adam(values):
    state = {"beta1_power": np.float32(0.9), "beta2_power": np.float32(0.99)}
    for name, value in values.items():
        state[name] = value
        if "moving" not in name:
            state[f"{name}/Adam"] = state[f"{name}/Adam_1"] = value
    return state


class Network:
    """A network with given values of its variables, in test mode."""

    def __init__(self, values):
        self.values = {k: np.float64(v) for k, v in values.items()}

    def get(self, name):
        return self.values[f"Inference/{name}"]

    def encode(self, field):
        """Planes (B, S, S, 2) to mean and standard deviation."""
        x = quadrants(np.float64(field))
        for i, size in enumerate((5, 5, 5, 4), 1):
            x = self.block(x, f"conv{i}", f"BN{i}", size, 2)
        x = self.dense(x.reshape(len(x), -1), "fc1")
        mean, log_variance = np.split(x, 2, axis=1)
        return mean, np.sqrt(np.exp(log_variance))

    def decode(self, codes, gray):
        """Codes (B, d) and gray (B, S, S, 1) to planes (B, S, S, 2)."""
        gray, size = np.float64(gray), gray.shape[1]
        skips = "Inference/W_conv1_cond" in self.values
        given, x = {}, gray
        if skips:
            for i, kernel in enumerate((5, 5, 5, 4), 1):
                x = self.block(x, f"conv{i}_cond", f"BN{i}_cond", kernel, 2)
                given[size >> i] = x
        else:
            given = {size >> i: gradients(gray, size >> i) for i in (1, 2)}
        side = size // 16
        x = np.broadcast_to(
            codes[:, None, None], (len(codes), side, side, codes.shape[1])
        )
        if skips:
            x = x * given[side]
        x = self.block(x, "deconv1", "BN_deconv1", 4, 1)
        for i in (2, 3, 4):
            x = doubled(x)
            if x.shape[1] in given:
                x = np.concatenate([x, given[x.shape[1]]], axis=-1)
            x = self.block(x, f"deconv{i}", f"BN_deconv{i}", 5, 1)
        x = convolved(doubled(x), self.get("W_deconv5"), 1)
        x = self.norm(x + self.get("b_deconv5"), "BN_deconv5")
        return planes(np.tanh(x))

    def mixture(self, features):
        """Features to weights (B, K) and means (B, K, d)."""
        x = np.float64(features)
        for part in PARTS:
            strides = 2 if part == "1_3" else 1
            x = convolved(x, self.get(f"W_conv{part}"), strides)
            x = self.norm(np.maximum(x, 0), f"BN{part}")
        x = np.tanh(self.dense(x.reshape(len(x), -1), "fc1"))
        x = self.dense(x, "fc2")
        means, logits = x[:, :-8].reshape(len(x), 8, -1), x[:, -8:]
        weights = np.exp(logits - logits.max(1, keepdims=True))
        return weights / weights.sum(1, keepdims=True), means

    def block(self, x, convolution, norm, size, strides):
        kernel = self.get(f"W_{convolution}")
        assert len(kernel) == size
        x = convolved(x, kernel, strides) + self.get(f"b_{convolution}")
        return self.norm(np.maximum(x, 0), norm)

    def norm(self, x, name):
        gamma, beta, mean, variance = (
            self.get(f"{name}/{part}")
            for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        return gamma * (x - mean) / np.sqrt(variance + 1e-4) + beta

    def dense(self, x, name):
        return x @ self.get(f"W_{name}") + self.get(f"b_{name}")


def convolved(x, kernel, strides):
    """A convolution with TensorFlow's "same" padding of even inputs."""
    size = len(kernel)
    whole = size - strides
    before = whole // 2
    edges = (before, whole - before)
    x = np.pad(x, [(0, 0), edges, edges, (0, 0)])
    count = (x.shape[1] - size) // strides + 1
    result = 0.0
    for i, j in np.ndindex(size, size):
        taken = x[:, i : i + strides * count : strides]
        taken = taken[:, :, j : j + strides * count : strides]
        result = result + taken[:, :count, :count] @ kernel[i, j]
    return result


def doubled(x):
    """TensorFlow 1's bilinear enlargement, pixel by pixel."""
    batch, size, _, channels = x.shape
    result = np.empty((batch, 2 * size, 2 * size, channels))
    for i, j in np.ndindex(2 * size, 2 * size):
        rows = i // 2, min(-(-i // 2), size - 1)
        columns = j // 2, min(-(-j // 2), size - 1)
        corners = [x[:, r, c] for r in rows for c in columns]
        result[:, i, j] = sum(corners) / 4
    return result


def gradients(gray, size):
    small = gray[:, :: gray.shape[1] // size, :: gray.shape[1] // size, 0]
    both = np.zeros((*small.shape, 2))
    both[:, 1:, :, 0] = small[:, 1:] - small[:, :-1]
    both[:, :, 1:, 1] = small[:, :, 1:] - small[:, :, :-1]
    return both


def quadrants(field):
    """Element [r, c, k] is a plane's element, by the sheet of facts."""
    result = np.empty_like(field)
    half = field.shape[1] // 2
    for r, c, k in np.ndindex(*field.shape[1:]):
        row, column = 2 * (r % half) + c // half, 2 * (c % half) + k
        result[:, r, c, k] = field[:, row, column, r // half]
    return result


def planes(seen):
    result = np.empty_like(seen)
    half = seen.shape[1] // 2
    for r, c, k in np.ndindex(*seen.shape[1:]):
        row, column = 2 * (r % half) + c // half, 2 * (c % half) + k
        result[:, row, column, r // half] = seen[:, r, c, k]
    return result


def _add(shapes, convolution, norm, size, inputs, outputs, bias=True):
    shapes[f"Inference/W_{convolution}"] = (size, size, inputs, outputs)
    if bias:
        shapes[f"Inference/b_{convolution}"] = (outputs,)
    for part in ("gamma", "beta", "moving_mean", "moving_variance"):
        shapes[f"Inference/{norm}/{part}"] = (outputs,)


def _dense(shapes, name, inputs, outputs):
    shapes[f"Inference/W_{name}"] = (inputs, outputs)
    shapes[f"Inference/b_{name}"] = (outputs,)
