import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.layers import ChromaInput
from keras_colorize.layers import DiscretizedLogisticMixture
from keras_colorize.layers import GatedResBlock
from keras_colorize.layers import ShiftedConv2D
from keras_colorize.layers import UncacheableError
from keras_colorize.layers import WeightNormConv2D
from keras_colorize.sampling import CachedSampler
from keras_colorize.sampling import FullSampler
from tests.sampling.helpers import check_exact
from tests.sampling.helpers import pic_inputs
from tests.sampling.helpers import project
from tests.sampling.helpers import randomize
from tests.sampling.helpers import sample
from tests.sampling.helpers import tiny_pic
from tests.sampling.helpers import uniform

CONFIGURATIONS = {
    "default": {},
    "ungated": {"gated": False},
    "unconditioned": {"conditioned": False},
    "rgb": {"input_space": "rgb"},
    "rgb8": {"input_space": "rgb8"},
    "ab": {"input_space": "ab"},
    "kernel_1": {"kernel_size": 1},
    "kernel_2": {"kernel_size": 2},
    "kernel_4": {"kernel_size": 4},
    "embedding_only": {"num_blocks": 0, "embedding_filters": (8, 20)},
    "dilated": {"embedding_dilations": (2, 4)},
    "one_block": {"num_blocks": 1, "gated": False, "conditioned": False},
}


@pytest.mark.usefixtures("uncompiled")
class TestExactness:
    @pytest.mark.parametrize("name", CONFIGURATIONS)
    def test_configurations_of_pic(self, name):
        model = tiny_pic(**CONFIGURATIONS[name])
        check_exact(model.autoregressive_network, 4, 5)

    @pytest.mark.parametrize("size", [(1, 1), (1, 6), (6, 1), (2, 2), (7, 13)])
    def test_sizes(self, size):
        check_exact(tiny_pic(num_blocks=1).autoregressive_network, *size)

    @pytest.mark.parametrize("kernel_size", [2, 5])
    def test_kernel_wider_than_the_grid(self, kernel_size):
        model = tiny_pic(num_blocks=1, kernel_size=kernel_size)
        check_exact(model.autoregressive_network, 3, 2)

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_seeds(self, seed):
        check_exact(tiny_pic(seed).autoregressive_network, 3, 4, seed=seed)

    @pytest.mark.parametrize("seed", range(8))
    def test_random_networks(self, seed):
        network = random_network(np.random.default_rng(seed))
        randomize(network, seed)
        check_exact(network, 4, 5, seed=seed)

    def test_half_precision_stays_near(self):
        model = tiny_pic(num_blocks=1, dtype="bfloat16")
        check_exact(model.autoregressive_network, 3, 3, tolerance=0.1)


class TestCompiled:
    def test_exact(self):
        check_exact(tiny_pic().autoregressive_network, 5, 7)

    def test_draws_what_the_full_sampler_draws(self):
        model = tiny_pic(num_blocks=1)
        inputs = pic_inputs(0, 2, 4, 3)
        noise = ops.abs(uniform(2, 2, 4, 3, model.head.num_noise))
        for temperature in (1.0, 0.3, 0.0):
            cached, full = (
                sample(model.sampler(name), inputs, noise, temperature)
                for name in ("cached", "full")
            )
            for found, expected in zip(cached, full):
                np.testing.assert_allclose(found, expected, atol=1e-4)

    @pytest.mark.parametrize("name", ["cached", "full"])
    def test_rows_a_few_at_a_time(self, name):
        model = tiny_pic(num_blocks=1)
        sampler = model.sampler(name)
        inputs = pic_inputs(0, 2, 3, 4)
        noise = ops.abs(uniform(2, 2, 3, 4, model.head.num_noise))
        whole = sample(sampler, inputs, noise)
        parts = sample(sampler, inputs, noise, rows_a_call=2)
        for found, expected in zip(parts, whole):
            np.testing.assert_array_equal(found, expected)

    @pytest.mark.parametrize("kind", [CachedSampler, FullSampler])
    def test_hints_are_kept_and_seen(self, kind):
        network = tiny_pic(num_blocks=1).autoregressive_network
        sampler = kind(network, "chroma", project)
        inputs = {
            "embedding": uniform(0, 2, 4, 3, 10),
            "luminance": uniform(1, 2, 4, 3, 1),
        }
        count = network.outputs[0].shape[-1]
        noise = uniform(2, 2, 4, 3, count + 2)
        known = np.random.default_rng(3).random((2, 4, 3, 1)) < 0.4
        values = ops.convert_to_numpy(uniform(4, 2, 4, 3, 2))
        hints = np.concatenate([values, known], axis=-1, dtype="float32")
        drawn, parameters = sample(
            sampler, inputs, noise, hints=ops.convert_to_tensor(hints)
        )
        expected = network([*inputs.values(), ops.convert_to_tensor(drawn)])
        np.testing.assert_allclose(
            parameters,
            ops.convert_to_numpy(ops.stop_gradient(expected)),
            atol=1e-4,
        )
        own = ops.convert_to_numpy(
            project(ops.stop_gradient(expected), noise, {}, 1.0)
        )
        np.testing.assert_allclose(
            drawn, np.where(known, values, own), atol=1e-4
        )

    def test_follows_training(self):
        model = tiny_pic(num_blocks=1)
        inputs = pic_inputs(0, 2, 3, 3)
        noise = ops.abs(uniform(2, 2, 3, 3, model.head.num_noise))
        before, _ = sample(model.sampler(), inputs, noise)
        randomize(model, 5)
        after, _ = sample(model.sampler(), inputs, noise)
        assert np.abs(after - before).max() > 1e-2
        full, _ = sample(model.sampler("full"), inputs, noise)
        np.testing.assert_allclose(after, full, atol=1e-4)


