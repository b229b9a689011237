import keras
import numpy as np
import pytest
from keras import ops
from skimage import color

from keras_colorize import Colorizer
from keras_colorize import ColorizerPIC
from tests.models.small import CONFIG
from tests.models.small import images
from tests.models.small import small_pic


def count(model):
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


class TestConfigurations:
    @pytest.mark.parametrize(
        "name, parameters",
        [("pic_cifar10", 25_876_064), ("pic_imagenet128", 110_602_272)],
    )
    def test_released_parameter_counts(self, name, parameters):
        model = ColorizerPIC.from_preset(name, load_weights=False)
        assert count(model) == parameters

    def test_last_width_of_the_papers_table(self):
        model = ColorizerPIC.from_preset(
            "pic_imagenet128_paper", load_weights=False
        )
        # 3x3x512 + g + bias for each channel more in the last convolution,
        # and 2 rows (e and -e) of eight 1x1 convolutions to 160.
        more = 352 * (9 * 512 + 2) + 8 * 2 * 352 * 160
        assert count(model) == 110_602_272 + more

    def test_ungated_has_half_of_conv2(self):
        model = small_pic(gated=False)
        block = model.ul_blocks[0]
        assert block.conv2.filters == 8
        assert model.predict(images(2), verbose=0).shape == (2, 4, 4, 40)

    def test_embedding_only(self):
        model = small_pic(num_blocks=0)
        outputs = model(images(2))
        np.testing.assert_array_equal(
            ops.convert_to_numpy(outputs["parameters"]),
            ops.convert_to_numpy(outputs["embedding"]),
        )
        model.compile()
        logs = model.evaluate(images(2), verbose=0, return_dict=True)
        assert set(logs) == {"loss", "bits_per_dim"}

    def test_embedding_alone_from_a_trained_preset(self, tmp_path):
        """Section 4.3: it scores what it scored as a part."""
        model = small_pic()
        model.prepare(images())
        model.save_to_preset(tmp_path / "preset")
        with pytest.raises(ValueError, match="left over|not in the model"):
            ColorizerPIC.from_preset(tmp_path / "preset", num_blocks=0)
        alone = ColorizerPIC.from_preset(
            tmp_path / "preset", num_blocks=0, ignore_unused_weights=True
        )
        np.testing.assert_allclose(
            alone.log_likelihood(images(4)),
            model.log_likelihoods(images(4))["embedding"],
            rtol=1e-5,
        )
        colored = alone.generate(
            images(1)[0], num_samples=2, readout="mode", seed=0, verbose=0
        )
        np.testing.assert_array_equal(colored[0], colored[1])

    def test_rgb_input_needs_as_many_parameters(self):
        assert count(small_pic(input_space="rgb")) == count(small_pic())

    def test_narrow_embedding_is_refused(self):
        with pytest.raises(ValueError, match="is 39, too narrow.*at least 40"):
            small_pic(embedding_filters=(8, 39))
        small_pic(embedding_filters=(8, 39), embedding_loss_weight=0)

    def test_stages_of_unequal_length_are_refused(self):
        with pytest.raises(ValueError, match="lengths 2, 3, 2 and 2"):
            small_pic(embedding_strides=(1, 2, 1))

    @pytest.mark.parametrize(
        "argument", [{"input_space": "xyz"}, {"chroma_method": "nearest"}]
    )
    def test_unknown_choices_are_refused(self, argument):
        with pytest.raises(ValueError, match="Expected one of"):
            small_pic(**argument)


class TestConfigAndSaving:
    def test_config_round_trip(self):
        model = small_pic(
            gated=False, input_space="rgb", dtype="mixed_bfloat16"
        )
        again = ColorizerPIC.from_config(model.get_config())
        assert again.get_config() == model.get_config()
        for name in CONFIG:
            assert getattr(again, name) == CONFIG[name]

    def test_save_and_load(self, tmp_path):
        model = small_pic()
        model.prepare(images())
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        assert isinstance(again, ColorizerPIC) and again.is_prepared
        np.testing.assert_array_equal(
            again.predict(images(3), verbose=0),
            model.predict(images(3), verbose=0),
        )

    def test_save_keeps_compilation(self, tmp_path):
        model = small_pic()
        model.compile()
        model.fit(images(), batch_size=6, verbose=0)
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        assert again.optimizer.iterations == 2
        assert again.evaluate(images(), verbose=0) == pytest.approx(
            model.evaluate(images(), verbose=0), rel=1e-5
        )

    def test_weights_round_trip(self, tmp_path):
        model = small_pic()
        model.prepare(images())
        model.save_weights(tmp_path / "model.weights.h5")
        again = small_pic()
        again.load_weights(tmp_path / "model.weights.h5")
        assert again.is_prepared
        np.testing.assert_array_equal(
            again.predict(images(3), verbose=0),
            model.predict(images(3), verbose=0),
        )


