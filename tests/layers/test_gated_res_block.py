import numpy as np
import pytest

from keras_colorize.layers import GatedResBlock
from keras_colorize.layers import concat_elu
from tests.layers.layer_checks import LayerChecks
from tests.layers.layer_checks import randomize
from tests.layers.layer_checks import to_numpy
from tests.layers.reference import convolve
from tests.layers.reference import weights_of


def noise(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape).astype("float32")


def elu_of_both(x):
    """concat_elu as PIC.md has it."""
    both = np.concatenate([x, -x], axis=-1).astype("float64")
    return np.where(both > 0, both, np.exp(both) - 1)


def formula(layer, x, conditioning=None, dilation=1):
    """The block by its formula, its kernels 3x3, dropout off."""
    padding = {
        None: "same",
        "down": [(2, 0), (1, 1)],
        "down_right": [(2, 0), (2, 0)],
    }[layer.direction]
    h = convolve(
        elu_of_both(x),
        *weights_of(layer.conv1),
        dilation=dilation,
        padding=padding,
    )
    if conditioning is not None:
        kernel, bias = weights_of(layer.conv_aux)
        assert kernel.shape[:2] == (1, 1)
        h = h + elu_of_both(conditioning) @ kernel[0, 0] + bias
    h = convolve(elu_of_both(h), *weights_of(layer.conv2), padding=padding)
    if layer.gated:
        p, q = h[..., : x.shape[-1]], h[..., x.shape[-1] :]
        h = p / (1 + np.exp(-q))
    return x + h


class TestConcatELU:
    def test_by_hand(self):
        found = to_numpy(concat_elu(np.array([[1.0, -2.0]], "float32")))
        expected = [[1, np.exp(-2) - 1, np.exp(-1) - 1, 2]]
        assert np.allclose(found, expected, atol=1e-6)


class TestGatedResBlock(LayerChecks):
    @pytest.mark.parametrize(
        "config, conditioned",
        [
            ({"dropout": 0.5, "dilation_rate": 2}, False),
            (
                {
                    "kernel_size": (2, 3),
                    "direction": "down_right",
                    "gated": False,
                },
                True,
            ),
        ],
    )
    def test_layer(self, config, conditioned, tmp_path):
        inputs = [noise(2, 5, 6, 4)]
        if conditioned:
            inputs.append(noise(2, 5, 6, 3, seed=1))
        self.check_layer(
            GatedResBlock,
            config,
            inputs=inputs,
            output_shape=(2, 5, 6, 4),
            weights=9 if conditioned else 6,
            path=tmp_path,
        )

    @pytest.mark.parametrize(
        "gated, conditioned", [(True, True), (False, True), (True, False)]
    )
    @pytest.mark.parametrize(
        "direction, dilation",
        [(None, 1), (None, 2), ("down", 1), ("down_right", 1)],
    )
    def test_is_the_formula(self, gated, conditioned, direction, dilation):
        layer = GatedResBlock(
            direction=direction,
            gated=gated,
            dilation_rate=dilation,
            dropout=0.5,
        )
        inputs = [noise(2, 5, 6, 4)]
        if conditioned:
            inputs.append(noise(2, 5, 6, 3, seed=1))
        layer(*inputs)
        randomize(layer)
        expected = formula(layer, *inputs, dilation=dilation)
        assert np.abs(expected - inputs[0]).max() > 0.1
        assert np.allclose(to_numpy(layer(*inputs)), expected, atol=1e-3)

    def test_dropout_only_in_training(self):
        layer, x = GatedResBlock(dropout=0.5), noise(1, 6, 6, 4)
        layer(x)
        randomize(layer)
        still = to_numpy(layer(x, training=False))
        assert np.array_equal(still, to_numpy(layer(x)))
        first = to_numpy(layer(x, training=True))
        second = to_numpy(layer(x, training=True))
        assert np.abs(first - still).max() > 0.01
        assert np.abs(first - second).max() > 0.01

    def test_dropout_is_before_conv2_alone(self):
        # With everything dropped only conv2's bias is left.
        layer, x = (
            GatedResBlock(dropout=0.999999, gated=False),
            noise(1, 4, 4, 3),
        )
        layer(x)
        randomize(layer)
        found = to_numpy(layer(x, training=True))
        assert np.allclose(found, x + to_numpy(layer.conv2.bias), atol=1e-5)

    def test_without_dropout_training_changes_nothing(self):
        layer, x = GatedResBlock(), noise(1, 5, 5, 3)
        assert np.allclose(
            to_numpy(layer(x, training=True)), to_numpy(layer(x)), atol=1e-6
        )

    def test_init_scales(self):
        layer = GatedResBlock()
        layer(noise(1, 4, 4, 3), noise(1, 4, 4, 2))
        assert layer.conv1.init_scale == 1.0
        assert layer.conv_aux.init_scale == 1.0
        assert layer.conv2.init_scale == 0.1

    def test_refuses_other_directions(self):
        with pytest.raises(ValueError, match="left"):
            GatedResBlock(direction="left")

    def test_refuses_dilated_causal_blocks(self):
        with pytest.raises(ValueError, match="dilat"):
            GatedResBlock(direction="down", dilation_rate=2)
