import numpy as np
import pytest

from keras_colorize import encoders
from tests.encoders.reference import assert_close
from tests.encoders.reference import conv2d
from tests.encoders.reference import features_of
from tests.encoders.reference import gray_images
from tests.encoders.reference import norm

WIDTH = 1 / 32
# Convolutions, channels, stride of the last, dilation (Zhang et al. 2016).
BLOCKS = (
    (2, 2, 2, 1),
    (2, 4, 2, 1),
    (3, 8, 2, 1),
    (3, 16, 1, 1),
    (3, 16, 1, 2),
    (3, 16, 1, 2),
    (3, 16, 1, 1),
)


def random_blobs(seed=0):
    """A Caffe model's blobs of random values, later layers included."""
    rng = np.random.default_rng(seed)
    blobs, inputs = {"conv8_1/0": np.zeros((16, 8, 4, 4))}, 1
    for block, (count, channels, *_) in enumerate(BLOCKS, 1):
        for i in range(1, count + 1):
            name = "bw_conv1_1" if block == i == 1 else f"conv{block}_{i}"
            scale = (9 * inputs) ** -0.5
            blobs[f"{name}/0"] = rng.normal(0, scale, (channels, inputs, 3, 3))
            blobs[f"{name}/1"] = rng.normal(0, 0.2, channels)
            inputs = channels
        name = f"conv{block}_{count}norm"
        blobs[f"{name}/0"] = 4 * rng.uniform(0, 1, channels)
        blobs[f"{name}/1"] = 4 * rng.uniform(0.5, 2, channels)
        blobs[f"{name}/2"] = np.array([4.0])
    return blobs


def as_torch(blobs):
    """The same function under the names of the authors' PyTorch model."""
    state = {"model_out.weight": np.zeros((2, 313, 1, 1))}
    for block, (count, *_) in enumerate(BLOCKS, 1):
        for i in range(1, count + 1):
            first = block == i == 1
            name = "bw_conv1_1" if first else f"conv{block}_{i}"
            module = f"model{block}.{2 * i - 2}"
            scale = 100 if first else 1
            state[f"{module}.weight"] = scale * blobs[f"{name}/0"]
            state[f"{module}.bias"] = blobs[f"{name}/1"]
        mean, variance, factor = (
            blobs[f"conv{block}_{count}norm/{i}"] for i in range(3)
        )
        module = f"model{block}.{2 * count}"
        state[f"{module}.weight"] = np.ones_like(mean)
        state[f"{module}.bias"] = np.zeros_like(mean)
        state[f"{module}.running_mean"] = mean / factor
        state[f"{module}.running_var"] = variance / factor
        state[f"{module}.num_batches_tracked"] = np.array(5)
    return state


def reference(blobs, luminance):
    """Features of L in [0, 100], as Caffe computes them."""
    x, features = luminance - 50, {}
    for block, (count, _, stride, dilation) in enumerate(BLOCKS, 1):
        for i in range(1, count + 1):
            name = "bw_conv1_1" if block == i == 1 else f"conv{block}_{i}"
            x = conv2d(
                x,
                blobs[f"{name}/0"],
                blobs[f"{name}/1"],
                stride if i == count else 1,
                (dilation, dilation),
                dilation,
            )
            x = np.maximum(x, 0)
        if block == 7:
            features["stride8"] = x
        mean, variance, factor = (
            blobs[f"conv{block}_{count}norm/{i}"] for i in range(3)
        )
        x = norm(x, mean / factor, variance / factor, epsilon=1e-5)
        if block < 3:
            features[f"stride{2**block}"] = x
    return features


class TestCIC:
    @pytest.mark.parametrize("names", ["caffe", "torch"])
    def test_converted_features_are_the_published_ones(self, names):
        blobs = random_blobs()
        state = blobs if names == "caffe" else as_torch(blobs)
        encoder = encoders.cic(WIDTH)
        encoders.convert_cic(state, encoder)
        gray = gray_images(32)
        found = features_of(encoder, gray)
        expected = reference(blobs, 50 * (gray + 1))
        assert set(found) == set(expected)
        for name, values in found.items():
            assert_close(values, expected[name])

    def test_missing_weights_are_named(self):
        blobs = random_blobs()
        del blobs["conv6_2/1"]
        with pytest.raises(ValueError, match="Missing: conv6_2/1. Unknown: no"):
            encoders.convert_cic(blobs, encoders.cic(WIDTH))
