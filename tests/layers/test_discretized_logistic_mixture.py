import itertools

import numpy as np
import pytest
from scipy.stats import chisquare
from scipy.stats import logistic

from keras_colorize.layers import DiscretizedLogisticMixture
from tests.gradients import gradients
from tests.layers.layer_checks import LayerChecks
from tests.layers.layer_checks import dtype_of
from tests.layers.layer_checks import to_numpy
from tests.layers.mixture_reference import draw
from tests.layers.mixture_reference import log_prob
from tests.layers.mixture_reference import mixture_of

# Two components of chroma conditioned on luminance: 16 numbers a pixel.
NAMES = ["logit", "L_a", "L_b", "a_b", "mean_a", "scale_a", "mean_b", "scale_b"]


def pixel(**groups):
    """Parameters of a pixel by name, a number or one for each component."""
    defaults = {"scale_a": -3.0, "scale_b": -3.0, **groups}
    return np.concatenate(
        [np.broadcast_to(defaults.get(name, 0.0), 2) for name in NAMES]
    ).astype("float32")


def random_parameters(*shape, outputs=16, seed=0):
    """Plausible ones: means all over, scales of 1 to 30 bins."""
    rng = np.random.default_rng(seed)
    k = 2 if outputs == 16 else 10
    parts = [rng.normal(size=(*shape, outputs - 4 * k))]
    for _ in range(2):
        parts.append(rng.normal(0, 0.5, (*shape, k)))
        parts.append(rng.uniform(-4.5, -1.0, (*shape, k)))
    return np.concatenate(parts, -1).astype("float32")


EXTREME = {
    "zeros": pixel(scale_a=0.0, scale_b=0.0),
    "tiny scales": pixel(scale_a=-7.0, scale_b=-7.0),
    "scales under the floor": pixel(scale_a=-60.0, scale_b=-200.0),
    "tiny scales between bins": pixel(
        mean_a=1 / 255, mean_b=2 / 255, scale_a=-7.0, scale_b=-7.0
    ),
    "tiny scales at the ends": pixel(
        mean_a=[-1, 1], mean_b=[1 - 1 / 255, 1], scale_a=-7.0, scale_b=-7.0
    ),
    "huge scales": pixel(scale_a=20.0, scale_b=85.0),
    "huge and tiny scales": pixel(scale_a=[9, -7], scale_b=[-7, 9]),
    "far means": pixel(
        mean_a=[-1e4, 50], mean_b=[1e4, -3], scale_a=-7.0, scale_b=-7.0
    ),
    "far means, huge scales": pixel(
        mean_a=1e4, mean_b=-1e4, scale_a=9.0, scale_b=9.0
    ),
    "one component alone": pixel(logit=[1e4, -1e4], mean_a=[0.3, -9.0]),
    "saturated coefficients": pixel(L_a=1e3, L_b=-1e3, a_b=[1e3, -1e3]),
}


@pytest.fixture
def mixture():
    return DiscretizedLogisticMixture(num_components=2)


def all_values():
    """Every pair of the 256 values, (65536, 2)."""
    values = np.linspace(-1, 1, 256)
    pairs = np.stack(np.meshgrid(values, values, indexing="ij"), -1)
    return pairs.reshape(-1, 2).astype("float32")


def total_probability(mixture, parameters, luminance):
    found = mixture.log_prob(parameters[None], all_values(), luminance)
    return np.exp(to_numpy(found).astype("float64")).sum()


