import math

import keras
import numpy as np
import pytest
from keras import ops
from scipy import special
from scipy import stats

from keras_colorize import Colorizer
from keras_colorize import ColorizerMDN
from keras_colorize.evaluation import evaluate
from keras_colorize.models.mdn import RELEASED_MDN
from keras_colorize.models.mdn.code_mixture import mixture_log_prob
from keras_colorize.models.mdn.code_mixture import mixture_sample
from keras_colorize.models.mdn.code_mixture import nearest_component_losses
from tests.models.mdn.small import SIZE
from tests.models.mdn.small import casts
from tests.models.mdn.small import gray_image
from tests.models.mdn.small import small_mdn
from tests.models.mdn.small import small_vae

RNG = np.random.default_rng(0)
CODES = RNG.normal(size=(5, 3)).astype("float32")
LOGITS = RNG.normal(size=(5, 4)).astype("float32")
MEANS = RNG.normal(size=(5, 4, 3)).astype("float32")


def tensors(*arrays):
    return [ops.convert_to_tensor(array) for array in arrays]


def generated(model, num_samples=1, **arguments):
    return model.generate(gray_image(), num_samples, verbose=0, **arguments)


class TestMixture:
    def test_log_prob(self):
        found = mixture_log_prob(*tensors(CODES, LOGITS, MEANS), 0.1)
        weights = special.softmax(LOGITS, axis=1)
        densities = np.array(
            [
                [stats.multivariate_normal.pdf(z, m, 0.1) for m in means]
                for z, means in zip(CODES, MEANS)
            ]
        )
        expected = np.log((weights * densities).sum(1))
        np.testing.assert_allclose(
            ops.convert_to_numpy(found), expected, rtol=1e-4
        )

    @pytest.mark.parametrize("batch", [1, 5])
    def test_loss_of_the_nearest_component(self, batch):
        """The program's formula, one image at a time."""
        found = nearest_component_losses(
            *tensors(CODES[:batch], LOGITS[:batch], MEANS[:batch]), 0.1
        )
        for i in range(batch):
            squares = ((CODES[i] - MEANS[i]) ** 2).sum(1)
            m = squares.argmin()
            weights = special.softmax(LOGITS[i])
            expected = -np.log(weights[m] + 1e-30), 0.5 * squares[m] / 0.1
            for values, value in zip(found, expected):
                assert float(values[i]) == pytest.approx(value, rel=1e-4)

    def test_samples(self):
        noise = RNG.random((20_000, 4), "float32")
        weights = special.softmax(LOGITS[:1], axis=1)
        codes = ops.convert_to_numpy(
            mixture_sample(*tensors(noise, weights, MEANS[:1]), 1e-4)
        )
        squares = ((codes[:, None] - MEANS[0]) ** 2).sum(-1)
        nearest = squares.argmin(1)
        shares = np.bincount(nearest, minlength=4) / len(codes)
        np.testing.assert_allclose(shares, weights[0], atol=0.02)
        errors = codes - MEANS[0][nearest]
        assert stats.kstest(errors.ravel() / 0.01, "norm").pvalue > 1e-3