class TestTargets:
    @pytest.mark.parametrize("method", ["area", "subsample"])
    def test_against_skimage(self, method):
        rgb = images(2)
        targets = small_pic(chroma_method=method).targets(rgb)
        lab = color.rgb2lab(rgb)
        scaled = np.stack(
            [
                (lab[..., 0] - 50) / 50,
                (lab[..., 1] - 0.5) / 127.5,
                (lab[..., 2] + 0.5) / 127.5,
            ],
            axis=-1,
        )
        np.testing.assert_allclose(
            ops.convert_to_numpy(targets["gray"]), scaled[..., :1], atol=1e-4
        )
        small = scaled[:, ::2, ::2]
        if method == "area":
            small = scaled.reshape(2, 4, 2, 4, 2, 3).mean((2, 4))
        found = [
            ops.convert_to_numpy(targets[k]) for k in ("luminance", "chroma")
        ]
        np.testing.assert_allclose(
            np.concatenate(found, axis=-1), small, atol=1e-4
        )

    @pytest.mark.parametrize("most", [1, 255])
    def test_float_ranges_give_the_same(self, most):
        rgb = images(2)
        expected = ops.convert_to_numpy(small_pic().targets(rgb)["chroma"])
        same = rgb * (most / 255.0)
        found = small_pic(value_range=(0, most)).targets(same)["chroma"]
        np.testing.assert_allclose(
            ops.convert_to_numpy(found), expected, atol=1e-5
        )

    def test_dark_images_of_a_declared_range(self):
        dark = np.full((1, 8, 8, 3), 1.0) * [1.0, 0.0, 0.0]
        found, expected = (
            small_pic(value_range=(0, 255)).targets(dark)["chroma"],
            small_pic().targets(dark.astype("uint8"))["chroma"],
        )
        np.testing.assert_allclose(
            ops.convert_to_numpy(found),
            ops.convert_to_numpy(expected),
            atol=1e-5,
        )

    def test_unknown_range_is_refused(self):
        with pytest.raises(ValueError, match="value_range"):
            small_pic(value_range=(-1, 1))

    def test_wrong_channels_are_refused(self):
        with pytest.raises(ValueError, match="Expected RGB images"):
            small_pic().targets(np.zeros((2, 8, 8, 1), "uint8"))

    def test_sizes_that_do_not_divide_are_refused(self):
        with pytest.raises(ValueError, match="multiple of 2"):
            small_pic().targets(np.zeros((2, 9, 8, 3), "uint8"))


class TestLikelihood:
    def test_bits_per_dim_against_numpy(self):
        """The formula of the mixture, written out for one image."""
        model = small_pic()
        model.prepare(images())
        rgb = images(1, seed=5)
        p = model.predict(rgb, verbose=0).astype("float64").reshape(16, 8, 5)
        targets = model.targets(rgb)
        light, a, b = (
            ops.convert_to_numpy(channel).reshape(16, 1).astype("float64")
            for channel in (
                targets["luminance"],
                targets["chroma"][..., :1],
                targets["chroma"][..., 1:],
            )
        )
        coefficients = np.tanh(p[:, 1:4])
        means = (
            p[:, 4] + coefficients[:, 0] * light,
            p[:, 6] + coefficients[:, 1] * light + coefficients[:, 2] * a,
        )
        weights = np.exp(p[:, 0]) / np.exp(p[:, 0]).sum(-1, keepdims=True)
        probability = weights
        for value, mean, log_scale in zip((a, b), means, (p[:, 5], p[:, 7])):
            scale = np.exp(np.maximum(log_scale, -7))
            upper = 1 / (1 + np.exp(-(value + 1 / 255 - mean) / scale))
            lower = 1 / (1 + np.exp(-(value - 1 / 255 - mean) / scale))
            upper = np.where(value > 0.999, 1, upper)
            lower = np.where(value < -0.999, 0, lower)
            probability = probability * (upper - lower)
        bits = -np.log2(probability.sum(-1)).sum()

        found = model.log_likelihood(rgb)
        assert found.shape == (1,)
        np.testing.assert_allclose(found[0], -bits, rtol=1e-4)
        model.compile()
        logs = model.evaluate(rgb, verbose=0, return_dict=True)
        np.testing.assert_allclose(logs["bits_per_dim"], bits / 32, rtol=1e-4)

    def test_evaluate_is_the_mean_over_images(self):
        model = small_pic()
        model.prepare(images())
        model.compile()
        rgb = images(7)
        logs = model.evaluate(rgb, batch_size=3, verbose=0, return_dict=True)
        mean = -model.log_likelihood(rgb, batch_size=2).mean() / 32
        assert logs["bits_per_dim"] == pytest.approx(mean, rel=1e-5)

    def test_predict_gives_parameters(self):
        assert small_pic().predict(images(3), verbose=0).shape == (3, 4, 4, 40)

    def test_any_image_size(self):
        rgb = np.zeros((1, 6, 14, 3), "uint8")
        assert small_pic().predict(rgb, verbose=0).shape == (1, 3, 7, 40)


class TestColorizer:
    def test_lists_the_presets_of_all_classes(self):
        assert set(ColorizerPIC.presets) <= set(Colorizer.presets)

    def test_from_preset_finds_the_class(self):
        model = Colorizer.from_preset("pic_tinyimagenet64", load_weights=False)
        assert type(model) is ColorizerPIC
