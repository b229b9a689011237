import numpy as np
import pytest
from keras import ops

from keras_colorize.models.hypercolumn import Hypercolumn
from tests.gradients import gradients
from tests.gradients import variable_gradients

NAMES = ("gray", "stride2", "stride4", "stride8", "stride8_b", "stride16")
CHANNELS = (1, 3, 2, 4, 5, 6)
# 24 is no multiple of 16: the last map has a cell that ends outside.
HEIGHT, WIDTH = 24, 32


def feature_maps(seed=0):
    rng = np.random.default_rng(seed)
    maps = {}
    for name, channels in zip(NAMES, CHANNELS):
        digits = name.removeprefix("stride").split("_")[0]
        stride = 1 if name == "gray" else int(digits)
        shape = (2, -(-HEIGHT // stride), -(-WIDTH // stride), channels)
        maps[name] = rng.normal(size=shape).astype("float32")
    return maps


def all_cells():
    rows, columns = np.mgrid[: HEIGHT // 4, : WIDTH // 4]
    points = np.stack([rows.ravel(), columns.ravel()], axis=-1)
    return np.repeat(points[None], 2, axis=0).astype("int32")


def small_layer(border="repeat"):
    layer = Hypercolumn(7, border=border)
    layer(feature_maps())
    layer.slices["gray"].bias.assign(np.arange(7.0))
    return layer


def column(maps, image, y, x, border):
    """The hypercolumn of a cell, value by value."""
    parts = []
    for name in NAMES:
        values = maps[name][image].astype("float64")
        stride = HEIGHT // values.shape[0] if name != "stride16" else 16
        if stride < 4:
            n = 4 // stride
            block = values[n * y : n * y + n, n * x : n * x + n]
            parts.append(block.mean(axis=(0, 1)))
            continue
        # The cell's center in pixels, and from there in the map's cells.
        places = [(4 * i + 1.5 - (stride - 1) / 2) / stride for i in (y, x)]
        if border == "zeros":
            values = np.pad(values, [(1, 1), (1, 1), (0, 0)])
            places = np.array(places) + 1
        places = np.clip(places, 0, np.array(values.shape[:2]) - 1)
        low = np.floor(places).astype(int)
        high = np.minimum(low + 1, np.array(values.shape[:2]) - 1)
        fy, fx = places - low
        parts.append(
            (1 - fy) * (1 - fx) * values[low[0], low[1]]
            + (1 - fy) * fx * values[low[0], high[1]]
            + fy * (1 - fx) * values[high[0], low[1]]
            + fy * fx * values[high[0], high[1]]
        )
    return np.concatenate(parts)


@pytest.mark.parametrize("border", ["repeat", "zeros"])
class TestBorders:
    def test_dense_against_columns(self, border):
        layer, maps = small_layer(border), feature_maps()
        kernel = np.concatenate(
            [ops.convert_to_numpy(layer.slices[name].kernel) for name in NAMES]
        )
        outputs = ops.convert_to_numpy(layer(maps))
        assert outputs.shape == (2, 6, 8, 7)
        for image, y, x in np.ndindex(2, 6, 8):
            expected = column(maps, image, y, x, border) @ kernel + np.arange(7)
            np.testing.assert_allclose(
                outputs[image, y, x], expected, atol=1e-5
            )

    def test_sparse_against_dense(self, border):
        layer, maps = small_layer(border), feature_maps()
        dense = ops.convert_to_numpy(layer(maps))
        # With few points no map is multiplied first, with many most are.
        for points in (all_cells(), all_cells()[:, [9, 47, 9]]):
            sparse = ops.convert_to_numpy(layer(maps, points))
            expected = dense[:, points[0, :, 0], points[0, :, 1]]
            np.testing.assert_allclose(sparse, expected, atol=1e-5)


class TestHypercolumn:
    def test_unknown_border(self):
        with pytest.raises(ValueError, match="'reflect'. Expected one of"):
            Hypercolumn(7, border="reflect")

    def test_gradients_of_sparse_and_dense_agree(self):
        layer, maps = small_layer(), feature_maps()
        names, arrays = zip(*maps.items())

        def loss(points):
            def of_maps(*tensors):
                outputs = layer(dict(zip(names, tensors)), points)
                return ops.sum(ops.tanh(outputs))

            return of_maps

        sparse = gradients(loss(all_cells()), *arrays)
        for name, a, b in zip(names, sparse, gradients(loss(None), *arrays)):
            np.testing.assert_allclose(a, b, atol=1e-4, err_msg=name)
            assert np.abs(a).max() > 0
        sparse, dense = (
            variable_gradients(
                lambda: loss(points)(*arrays), layer.trainable_variables
            )
            for points in (all_cells(), None)
        )
        for a, b in zip(sparse, dense):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3)
            assert np.abs(a).max() > 0

    def test_kernel_has_the_limit_of_the_whole(self):
        layer = small_layer()
        kernel = np.concatenate(
            [
                ops.convert_to_numpy(dense.kernel).ravel()
                for dense in layer.slices.values()
            ]
        )
        limit = np.sqrt(6 / (sum(CHANNELS) + 7))
        assert 0.9 * limit < np.abs(kernel).max() <= limit

    def test_one_bias_alone(self):
        assert len(small_layer().weights) == len(NAMES) + 1

    def test_config_round_trip(self):
        layer = Hypercolumn(7, 8, "zeros", dtype="mixed_bfloat16")
        again = Hypercolumn.from_config(layer.get_config())
        assert again.get_config() == layer.get_config()
        assert again.filters == 7 and again.grid_stride == 8
        assert again.border == "zeros"

    def test_computes_in_its_dtype(self):
        layer = Hypercolumn(7, dtype="mixed_bfloat16")
        for points in (None, all_cells()):
            outputs = layer(feature_maps(), points)
            assert "bfloat16" in str(outputs.dtype)