class TestComposition:
    def test_once_a_photograph(self):
        """What the embedding gives conv_aux is not multiplied again."""
        model = tiny_pic()
        sampler = model.sampler()
        inputs = pic_inputs(0, 1, 3, 4)
        prepared = sampler.prepare(sampler.fold(), inputs)
        # Luminance, and one projection of the filters' width a block.
        assert sorted(x.shape[-1] for x in prepared) == [1, 6, 6, 6, 6]

    @pytest.mark.usefixtures("uncompiled")
    def test_users_network(self):
        chroma = keras.Input((None, None, 2), name="chroma")
        x = ShiftedConv2D(6, (2, 3), direction="down", strict=True)(chroma)
        left = ShiftedConv2D(6, (1, 2), direction="down_right", strict=True)
        x = keras.layers.Add()([x, left(chroma)])
        x = keras.layers.Activation("tanh")(x)
        inner = keras.Input((None, None, 6))
        y = GatedResBlock(3, "down_right", dropout=0.5)(inner)
        x = keras.Model(inner, 2.0 * y)(x)
        x = keras.layers.Concatenate()([x, ops.relu(-x)[..., 1:]])
        network = keras.Model(chroma, WeightNormConv2D(3, 1)(x))
        randomize(network, 0)
        check_exact(network, 4, 5)


class TestErrors:
    def test_ordinary_convolution(self):
        with pytest.raises(UncacheableError, match="wide.*ShiftedConv2D"):
            _cached(lambda x: WeightNormConv2D(4, 3, name="wide")(x))

    def test_dilated_block(self):
        with pytest.raises(UncacheableError, match="dilation 2"):
            _cached(lambda x: GatedResBlock(3, dilation_rate=2)(x))

    def test_keras_convolution(self):
        with pytest.raises(UncacheableError, match="not known"):
            _cached(lambda x: keras.layers.Conv2D(4, 3, padding="same")(x))

    def test_operation_across_pixels(self):
        with pytest.raises(UncacheableError, match="not known"):
            _cached(lambda x: x - ops.mean(x, axis=(1, 2), keepdims=True))

    def test_elementwise_with_an_image(self):
        constant = np.ones((4, 4, 1), "float32")
        with pytest.raises(UncacheableError, match="not known"):
            _cached(lambda x: x * constant)

    def test_sees_the_right(self):
        layer = ShiftedConv2D(4, 3, direction="down", name="ahead")
        with pytest.raises(UncacheableError, match="'ahead' looks .* right"):
            _cached(layer)

    def test_sees_itself(self):
        chroma = keras.Input((None, None, 2), name="chroma")
        network = keras.Model(
            chroma, ShiftedConv2D(4, 3, direction="down_right")(chroma)
        )
        with pytest.raises(UncacheableError, match="the pixel itself"):
            CachedSampler(network, "chroma", project)

    def test_unknown_input(self):
        network = tiny_pic(num_blocks=1).autoregressive_network
        with pytest.raises(ValueError, match="no input 'color'"):
            CachedSampler(network, "color", project)


def _cached(layer):
    """A cached sampler of a network with `layer` in its causal part."""
    chroma = keras.Input((None, None, 2), name="chroma")
    x = ShiftedConv2D(4, 3, direction="down_right", strict=True)(chroma)
    return CachedSampler(keras.Model(chroma, layer(x)), "chroma", project)


def random_network(generator):
    """A causal network of our layers, put together at random."""

    def choose(*values):
        return values[generator.integers(len(values))]

    def kernel():
        return (choose(1, 2, 3), choose(1, 2, 3, 4))

    def causal(direction, strict=False):
        return ShiftedConv2D(6, kernel(), direction=direction, strict=strict)

    luminance = keras.Input((None, None, 1), name="luminance")
    chroma = keras.Input((None, None, 2), name="chroma")
    photograph = keras.Input((None, None, 3), name="photograph")
    x = ChromaInput(choose("lab", "rgb"))(luminance, chroma)
    if choose(True, False):
        # Known once its own pixel is drawn.
        x = ops.tanh(causal("down_right")(x))
    row = causal("down", strict=True)(x)
    pixel = causal("down_right", strict=True)(x) + row
    context = WeightNormConv2D(4, 3, dilation_rate=2)(photograph)
    context = GatedResBlock(3, gated=choose(True, False))(context)
    for _ in range(generator.integers(4)):
        gated = choose(True, False)
        conditioning = choose(
            None, context, ops.concatenate([context, ops.elu(row)], axis=-1)
        )
        match generator.integers(4):
            case 0:
                block = GatedResBlock(kernel(), "down", gated=gated)
                row = block(row, conditioning)
            case 1:
                row = causal(choose("down", "down_right"))(row)
            case 2:
                conditioning = choose(
                    conditioning, ops.concatenate([pixel, context, row], -1)
                )
                block = GatedResBlock(kernel(), "down_right", gated=gated)
                pixel = block(pixel, conditioning)
            case 3:
                pixel = pixel * ops.sigmoid(causal("down_right", True)(pixel))
    x = ops.concatenate([ops.elu(pixel), row, context], axis=-1)
    if choose(True, False):
        parameters = DiscretizedLogisticMixture(2, 2)(x)
    else:
        parameters = WeightNormConv2D(5, 1)(x)
    return keras.Model([photograph, luminance, chroma], parameters)
