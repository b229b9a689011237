import keras
import numpy as np
import pytest

from keras_colorize.models.pixcolor.gated_conv_block import BinInput
from keras_colorize.models.pixcolor.gated_conv_block import GatedConvBlock
from tests.layers.layer_checks import randomize
from tests.layers.layer_checks import to_numpy


def conv(x, layer, top, left, right):
    """Cross-correlation with zeros around, in NumPy."""
    v, g, bias = (to_numpy(w).astype("float64") for w in layer.weights)
    kernel = v * g / np.sqrt((v**2).sum((0, 1, 2)))
    x = np.pad(x, ((0, 0), (top, 0), (left, right), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(
        x, kernel.shape[:2], (1, 2)
    )
    return np.einsum("bijckl,klcn->bijn", windows, kernel) + bias


def gate(x):
    a, b = np.split(x, 2, -1)
    return np.tanh(a) / (1 + np.exp(-b))


def inputs(seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(2, 5, 6, n)).astype("float32") for n in (4, 4, 3)]


class TestBinInput:
    def test_rounds_and_appends_ones(self):
        chroma = np.array([[-1.3, 1.2], [1 / 31 + 0.02, -0.99]], "float32")
        found = to_numpy(BinInput(32)(chroma))
        expected = [[-1, 1, 1], [1 / 31, -1, 1]]
        np.testing.assert_allclose(found, expected, atol=1e-6)

    @pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16"])
    def test_rounds_in_float32(self, policy):
        k = np.arange(31)
        # Just below the middle between two bins.
        chroma = np.repeat((2 * k[:, None] + 0.999) / 31 - 1, 2, -1)
        found = BinInput(32, dtype=policy)(chroma.astype("float32"))
        assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
        np.testing.assert_allclose(
            to_numpy(found)[:, 0], 2 * k / 31 - 1, atol=0.004
        )


class TestGatedConvBlock:
    @pytest.mark.parametrize("last", [False, True])
    def test_against_numpy(self, last):
        v, h, f = inputs()
        block = GatedConvBlock(last=last)
        block(v, h, f)
        randomize(block)
        rows = conv(v, block.conv_v, 2, 2, 2)
        x = conv(h, block.conv_h, 0, 2, 0)
        x = x + conv(rows, block.link, 0, 0, 0)
        x = x + conv(f, block.features_h, 0, 0, 0)
        expected = [h + conv(gate(x), block.out, 0, 0, 0)]
        if not last:
            above = rows + conv(f, block.features_v, 0, 0, 0)
            expected.insert(0, gate(above))
        found = block(v, h, f)
        for ours, theirs in zip([found] if last else found, expected):
            np.testing.assert_allclose(to_numpy(ours), theirs, atol=1e-4)

    @pytest.mark.parametrize("last", [False, True])
    def test_config_and_shapes(self, last):
        block = GatedConvBlock(kernel_size=3, last=last)
        again = GatedConvBlock.from_config(block.get_config())
        assert again.get_config() == block.get_config()
        tensors = [keras.Input((None, None, n)) for n in (4, 4, 3)]
        outputs = block(*tensors)
        network = keras.Model(tensors, outputs)
        found = network(inputs())
        for tensor in [found] if last else found:
            assert tuple(tensor.shape) == (2, 5, 6, 4)
        assert block.conv_v.kernel_size == (2, 3)
        assert block.conv_h.kernel_size == (1, 2)