class TestTraining:
    def test_fit_learns_codes(self):
        keras.utils.set_random_seed(0)
        vae = small_vae()
        # Codes are about (2, -1, 1), with small deviations.
        dense = vae.encoder.get_layer("vae_encoder_dense")
        dense.bias.assign([2.0, -1.0, 1.0, -9.0, -9.0, -9.0])
        before = [ops.convert_to_numpy(w) for w in vae.weights]
        model = small_mdn(vae, dropout=0.0)
        model.compile(keras.optimizers.Adam(0.03))
        history = model.fit(casts(), batch_size=4, epochs=10, verbose=0).history
        assert set(history) == {"loss", "component", "distance"}
        assert history["distance"][-1] < 0.3 * history["distance"][0]
        for old, new in zip(before, vae.weights):
            np.testing.assert_array_equal(old, ops.convert_to_numpy(new))

    def test_trainable_weights(self):
        count = len(small_mdn().trainable_weights)
        trained = small_mdn(encoder_trainable=True).trainable_weights
        assert len(trained) == count + 4
        paths = [w.path for w in small_mdn().trainable_weights]
        assert all(path.startswith("mdn") for path in paths)

    def test_codes_of_training_are_drawn(self):
        model = small_mdn()
        mean, deviation = model.vae.encode(model.vae.targets(casts(6))["field"])
        still = model.targets(casts(6))["codes"]
        np.testing.assert_allclose(
            *map(ops.convert_to_numpy, (still, mean)), atol=1e-6
        )
        drawn = model.targets(casts(6), training=True)["codes"]
        noise = ops.convert_to_numpy((drawn - mean) / deviation)
        assert 0.4 < np.std(noise) < 1.8

    def test_value_range(self):
        model, other = small_mdn(), small_mdn(value_range=(0, 255))
        other.vae.value_range = (0, 255)
        other.set_weights(model.get_weights())
        images = casts(3)
        expected = model.targets(images)
        found = other.targets(images.astype("float32"))
        for name, values in expected.items():
            np.testing.assert_allclose(
                *map(ops.convert_to_numpy, (values, found[name])), atol=1e-5
            )

    def test_released_constants(self):
        model = small_mdn(**RELEASED_MDN)
        optimizer = model.default_optimizer()
        assert isinstance(optimizer, keras.optimizers.SGD)
        assert float(optimizer.learning_rate) == pytest.approx(1e-5)
        assert model.variance == 0.1
        kernel = model.mixture_network.get_layer("mdn1_conv").kernel
        assert np.abs(ops.convert_to_numpy(kernel)).max() < 6e-3


class TestGenerate:
    def test_top_is_the_means_by_weight(self):
        keras.utils.set_random_seed(0)
        model = small_mdn()
        _, chroma = generated(model, 4, return_chroma=True)
        gray = model.color_space.luminance(gray_image()[..., None])
        gray = model.gray_picture(ops.convert_to_numpy(gray))
        normalized = model.color_space.normalize_luminance(gray)
        features = model.encoder(normalized)
        weights, means = map(ops.convert_to_numpy, model.mixture(features))
        np.testing.assert_allclose(weights.sum(), 1, rtol=1e-5)
        order = np.argsort(-weights[0])
        seen = ops.repeat((2.55 * gray - 128) / 128, 4, axis=0)
        field = model.vae.decode(means[0, order], seen)
        np.testing.assert_allclose(
            chroma, 128 * ops.convert_to_numpy(field), atol=1e-2
        )
        # Nothing is random, and sample k does not depend on their number.
        np.testing.assert_array_equal(
            generated(model, 1, seed=1), generated(model, 4, seed=2)[:1]
        )

    def test_more_than_one_group(self):
        model = small_mdn(num_components=7)
        _, seven = generated(model, 7, return_chroma=True)
        _, six = generated(model, 6, return_chroma=True)
        np.testing.assert_array_equal(six, seven[:6])
        assert len({chroma.tobytes() for chroma in seven}) == 7

    def test_too_many_means(self):
        with pytest.raises(ValueError, match="num_samples is 5, and the read"):
            generated(small_mdn(), 5)

    def test_samples(self):
        model = small_mdn()

        def drawn(num_samples, seed):
            return generated(
                model,
                num_samples,
                readout="sample",
                seed=seed,
                return_chroma=True,
            )

        photos, six = drawn(6, seed=3)
        assert photos.shape == (6, 20, 28, 3)
        assert np.std(six, axis=0).mean() > 0.3
        np.testing.assert_array_equal(six[:2], drawn(2, seed=3)[1])
        assert not np.array_equal(six[:1], drawn(1, seed=4)[1])

    def test_photographs_of_all_proportions(self):
        model = small_mdn()
        photos, chroma = model.generate(
            [gray_image(9, 30), gray_image(40, 16)],
            return_chroma=True,
            verbose=0,
        )
        assert [p.shape for p in photos] == [(1, 9, 30, 3), (1, 40, 16, 3)]
        assert {c.shape for c in chroma} == {(1, SIZE, SIZE, 2)}

    def test_unsupported_options(self):
        for option in ({"temperature": 0.5}, {"return_log_likelihood": True}):
            with pytest.raises(ValueError, match="does not support"):
                generated(small_mdn(), **option)