class TestDiscretizedLogisticMixture(LayerChecks):
    @pytest.mark.parametrize(
        "config, outputs",
        [
            ({}, 80),
            (
                {
                    "channels": 3,
                    "num_components": 4,
                    "num_bins": 32,
                    "condition_on_luminance": False,
                    "released_tails": True,
                },
                4 * (1 + 3 + 6),
            ),
        ],
    )
    def test_layer(self, config, outputs, tmp_path):
        rng = np.random.default_rng(0)
        self.check_layer(
            DiscretizedLogisticMixture,
            config,
            inputs=[rng.normal(size=(2, 3, 4, 5)).astype("float32")],
            output_shape=(2, 3, 4, outputs),
            weights=3,
            path=tmp_path,
            dtype="float32",
        )

    @pytest.mark.parametrize(
        "channels, luminance, groups",
        [(1, False, 3), (1, True, 4), (2, False, 6), (3, True, 13)],
    )
    def test_number_of_outputs(self, channels, luminance, groups):
        layer = DiscretizedLogisticMixture(
            channels, 5, condition_on_luminance=luminance
        )
        assert layer.num_outputs == 5 * groups
        assert layer.num_noise == 5 + channels


class TestLogProb:
    def test_random_probabilities_sum_to_one(self, mixture):
        rng = np.random.default_rng(1)
        for parameters in random_parameters(3):
            luminance = rng.uniform(-1, 1, (1, 1)).astype("float32")
            total = total_probability(mixture, parameters, luminance)
            assert total == pytest.approx(1, abs=1e-4)

    @pytest.mark.parametrize("released", [True, False])
    def test_of_the_default_mixture_sum_to_one(self, released):
        mixture = DiscretizedLogisticMixture(released_tails=released)
        (parameters,) = random_parameters(1, outputs=80)
        luminance = np.full((1, 1), 0.3, "float32")
        total = total_probability(mixture, parameters, luminance)
        # The released formula is no distribution, but close to one.
        near = 1e-2 if released else 1e-4
        assert total == pytest.approx(1, abs=near)

    @pytest.mark.parametrize("name", EXTREME)
    def test_extreme_probabilities_sum_to_one(self, mixture, name):
        luminance = np.full((1, 1), 0.7, "float32")
        total = total_probability(mixture, EXTREME[name], luminance)
        assert total == pytest.approx(1, abs=1e-4)

    @pytest.mark.parametrize("released", [True, False])
    def test_extreme_gradients_are_finite(self, released):
        mixture = DiscretizedLogisticMixture(
            num_components=2, released_tails=released
        )
        points = [-1, -0.9995, -0.3, 0, 1 / 255, 0.999, 1]
        values = np.array(list(itertools.product(points, points)), "float32")
        values = np.tile(values, (len(EXTREME), 1))
        parameters = np.repeat(list(EXTREME.values()), len(points) ** 2, 0)
        luminance = np.full((len(values), 1), 0.7, "float32")
        found = to_numpy(mixture.log_prob(parameters, values, luminance))
        assert np.isfinite(found).all() and (found <= 1e-6).all()
        for gradient in gradients(
            mixture.log_prob, parameters, values, luminance
        ):
            assert np.isfinite(gradient).all()
        # What is far away must still be drawn near.
        far = list(EXTREME).index("far means") * len(points) ** 2
        (gradient, *_) = gradients(
            mixture.log_prob,
            parameters[far : far + len(points) ** 2],
            values[: len(points) ** 2],
            luminance[: len(points) ** 2],
        )
        assert np.abs(gradient[:, NAMES.index("mean_a") * 2 :]).max() > 100

    @pytest.mark.parametrize(
        "channels, components, bins, conditioned, released",
        [
            (2, 10, 256, True, False),
            (2, 10, 256, True, True),
            (1, 1, 256, True, False),
            (1, 3, 2, False, False),
            (3, 4, 16, True, True),
            (4, 2, 1024, False, False),
        ],
    )
    def test_as_the_formula(
        self, channels, components, bins, conditioned, released
    ):
        layer = DiscretizedLogisticMixture(
            channels, components, bins, conditioned, released
        )
        rng = np.random.default_rng(0)
        parameters = rng.normal(0, 0.7, (400, layer.num_outputs))
        for channel in range(channels):
            at = layer.num_outputs - (2 * channel + 1) * components
            scales = rng.uniform(-5, 0.5, (400, components))
            parameters[:, at : at + components] = scales
        indices = rng.integers(0, bins, (400, channels))
        indices[:40], indices[40:80] = 0, bins - 1
        values = 2 * indices / (bins - 1) - 1.0
        luminance = rng.uniform(-1, 1, (400, 1)) if conditioned else None
        expected = log_prob(
            mixture_of(parameters, channels, components, conditioned),
            values,
            luminance,
            bins,
            released,
        )
        found = to_numpy(layer.log_prob(parameters, values, luminance))
        assert expected.min() > -700
        # Where 1e-5 separates two formulas, float32 may choose the other.
        close = np.isclose(found, expected, rtol=1e-4, atol=1e-4)
        assert close.mean() > (0.99 if released else 0.9999)

    def test_values_need_not_be_rounded(self, mixture):
        parameters = random_parameters(300)
        rng = np.random.default_rng(0)
        values = rng.uniform(-0.998, 0.998, (300, 2)).astype("float32")
        luminance = rng.uniform(-1, 1, (300, 1)).astype("float32")
        expected = log_prob(mixture_of(parameters, 2, 2), values, luminance)
        found = to_numpy(mixture.log_prob(parameters, values, luminance))
        assert np.allclose(found, expected, rtol=1e-4, atol=1e-3)

    def test_ends_take_the_tails(self):
        layer = DiscretizedLogisticMixture(1, 1, condition_on_luminance=False)
        parameters = np.array([[0, 0.9, -2]], "float32")
        values = np.array([[-1], [-1 + 2 / 255], [1 - 2 / 255], [1]], "float32")
        found = to_numpy(layer.log_prob(parameters, values))
        cdf = logistic(0.9, np.exp(-2)).cdf
        expected = [
            cdf(-254 / 255),
            cdf(-252 / 255) - cdf(-254 / 255),
            cdf(254 / 255) - cdf(252 / 255),
            1 - cdf(254 / 255),
        ]
        assert np.allclose(np.exp(found), expected, rtol=1e-3, atol=0)

    def test_released_tails_by_hand(self):
        # 0.5 from a mean of scale e^-4: an interior bin far below 1e-5.
        parameters = np.array([[0, 0.0, -4.0]], "float32")
        values = np.array([[0.5], [0.02]], "float32")
        arguments = {"condition_on_luminance": False, "released_tails": True}
        layer = DiscretizedLogisticMixture(1, 1, **arguments)
        found = to_numpy(layer.log_prob(parameters, values))
        law = logistic(0, np.exp(-4))
        far = law.logpdf(0.5) - np.log(127.5)
        near = np.log(law.cdf(0.02 + 1 / 255) - law.cdf(0.02 - 1 / 255))
        assert np.allclose(found, [far, near], atol=1e-3)
        exact = np.log(law.sf(0.5 - 1 / 255) - law.sf(0.5 + 1 / 255))
        assert abs(exact - far) > 2e-3

    @pytest.mark.parametrize(
        "name, channel",
        [("L_a", 0), ("L_b", 1), ("a_b", 1), ("mean_a", 0), ("mean_b", 1)],
    )
    def test_order_of_the_parameters(self, mixture, name, channel):
        # One group at a time moves one channel's mean, by the same amount.
        luminance, a = 0.5, -0.25
        cause = {"L": luminance, "a": a}
        move = np.tanh(0.6) * cause.get(name[0], 1)
        if name.startswith("mean"):
            move = 0.6
        parameters = pixel(**{name: 0.6})[None]
        values = np.array([[a, 0.1]], "float32")
        found = to_numpy(
            mixture.log_prob(parameters, values, np.array([[luminance]]))
        )
        means = [0, 0]
        means[channel] = move
        expected = 0
        for value, mean in zip(values[0], means):
            law = logistic(mean, np.exp(-3))
            ends = law.cdf([value - 1 / 255, value + 1 / 255])
            expected += np.log(ends[1] - ends[0])
        assert np.allclose(found, expected, atol=2e-3)

    @pytest.mark.parametrize("name, channel", [("scale_a", 0), ("scale_b", 1)])
    def test_order_of_the_scales(self, mixture, name, channel):
        parameters = pixel(**{name: -1.0})[None]
        values = np.zeros((1, 2), "float32")
        found = mixture.log_prob(parameters, values, np.zeros((1, 1)))
        scales = np.exp([-3, -3])
        scales[channel] = np.exp(-1)
        expected = sum(np.log(np.tanh(0.5 / 255 / s)) for s in scales)
        assert np.allclose(to_numpy(found), expected, atol=1e-3)

    def test_logits_weigh_components(self, mixture):
        parameters = pixel(
            logit=[np.log(3), 0], mean_a=[0.5, -0.5], mean_b=[0.5, -0.5]
        )[None]
        values = np.array([[0.5, 0.5], [-0.5, -0.5]], "float32")
        found = mixture.log_prob(parameters, values, np.zeros((1, 1)))
        difference = to_numpy(found)[0] - to_numpy(found)[1]
        assert difference == pytest.approx(np.log(3), abs=1e-3)

    def test_is_float32_whatever_the_policy(self):
        layer = DiscretizedLogisticMixture(num_components=2, dtype="bfloat16")
        parameters = random_parameters(20)
        values = np.zeros((20, 2), "float32") + 0.1
        luminance = np.zeros((20, 1), "float32") + 0.3
        found = layer.log_prob(parameters, values, luminance)
        expected = log_prob(mixture_of(parameters, 2, 2), values, luminance)
        assert dtype_of(found) == "float32"
        assert np.allclose(to_numpy(found), expected, atol=1e-3)

    def test_any_leading_dimensions(self, mixture):
        parameters = random_parameters(2, 3, 1, 2)
        values = np.zeros((2, 3, 1, 2, 2), "float32")
        luminance = np.zeros((2, 3, 1, 2, 1), "float32")
        found = mixture.log_prob(parameters, values, luminance)
        assert tuple(found.shape) == (2, 3, 1, 2)

    def test_luminance_must_be_given(self, mixture):
        with pytest.raises(ValueError, match="luminance"):
            mixture.log_prob(random_parameters(1), np.zeros((1, 2)))


