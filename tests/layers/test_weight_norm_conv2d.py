import concurrent.futures

import numpy as np
import pytest
from keras import ops

from keras_colorize.layers import WeightNormConv2D
from keras_colorize.layers import data_dependent_initialization
from keras_colorize.layers import folded_weights
from tests.layers.layer_checks import LayerChecks
from tests.layers.layer_checks import randomize
from tests.layers.layer_checks import to_numpy
from tests.layers.reference import convolve
from tests.layers.reference import weights_of


def noise(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape).astype("float32")


def statistics(outputs):
    outputs = to_numpy(outputs).astype("float64")
    return outputs.mean((0, 1, 2)), outputs.std((0, 1, 2))


class TestWeightNormConv2D(LayerChecks):
    @pytest.mark.parametrize(
        "config, output_shape",
        [
            (
                {"filters": 3, "kernel_size": (1, 2), "strides": 2},
                (2, 3, 3, 3),
            ),
            (
                {
                    "filters": 2,
                    "kernel_size": 2,
                    "padding": ((1, 0), (2, 1)),
                    "init_scale": 0.1,
                },
                (2, 6, 7, 2),
            ),
        ],
    )
    def test_layer(self, config, output_shape, tmp_path):
        self.check_layer(
            WeightNormConv2D,
            config,
            inputs=[noise(2, 6, 5, 3)],
            output_shape=output_shape,
            weights=3,
            path=tmp_path,
        )

    @pytest.mark.parametrize("kernel_size", [1, 2, 3, (2, 5)])
    @pytest.mark.parametrize("strides, dilation", [(1, 1), (2, 1), (1, 2)])
    def test_same_padding_as_numpy(self, kernel_size, strides, dilation):
        # An even and an odd size: TensorFlow pads them differently.
        self.check_as_numpy(kernel_size, strides, dilation, "same")

    @pytest.mark.parametrize("strides, dilation", [(1, 1), (2, 1), (1, 2)])
    @pytest.mark.parametrize("padding", ["valid", ((2, 0), (1, 3))])
    def test_other_padding_as_numpy(self, strides, dilation, padding):
        self.check_as_numpy((2, 3), strides, dilation, padding)

    def check_as_numpy(self, kernel_size, strides, dilation, padding):
        layer = WeightNormConv2D(
            4,
            kernel_size,
            strides=strides,
            dilation_rate=dilation,
            padding=padding,
        )
        x = noise(2, 6, 7, 3)
        layer(x)
        randomize(layer)
        expected = convolve(x, *weights_of(layer), strides, dilation, padding)
        assert np.allclose(to_numpy(layer(x)), expected, atol=1e-4)

    def test_norm_of_each_kernel_is_g(self):
        layer = WeightNormConv2D(5, 3)
        layer.build((None, 4, 4, 2))
        randomize(layer)
        norms = np.linalg.norm(to_numpy(layer.kernel()).reshape(-1, 5), axis=0)
        assert np.allclose(norms, to_numpy(layer.g), rtol=1e-5)

    def test_kernel_of_zeros_stays_one(self):
        layer = WeightNormConv2D(2, 3)
        layer.build((None, None, None, 4))
        layer.v.assign(to_numpy(layer.v) * [0.0, 1.0])
        norms = np.sqrt((to_numpy(layer.kernel()) ** 2).sum((0, 1, 2)))
        np.testing.assert_allclose(norms, [0, 1], rtol=1e-5)

    def test_v_is_drawn_as_in_the_paper(self):
        layer = WeightNormConv2D(64, 3)
        layer.build((None, 4, 4, 32))
        v = to_numpy(layer.v)
        assert abs(v.std() - 0.05) < 0.002 and abs(v.mean()) < 0.002

    @pytest.mark.parametrize("init_scale", [1.0, 0.1])
    @pytest.mark.parametrize("strides", [1, 2])
    def test_initialize(self, init_scale, strides):
        layer = WeightNormConv2D(4, 3, strides=strides, init_scale=init_scale)
        layer.build((None, 8, 8, 3))
        randomize(layer)
        v = to_numpy(layer.v)
        x = 5 + 3 * noise(6, 8, 8, 3)
        layer.initialize(x)
        mean, std = statistics(layer(x))
        assert np.allclose(mean, 0, atol=1e-4 * init_scale)
        assert np.allclose(std, init_scale, rtol=1e-3)
        assert np.array_equal(to_numpy(layer.v), v)

    def test_initialize_builds_the_layer(self):
        layer, x = WeightNormConv2D(4, 3), noise(6, 8, 8, 3)
        layer.initialize(x)
        assert np.allclose(statistics(layer(x))[1], 1, rtol=1e-3)

    @pytest.mark.parametrize(
        "policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"]
    )
    def test_initialize_in_low_precision(self, policy):
        layer = WeightNormConv2D(4, 3, dtype=policy)
        x = noise(6, 8, 8, 3)
        layer.build(x.shape)
        layer.initialize(x)
        mean, std = statistics(layer(x))
        assert np.allclose(mean, 0, atol=0.03)
        assert np.allclose(std, 1, atol=0.03)

    def test_a_dead_channel_stays_finite(self):
        layer, x = WeightNormConv2D(4, 3), np.zeros((2, 4, 4, 3), "float32")
        layer.initialize(x)
        assert np.isfinite(to_numpy(layer(x))).all()