class TestLowerBound:
    def test_by_the_formula(self):
        keras.utils.set_random_seed(0)
        model = small_mdn()
        model.vae.error_variance.assign([0.02, 0.03])
        rgb = casts(5, SIZE)
        found = model.lower_bounds(rgb, batch_size=3, seed=4)
        generator = np.random.default_rng(4)
        noise = np.concatenate(
            [generator.standard_normal((n, 3), "float32") for n in (3, 2)]
        )
        targets = model.vae.targets(rgb)
        mean, deviation = map(
            ops.convert_to_numpy, model.vae.encode(targets["field"])
        )
        codes = mean + deviation * noise
        field = ops.convert_to_numpy(model.vae.decode(codes, targets["gray"]))
        outputs = model.predict(rgb, verbose=0)
        field_density = stats.norm.logpdf(
            128 * ops.convert_to_numpy(targets["field"]),
            128 * field,
            128 * np.sqrt([0.02, 0.03]),
        ).sum((1, 2, 3))
        code_density = ops.convert_to_numpy(
            mixture_log_prob(
                *tensors(codes, outputs["logits"], outputs["means"]), 0.1
            )
        )
        posterior = stats.norm.logpdf(codes, mean, deviation).sum(1)
        expected = (field_density + code_density - posterior) / np.log(2)
        np.testing.assert_allclose(found, expected, rtol=1e-3)

    def test_no_likelihood(self):
        model = small_mdn()
        assert "likelihood" not in model.supports
        with pytest.raises(ValueError, match="has no likelihood"):
            model.log_likelihood(casts(2))

    def test_evaluate_reports_it(self):
        model = small_mdn()
        rgb = casts(4, SIZE)
        report = evaluate(model, rgb, num_samples=2)
        number = report.numbers["bits_per_dim_bound"]
        bits = -model.lower_bounds(rgb) / (SIZE * SIZE * 2)
        assert number.value == pytest.approx(bits.mean(), rel=1e-4)
        assert "ELBO" in number.title
        assert "ELBO" in report.protocol["bits per dimension"]


class TestConfigAndSaving:
    def test_config_round_trip(self):
        arguments = {
            "filters": (4, 3, 2),
            "units": 5,
            "num_components": 3,
            "variance": 0.2,
            "dropout": 0.5,
            "recipe": "released",
            "encoder_trainable": True,
            "image_size": 32,
        }
        model = small_mdn(**arguments)
        config = model.get_config()
        again = ColorizerMDN.from_config(config)
        assert again.get_config() == config
        for name, value in arguments.items():
            assert config[name] == getattr(again, name) == value
        shapes = [w.shape for w in model.weights]
        assert [w.shape for w in again.weights] == shapes

    def test_save_and_load(self, tmp_path):
        model = small_mdn()
        model.compile()
        model.fit(casts(), verbose=0)
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(generated(again), generated(model))
        again.fit(casts(), verbose=0)

    @pytest.mark.parametrize("encoder", ["model", "cic"])
    def test_preset_round_trip(self, tmp_path, encoder):
        overrides = {}
        if encoder == "cic":
            overrides = {
                "encoder": {"name": "cic", "width": 1 / 32},
                "feature": "stride8",
            }
        vae = small_vae(kl_warmup_epochs=2)
        model = small_mdn(vae, **overrides)
        model.save_to_preset(tmp_path / "preset")
        again = Colorizer.from_preset(tmp_path / "preset")
        assert type(again) is ColorizerMDN
        assert again.vae.get_config()["kl_warmup_epochs"] == 2
        np.testing.assert_array_equal(
            generated(again, 3, readout="sample", seed=0),
            generated(model, 3, readout="sample", seed=0),
        )
        card = (tmp_path / "preset" / "README.md").read_text()
        assert "for photographs of all proportions" in card
        counts = [
            sum(math.prod(w.shape) for w in weights)
            for weights in (model.trainable_weights, model.weights)
        ]
        assert "{:,} trainable of {:,}".format(*counts) in card

    def test_arguments(self):
        with pytest.raises(ValueError, match="feature is 'stride8'"):
            small_mdn(feature="stride8")
        with pytest.raises(ValueError, match="recipe is 'mine'"):
            small_mdn(recipe="mine")
        with pytest.raises(TypeError, match="vae is a str"):
            small_mdn("vae")
