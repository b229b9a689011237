import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize import Colorizer
from keras_colorize import ColorizerCIC
from keras_colorize.color.cic_bins import CENTERS
from keras_colorize.presets.shape_check import shape_check


def small_model(**overrides):
    return ColorizerCIC(**{"width": 1 / 32, "image_size": 16, **overrides})


def two_colors(count=4, height=16, width=16):
    """Pictures whose dark half is blue and whose light half is orange."""
    rng = np.random.default_rng(0)
    rgb = np.empty((count, height, width, 3))
    rgb[:, : height // 2] = 0.7 * np.array([0.2, 0.3, 0.9])
    rgb[:, height // 2 :] = 0.7 * np.array([1.2, 0.9, 0.4])
    return np.uint8(255 * np.clip(rgb + rng.normal(0, 0.02, rgb.shape), 0, 1))


def gray_image(height=20, width=30, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height, width), dtype="uint8")


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    model = small_model()
    # Random weights give nearly equal logits.
    layer = model.network.get_layer("conv8_313")
    rng = np.random.default_rng(0)
    kernel, bias = layer.get_weights()
    layer.set_weights([300 * kernel, rng.normal(0, 1, bias.shape)])
    return model


class TestTraining:
    def test_fit_lowers_the_loss(self):
        keras.utils.set_random_seed(0)
        model = small_model()
        model.compile(keras.optimizers.Adam(0.01))
        before = model.evaluate(two_colors(), verbose=0, return_dict=True)
        assert set(before) == {"loss", "cross_entropy"}
        model.fit(two_colors(), batch_size=4, epochs=10, verbose=0)
        after = model.evaluate(two_colors(), verbose=0, return_dict=True)
        assert after["loss"] < 0.8 * before["loss"]

    def test_sides_that_are_no_multiple_of_8(self, model):
        outputs = model(two_colors(2, 12, 20))
        targets = outputs["targets"]
        assert tuple(targets["chroma"].shape) == (2, 3, 5, 2)
        found = model.losses_of(outputs, targets)["cross_entropy"]
        logits = outputs["logits"][:, :3, :5]
        losses = model.head.losses(logits, targets["chroma"])["cross_entropy"]
        expected = ops.convert_to_numpy(losses).mean((1, 2))
        np.testing.assert_allclose(
            ops.convert_to_numpy(found), expected, rtol=1e-5
        )

    def test_no_likelihood(self, model):
        with pytest.raises(ValueError, match="has no likelihood"):
            model.log_likelihood(two_colors(2))


class TestGenerate:
    def test_readouts(self, model):
        chroma = {}
        for readout in model.readouts:
            photos, chroma[readout] = model.generate(
                gray_image(),
                num_samples=2,
                readout=readout,
                seed=0,
                return_chroma=True,
                verbose=0,
            )
            assert photos.shape == (2, 20, 30, 3)
            # An odd number of rows: 3 x 5 cells.
            assert chroma[readout].shape == (2, 3, 5, 2)
            differ = not np.array_equal(photos[0], photos[1])
            assert differ == (readout == "sample")
        assert np.ptp(chroma["annealed_mean"]) > 1
        centers = 10 * np.round(chroma["sample"] / 10)
        np.testing.assert_allclose(chroma["sample"], centers, atol=1e-3)

    def test_default_readouts(self, model):
        for count, readout in ((1, "annealed_mean"), (2, "sample")):
            np.testing.assert_array_equal(
                model.generate(gray_image(), count, seed=0, verbose=0),
                model.generate(
                    gray_image(), count, seed=0, readout=readout, verbose=0
                ),
            )

    def test_colors_like_a_reference(self, model):
        like = model.color_histogram(two_colors(1)[0])
        assert like.shape == (1, 313)
        plain, matched = (
            model.generate(
                gray_image(), return_chroma=True, verbose=0, **options
            )[1].mean((0, 1, 2))
            for options in ({}, {"like": like})
        )
        target = like[0] @ CENTERS
        assert np.linalg.norm(matched - target) < np.linalg.norm(plain - target)

    def test_uncertainty(self, model):
        one = model.uncertainty(gray_image())
        assert one.shape == (20, 30) and 0 < one.min() < one.max() < 1
        batch = model.uncertainty(np.stack([gray_image(), gray_image(seed=1)]))
        np.testing.assert_allclose(batch[0], one, atol=1e-5)

    def test_likelihood_is_refused(self, model):
        with pytest.raises(ValueError, match="does not support likelihood"):
            model.generate(gray_image(), return_log_likelihood=True)


class TestConfig:
    def test_preset_round_trip(self, tmp_path):
        model = small_model(annealing=0.5)
        model.save_to_preset(tmp_path / "preset")
        again = Colorizer.from_preset(tmp_path / "preset")
        assert type(again) is ColorizerCIC
        assert (again.width, again.annealing) == (1 / 32, 0.5)
        np.testing.assert_array_equal(
            again.generate(gray_image(), verbose=0),
            model.generate(gray_image(), verbose=0),
        )

    def test_bad_annealing(self):
        with pytest.raises(ValueError, match="annealing is 0. Expected"):
            small_model(annealing=0)

    def test_published_size(self):
        """The shapes of the listed convolutions, by hand."""
        inputs, expected = 1, 0
        blocks = [(2, 64), (2, 128), (3, 256), *4 * [(3, 512)]]
        for count, channels in blocks:
            for _ in range(count):
                expected += 9 * inputs * channels + channels
                inputs = channels
            # Two moments, a scale and a shift.
            expected += 4 * channels
        expected += 16 * 512 * 256 + 256 + 2 * (9 * 256 * 256 + 256)
        expected += 256 * 313 + 313
        weights = shape_check(ColorizerCIC, {}, "float32", "test")
        found = sum(
            np.prod(weight.shape)
            for name, weight in weights.items()
            if "conv" in name
        )
        assert found == expected