class TestDataDependentInitialization:
    def test_passes_through_a_chain(self):
        chain = [
            WeightNormConv2D(4, 3, init_scale=2.0),
            WeightNormConv2D(5, 3, strides=2, init_scale=0.5),
            WeightNormConv2D(3, 1),
        ]
        batch = 4 - 2 * noise(8, 8, 8, 2)

        def run(x):
            passed = []
            for layer in chain:
                passed.append(layer(x))
                x = ops.relu(passed[-1])
            return passed

        run(batch)
        for layer in chain:
            randomize(layer)
        with data_dependent_initialization():
            during = run(batch)
        after = run(batch)
        for layer, first, second in zip(chain, during, after):
            mean, std = statistics(second)
            assert np.allclose(mean, 0, atol=1e-4)
            assert np.allclose(std, layer.init_scale, rtol=1e-3)
            assert np.allclose(to_numpy(first), to_numpy(second), atol=1e-5)

    def test_is_off_outside_and_after_an_error(self):
        layer, x = WeightNormConv2D(4, 3), noise(2, 4, 4, 3)
        layer(x)
        randomize(layer)
        g = to_numpy(layer.g)
        with pytest.raises(RuntimeError):
            with data_dependent_initialization():
                raise RuntimeError
        layer(x)
        assert np.array_equal(to_numpy(layer.g), g)


class TestFoldedWeights:
    def test_same_outputs_from_a_kernel_computed_once(self):
        layer, x = WeightNormConv2D(4, 3), noise(2, 5, 5, 3)
        layer(x)
        randomize(layer)
        expected = convolve(x, *weights_of(layer))
        with folded_weights([layer]):
            assert np.allclose(to_numpy(layer(x)), expected, atol=1e-4)
            # The bias is no part of the kernel, g is.
            layer.g.assign(2 * layer.g)
            assert np.allclose(to_numpy(layer(x)), expected, atol=1e-4)
        doubled = convolve(x, *weights_of(layer))
        assert not np.allclose(doubled, expected, atol=1e-2)
        assert np.allclose(to_numpy(layer(x)), doubled, atol=1e-4)

    def test_is_undone_after_an_error(self):
        layer, x = WeightNormConv2D(4, 3), noise(2, 5, 5, 3)
        layer(x)
        with pytest.raises(RuntimeError):
            with folded_weights([layer]):
                raise RuntimeError
        randomize(layer)
        expected = convolve(x, *weights_of(layer))
        assert np.allclose(to_numpy(layer(x)), expected, atol=1e-4)

    def test_concerns_its_own_thread_alone(self):
        layer = WeightNormConv2D(3, 1)
        layer.build((None, 4, 4, 2))
        x = np.ones((1, 4, 4, 2), "float32")
        expected = ops.convert_to_numpy(layer(x))
        with folded_weights([layer]):
            layer.g.assign(ops.zeros((3,)))
            np.testing.assert_array_equal(
                ops.convert_to_numpy(layer(x)), expected
            )
            with concurrent.futures.ThreadPoolExecutor(1) as thread:
                found = thread.submit(layer, x).result()
            assert (ops.convert_to_numpy(found) == 0).all()
