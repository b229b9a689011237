import numpy as np
import pytest
from keras import ops

from keras_colorize.layers import ShiftedConv2D
from tests.gradients import gradients
from tests.layers.layer_checks import LayerChecks
from tests.layers.layer_checks import randomize
from tests.layers.layer_checks import to_numpy
from tests.layers.reference import convolve
from tests.layers.reference import weights_of

SIZE = 5
KERNELS = [1, 2, 3, (2, 3)]


def noise(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def positions(direction, strict, kernel_size, row, column):
    """The pixels that an output pixel sees, from the docstring's words."""
    height, width = (
        (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
    )
    if direction == "down":
        last_row = row - strict
        first = column - (width - 1) // 2
    else:
        last_row = row
        first = column - strict - (width - 1)
    if strict and (row if direction == "down" else column) == 0:
        return set()
    rows = range(max(last_row - height + 1, 0), last_row + 1)
    columns = range(max(first, 0), min(first + width, SIZE))
    return {(i, j) for i in rows for j in columns}


class TestShiftedConv2D(LayerChecks):
    @pytest.mark.parametrize(
        "config",
        [
            {"filters": 4, "kernel_size": 3, "direction": "down"},
            {
                "filters": 4,
                "kernel_size": (2, 1),
                "direction": "down_right",
                "strict": True,
                "init_scale": 0.1,
            },
        ],
    )
    def test_layer(self, config, tmp_path):
        self.check_layer(
            ShiftedConv2D,
            config,
            inputs=[noise(2, 6, 5, 3)],
            output_shape=(2, 6, 5, 4),
            weights=3,
            path=tmp_path,
        )

    @pytest.mark.parametrize("direction", ["down", "down_right"])
    @pytest.mark.parametrize("strict", [False, True])
    @pytest.mark.parametrize("kernel_size", KERNELS)
    def test_sees_what_it_may_and_all_of_it(
        self, direction, strict, kernel_size
    ):
        layer = ShiftedConv2D(2, kernel_size, direction, strict)
        # One copy of the image for each output pixel.
        pixels = list(np.ndindex(SIZE, SIZE))
        x = np.repeat(noise(1, SIZE, SIZE, 2), len(pixels), axis=0)
        layer(x[:1])
        randomize(layer)
        chosen = np.zeros((len(pixels), SIZE, SIZE, 1), "float32")
        for copy, pixel in enumerate(pixels):
            chosen[(copy, *pixel)] = 1
        (found,) = gradients(lambda x: ops.multiply(layer(x), chosen), x)
        for copy, pixel in enumerate(pixels):
            seen = np.abs(found[copy]).max(-1) > 1e-6
            seen = set(zip(*(axis.tolist() for axis in np.nonzero(seen))))
            assert seen == positions(direction, strict, kernel_size, *pixel)

    @pytest.mark.parametrize("direction", ["down", "down_right"])
    @pytest.mark.parametrize("strict", [False, True])
    @pytest.mark.parametrize("kernel_size", [2, (1, 3)])
    def test_as_numpy(self, direction, strict, kernel_size):
        layer = ShiftedConv2D(3, kernel_size, direction, strict)
        x = noise(2, SIZE, SIZE + 1, 2)
        layer(x)
        randomize(layer)
        kernel, bias = weights_of(layer)
        height, width = kernel.shape[:2]
        left = width - 1 if direction == "down_right" else (width - 1) // 2
        expected = convolve(
            x, kernel, bias, padding=[(height - 1, 0), (left, width - 1 - left)]
        )
        if strict:
            axis = 1 if direction == "down" else 2
            expected = np.roll(expected, 1, axis=axis)
            expected[(slice(None),) * axis + (0,)] = 0
        assert np.allclose(to_numpy(layer(x)), expected, atol=1e-4)

    @pytest.mark.parametrize("direction", ["down", "down_right"])
    def test_strict_moves_in_exact_zero(self, direction):
        layer = ShiftedConv2D(3, (2, 3), direction, strict=True)
        x = noise(2, 4, 5, 2)
        layer(x)
        randomize(layer)
        assert (np.abs(to_numpy(layer.bias)) > 0).all()
        found = to_numpy(layer(x))
        first = found[:, 0] if direction == "down" else found[:, :, 0]
        assert (first == 0).all()
        assert (np.abs(found[:, 1:, 1:]) > 0).all()

    @pytest.mark.parametrize("direction", ["down", "down_right"])
    def test_one_pixel(self, direction):
        strict = ShiftedConv2D(3, 3, direction, strict=True)
        assert (to_numpy(strict(noise(1, 1, 1, 2))) == 0).all()

    def test_initialize(self):
        layer = ShiftedConv2D(3, 3, "down", init_scale=0.5)
        x = 2 + noise(4, 8, 8, 2)
        layer.initialize(x)
        outputs = to_numpy(layer(x))
        assert np.allclose(outputs.mean((0, 1, 2)), 0, atol=1e-4)
        assert np.allclose(outputs.std((0, 1, 2)), 0.5, rtol=1e-3)

    def test_refuses_other_directions(self):
        with pytest.raises(ValueError, match="up"):
            ShiftedConv2D(3, 3, "up")