class TestSample:
    def test_histogram_fits_the_probabilities(self, mixture):
        (parameters,) = random_parameters(1, seed=3)
        luminance = np.full((1, 1), 0.4, "float32")
        rng = np.random.default_rng(0)
        noise = rng.random((20_000, mixture.num_noise), "float32")
        samples = to_numpy(mixture.sample(parameters[None], noise, luminance))
        indices = np.round((samples + 1) * 127.5).astype(int) // 32
        observed = np.zeros((8, 8))
        np.add.at(observed, tuple(indices.T), 1)
        # The layer's own probabilities, which have tests of their own, ...
        found = mixture.log_prob(parameters[None], all_values(), luminance)
        own = np.exp(to_numpy(found).astype("float64")).reshape(256, 256)
        own = own.reshape(8, 32, 8, 32).sum((1, 3))
        # ... and the formula's.
        expected = log_prob(
            mixture_of(parameters, 2, 2), all_values(), 0.4
        ).reshape(8, 32, 8, 32)
        for cells in (own, np.exp(expected).sum((1, 3))):
            frequent = cells * len(samples) >= 5
            assert frequent.sum() > 15
            counts = np.append(observed[frequent], observed[~frequent].sum())
            wanted = np.append(cells[frequent], cells[~frequent].sum())
            wanted = wanted / wanted.sum() * len(samples)
            assert chisquare(counts, wanted).pvalue > 0.01

    def test_histogram_of_one_channel_bin_by_bin(self):
        layer = DiscretizedLogisticMixture(
            1, 3, num_bins=16, condition_on_luminance=False
        )
        parameters = np.array(
            [[0, 1, -1, -0.8, 0.1, 0.9, -1.5, -2.5, -1]], "float32"
        )
        rng = np.random.default_rng(0)
        noise = rng.random((20_000, 4), "float32")
        samples = to_numpy(layer.sample(parameters, noise))[:, 0]
        observed = np.bincount(np.round((samples + 1) * 7.5).astype(int))
        weights = np.exp([0, 1, -1]) / np.exp([0, 1, -1]).sum()
        edges = np.append(-np.inf, np.append(np.arange(15) - 7, np.inf) / 7.5)
        wanted = sum(
            w * np.diff(logistic.cdf(edges, m, np.exp(s)))
            for w, m, s in zip(weights, [-0.8, 0.1, 0.9], [-1.5, -2.5, -1])
        )
        assert chisquare(observed, wanted * len(samples)).pvalue > 0.01

    @pytest.mark.parametrize(
        "temperature", [1.0, 0.5, 0.1, 0.0, (0.7, 0.2), (0.0, 1.0)]
    )
    def test_temperature_scales_the_logistics(self, mixture, temperature):
        # The first component alone; a by its inverse CDF, then b given a.
        parameters = pixel(
            logit=[50, -50], L_a=0.3, L_b=-0.4, a_b=0.8, mean_a=0.1, scale_b=-2
        )[None]
        u = np.random.default_rng(0).random((50, 4)).astype("float32")
        found = to_numpy(
            mixture.sample(parameters, u, np.full((1, 1), 0.5), temperature)
        )
        of_a, of_b = np.broadcast_to(temperature, 2)
        a = 0.1 + 0.5 * np.tanh(0.3)
        a = a + of_a * logistic.ppf(u[:, 2], 0, np.exp(-3))
        b = -0.5 * np.tanh(0.4) + np.tanh(0.8) * a
        b = b + of_b * logistic.ppf(u[:, 3], 0, np.exp(-2))
        expected = np.clip(np.stack([a, b], -1), -1, 1)
        assert np.allclose(found, expected, atol=1e-4)

    def test_temperature_zero_is_the_mean_of_the_likeliest(self):
        layer = DiscretizedLogisticMixture()
        parameters = random_parameters(30, outputs=80)
        rng = np.random.default_rng(0)
        luminance = rng.uniform(-1, 1, (30, 1)).astype("float32")
        noise = rng.random((30, 12), "float32")
        found = to_numpy(layer.sample(parameters, noise, luminance, 0.0))
        reference = mixture_of(parameters)
        best = reference.log_weights.argmax(-1)[:, None]
        values = []
        for channel in range(2):
            means = reference.mean(channel, values, luminance)
            value = np.take_along_axis(means, best, -1)
            values.append(np.clip(value, -1, 1))
        assert np.allclose(found, np.concatenate(values, -1), atol=1e-5)

    @pytest.mark.parametrize(
        "given, expected",
        [
            (0.5, (0.5, 0.5, 0.5)),
            ((0.5, 1.0), (0.5, 1.0, 0.75)),
            ((0.5, 1.0, 2.0), (0.5, 1.0, 2.0)),
        ],
    )
    def test_temperatures_that_are_left_out(self, given, expected):
        found = DiscretizedLogisticMixture().expand_temperature(given)
        np.testing.assert_array_equal(to_numpy(found), expected)

    @pytest.mark.parametrize("temperature", [1.0, 0.5, (0.8, 0.2)])
    def test_temperature_sharpens_the_choice(self, mixture, temperature):
        parameters = pixel(
            logit=[1, 0], mean_a=[-0.5, 0.5], scale_a=-7.0, scale_b=-7.0
        )[None]
        noise = np.random.default_rng(0).random((20_000, 4), "float32")
        found = to_numpy(
            mixture.sample(parameters, noise, np.zeros((1, 1)), temperature)
        )
        share = (found[:, 0] < 0).mean()
        expected = 1 / (1 + np.exp(-1 / np.mean(temperature)))
        assert share == pytest.approx(expected, abs=0.012)

    def test_stays_in_range_for_extreme_noise_and_parameters(self, mixture):
        corners = np.array(list(itertools.product([0, 1 - 1e-7], repeat=4)))
        parameters = np.repeat(list(EXTREME.values()), len(corners), 0)
        noise = np.tile(corners, (len(EXTREME), 1)).astype("float32")
        luminance = np.ones((len(noise), 1), "float32")
        for temperature in (0.0, 1.0, 10.0):
            found = to_numpy(
                mixture.sample(parameters, noise, luminance, temperature)
            )
            assert np.isfinite(found).all()
            assert np.abs(found).max() == 1

    def test_b_follows_the_clipped_a(self, mixture):
        # a's mean is 5: b sees 1.
        parameters = pixel(mean_a=5.0, a_b=0.5)[None]
        found = mixture.sample(
            parameters, np.full((1, 4), 0.5), np.zeros((1, 1))
        )
        assert np.allclose(to_numpy(found), [[1, np.tanh(0.5)]], atol=1e-5)

    def test_is_a_function_of_the_noise_alone(self, mixture):
        parameters = random_parameters(4)
        rng = np.random.default_rng(0)
        noise, luminance = rng.random((4, 4)), rng.random((4, 1))
        first = mixture.sample(parameters, noise, luminance)
        second = mixture.sample(parameters[2:3], noise[2:3], luminance[2:3])
        assert np.allclose(to_numpy(first)[2:3], to_numpy(second), atol=1e-6)


