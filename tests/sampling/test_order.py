"""Networks whose second channel sees the first channel of its pixel."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.layers import ShiftedConv2D
from keras_colorize.layers import WeightNormConv2D
from keras_colorize.sampling import CachedSampler
from keras_colorize.sampling import FullSampler
from tests.sampling.helpers import draw_bins
from tests.sampling.helpers import project
from tests.sampling.helpers import randomize
from tests.sampling.helpers import sample
from tests.sampling.helpers import tiny_masked
from tests.sampling.helpers import tiny_pic
from tests.sampling.helpers import uniform

CR_FIRST = (1, 0)
CLOSE = {"rtol": 1e-5, "atol": 1e-5}


def forward(network, features, drawn):
    """The joined outputs of a forward pass."""
    outputs = network([features, ops.convert_to_tensor(drawn)])
    return ops.stop_gradient(ops.concatenate(outputs, axis=-1))


def noise_of(seed, *shape):
    return ops.abs(uniform(seed, *shape))


class TestMaskedPixelCNN:
    @pytest.mark.parametrize("size", [(4, 5), (7, 3), (1, 9)])
    def test_exact(self, size):
        network = tiny_masked()
        sampler = CachedSampler(network, "chroma", draw_bins, order=CR_FIRST)
        features = uniform(0, 2, *size, 3)
        noise = noise_of(1, 2, *size, 10)
        drawn, parameters = sample(sampler, {"features": features}, noise)
        assert np.std(drawn) > 0.3
        expected = forward(network, features, drawn)
        np.testing.assert_allclose(
            parameters, ops.convert_to_numpy(expected), **CLOSE
        )
        expected = draw_bins(expected, noise, {}, 1.0)
        np.testing.assert_array_equal(drawn, ops.convert_to_numpy(expected))

    def test_draws_what_the_full_sampler_draws(self):
        network = tiny_masked()
        inputs = {"features": uniform(0, 2, 4, 5, 3)}
        noise = noise_of(1, 2, 4, 5, 10)
        cached, full = (
            kind(network, "chroma", draw_bins, order=CR_FIRST)
            for kind in (CachedSampler, FullSampler)
        )
        for temperature in (1.0, 0.0):
            for found, expected in zip(
                sample(cached, inputs, noise, temperature, rows_a_call=3),
                sample(full, inputs, noise, temperature),
            ):
                np.testing.assert_allclose(found, expected, **CLOSE)

    @pytest.mark.parametrize("kind", [CachedSampler, FullSampler])
    def test_hints_are_kept_and_seen(self, kind):
        network = tiny_masked(num_blocks=1)
        sampler = kind(network, "chroma", draw_bins, order=CR_FIRST)
        features = uniform(0, 2, 4, 3, 3)
        noise = noise_of(1, 2, 4, 3, 10)
        known = np.random.default_rng(3).random((2, 4, 3, 1)) < 0.4
        values = ops.convert_to_numpy(uniform(4, 2, 4, 3, 2))
        hints = np.concatenate([values, known], axis=-1, dtype="float32")
        drawn, parameters = sample(
            sampler,
            {"features": features},
            noise,
            hints=ops.convert_to_tensor(hints),
        )
        expected = forward(network, features, drawn)
        np.testing.assert_allclose(
            parameters, ops.convert_to_numpy(expected), **CLOSE
        )
        own = ops.convert_to_numpy(draw_bins(expected, noise, {}, 1.0))
        np.testing.assert_array_equal(drawn, np.where(known, values, own))

    def test_draws_images_as_often_as_they_are_likely(self):
        network = tiny_masked(num_blocks=1, num_bins=2)
        sampler = CachedSampler(network, "chroma", draw_bins, order=CR_FIRST)
        features = ops.convert_to_numpy(uniform(0, 1, 1, 2, 3))
        count = 5_000
        noise = np.random.default_rng(1).random((count, 1, 2, 4))
        drawn, parameters = sample(
            sampler,
            {"features": ops.repeat(features, count, axis=0)},
            ops.convert_to_tensor(noise.astype("float32")),
        )
        # The 16 images of two pixels: how many were drawn of each.
        images = (drawn.reshape(count, 4) > 0) @ (8, 4, 2, 1)
        found = np.bincount(images, minlength=16) / count
        every = np.array(list(np.ndindex(2, 2, 2, 2))).reshape(-1, 1, 2, 2)
        logits = forward(
            network,
            ops.repeat(features, 16, axis=0),
            (2 * every - 1).astype("float32"),
        )
        logits = ops.convert_to_numpy(logits).reshape(16, 2, 2, 2)
        chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        bins = np.flip(every.reshape(16, 2, 2), axis=-1)[..., None]
        expected = np.take_along_axis(chances, bins, -1).prod((1, 2, 3))
        error = np.sqrt(expected * (1 - expected) / count)
        assert (np.abs(found - expected) < 4.5 * error).all()


def users_network(seed=0):
    """Rounds chroma to 5 values. Both outputs are made of slices."""
    chroma = keras.Input((None, None, 2), name="chroma")
    photograph = keras.Input((None, None, 3), name="features")
    bins = ops.round(ops.clip(2.0 * chroma + 2.0, 0.0, 4.0))
    x = ops.cast(ops.cast(bins, "int32"), "float32") / 2.0 - 1.0
    past = ShiftedConv2D(6, (2, 3), "down", strict=True)(x)
    past = past + ShiftedConv2D(6, (2, 2), "down_right", strict=True)(x)
    first = ops.concatenate([ops.tanh(past), photograph], axis=-1)
    joined = ops.concatenate([first, -x[..., :1], ops.sigmoid(past)], axis=-1)
    # Across the borders of what was joined: past, photograph, chroma, past.
    middle = joined[..., 4:12]
    second = ShiftedConv2D(4, (2, 3), "down_right")(middle)
    second = second * WeightNormConv2D(4, 1)(joined)
    own, _ = ops.split(second, [3], axis=-1)
    network = keras.Model(
        [photograph, chroma],
        [WeightNormConv2D(5, 1)(joined[..., :9]), WeightNormConv2D(5, 1)(own)],
    )
    randomize(network, seed)
    return network


@pytest.mark.usefixtures("uncompiled")
class TestUsersNetwork:
    def test_exact(self):
        network = users_network()
        sampler = CachedSampler(network, "chroma", project, order=(0, 1))
        features = uniform(0, 2, 4, 5, 3)
        noise = uniform(1, 2, 4, 5, 12)
        drawn, parameters = sample(sampler, {"features": features}, noise)
        expected = forward(network, features, drawn)
        np.testing.assert_allclose(
            parameters, ops.convert_to_numpy(expected), **CLOSE
        )
        first = ops.concatenate(
            [expected[..., :5], ops.zeros_like(expected[..., 5:])], axis=-1
        )
        for channel, known in enumerate((first, expected)):
            found = ops.convert_to_numpy(project(known, noise, {}, 1.0))
            np.testing.assert_allclose(
                drawn[..., channel], found[..., channel], **CLOSE
            )

    def test_draws_what_the_full_sampler_draws(self):
        network = users_network()
        inputs = {"features": uniform(0, 2, 3, 4, 3)}
        noise = uniform(1, 2, 3, 4, 12)
        cached, full = (
            sample(
                kind(network, "chroma", project, order=(0, 1)), inputs, noise
            )
            for kind in (CachedSampler, FullSampler)
        )
        for found, expected in zip(cached, full):
            np.testing.assert_allclose(found, expected, **CLOSE)


KINDS = [CachedSampler, FullSampler]


def begin(kind, network, order):
    """Starts a batch: the full sampler checks the network then."""
    sampler = kind(network, "chroma", draw_bins, order=order)
    inputs = {
        x.name: uniform(0, 1, 3, 4, x.shape[-1])
        for x in network.inputs
        if x.name != "chroma"
    }
    hints = ops.zeros((1, 3, 4, 3))
    prepared = sampler.prepare(sampler.fold(), inputs)
    sampler.begin(prepared, uniform(1, 1, 3, 4, 10), hints)


@pytest.mark.usefixtures("uncompiled")
class TestErrors:
    @pytest.mark.parametrize("kind", KINDS)
    def test_second_channel_first(self, kind):
        with pytest.raises(ValueError, match="order is .*0, 1.*strict"):
            begin(kind, tiny_masked(), (0, 1))

    @pytest.mark.parametrize("kind", KINDS)
    def test_first_channel_unseen(self, kind):
        """One output, which depends on the first channel of its pixel."""
        network = tiny_masked()
        joined = keras.Model(
            network.inputs, ops.concatenate(network.outputs, axis=-1)
        )
        with pytest.raises(ValueError, match="order is None.*strict"):
            begin(kind, joined, None)

    @pytest.mark.parametrize("strict", [True, False])
    @pytest.mark.parametrize("kind", KINDS)
    def test_sees_the_next_pixel(self, kind, strict):
        chroma = keras.Input((None, None, 2), name="chroma")
        outputs = ShiftedConv2D(10, (1, 3), "down")(chroma)
        if strict:
            outputs = ShiftedConv2D(10, (1, 2), "down_right", True)(outputs)
        network = keras.Model(chroma, outputs)
        randomize(network, 0)
        with pytest.raises(ValueError):
            begin(kind, network, None)

    @pytest.mark.parametrize("kind", KINDS)
    def test_causal_networks_pass(self, kind):
        begin(kind, tiny_masked(), CR_FIRST)
        begin(kind, tiny_pic(num_blocks=1).autoregressive_network, None)

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("order", [(0, 0), (1, 2), (0,)])
    def test_no_order(self, kind, order):
        with pytest.raises(ValueError, match="Expected None, or .0, 1."):
            begin(kind, tiny_masked(), order)

    @pytest.mark.parametrize("kind", KINDS)
    def test_number_of_outputs(self, kind):
        with pytest.raises(ValueError, match="2 outputs, and order is None"):
            begin(kind, tiny_masked(), None)
        pic = tiny_pic(num_blocks=1).autoregressive_network
        with pytest.raises(ValueError, match="1 outputs, and order is .1, 0"):
            begin(kind, pic, CR_FIRST)