class TestMean:
    def test_as_by_monte_carlo(self):
        # Scales small enough for nothing to reach the ends.
        layer = DiscretizedLogisticMixture(3, 4)
        rng = np.random.default_rng(0)
        parameters = rng.normal(0, 0.2, layer.num_outputs)
        luminance = 0.5
        reference = mixture_of(parameters, 3, 4)
        for channel in range(3):
            at = layer.num_outputs - (2 * channel + 1) * 4
            parameters[at : at + 4] = rng.uniform(-5, -3, 4)
        reference = mixture_of(parameters, 3, 4)
        draws = draw(reference, luminance, 100_000, rng)
        assert np.abs(draws).max() < 1.5
        error = draws.std(0) / np.sqrt(len(draws))
        found = layer.mean(parameters, np.array([luminance], "float32"))
        assert tuple(found.shape) == (3,)
        assert (np.abs(to_numpy(found) - draws.mean(0)) < 4.5 * error).all()

    def test_is_clipped(self, mixture):
        found = mixture.mean(pixel(mean_a=9.0, mean_b=-9.0), np.zeros(1))
        assert np.array_equal(to_numpy(found), [1, -1])


class TestMode:
    def test_as_by_trying_all(self):
        layer = DiscretizedLogisticMixture()
        parameters = random_parameters(40, outputs=80, seed=5)
        rng = np.random.default_rng(0)
        luminance = rng.uniform(-1, 1, (40, 1)).astype("float32")
        found = to_numpy(layer.mode(parameters, luminance))
        reference = mixture_of(parameters)
        a = reference.mean(0, [], luminance)
        b = reference.mean(1, [a], luminance)
        means = np.clip(np.stack([a, b], -1), -1, 1)
        scores = np.stack(
            [log_prob(reference, means[:, k], luminance) for k in range(10)], 1
        )
        best = scores.argmax(1)
        assert (best != reference.log_weights.argmax(-1)).any()
        assert np.allclose(found, means[np.arange(40), best], atol=1e-5)

    def test_without_luminance(self):
        layer = DiscretizedLogisticMixture(1, 2, condition_on_luminance=False)
        # A likely wide component and a narrow one half as likely.
        parameters = np.array([[[np.log(2), 0, 0.5, -0.5, 0, -5]]], "float32")
        found = to_numpy(layer.mode(parameters))
        assert found.shape == (1, 1, 1)
        assert found.item() == pytest.approx(-0.5, abs=1e-6)
