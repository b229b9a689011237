import json

import keras
import numpy as np
import pytest
from keras import layers
from keras import ops
from scipy import ndimage
from scipy import stats

from keras_colorize import Colorizer
from keras_colorize import ColorizerHypercolumn
from keras_colorize import encoders
from keras_colorize import generation
from keras_colorize import transfer
from keras_colorize.color import HueChromaSpace
from keras_colorize.color import LabSpace

HEADS = ("hue_chroma", "lab", "lab_joint", "lab_l2")


def small_encoder():
    x = gray = keras.Input((None, None, 1), name="gray")
    outputs = {}
    for stride in (2, 4, 8):
        x = layers.Conv2D(4, 3, 2, padding="same", name=f"conv{stride}")(x)
        x = layers.BatchNormalization(name=f"norm{stride}")(x)
        x = layers.ReLU(name=f"relu{stride}")(x)
        outputs[f"stride{stride}"] = x
    return keras.Model(gray, outputs, name="small")


def small_model(distribution="lab_joint", **overrides):
    config = {
        "encoder": small_encoder(),
        "filters": 16,
        "dropout": 0.0,
        "num_locations": 10,
        "image_size": 16,
        **overrides,
    }
    return ColorizerHypercolumn(distribution=distribution, **config)


def two_colors(count=8, size=16):
    """Pictures whose dark half is blue and whose light half is orange."""
    rng = np.random.default_rng(0)
    light = rng.random((count, 1, 1, 1)) * 0.2 + 0.6
    rgb = np.empty((count, size, size, 3))
    rgb[:, : size // 2] = light * np.array([0.2, 0.3, 0.9])
    rgb[:, size // 2 :] = light * np.array([1.2, 0.9, 0.4])
    return np.uint8(255 * np.clip(rgb + rng.normal(0, 0.02, rgb.shape), 0, 1))


def gray_image(height=20, width=24, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height, width), dtype="uint8")


def angles(plane):
    return np.arctan2(plane[..., 1], plane[..., 0])


def predicted(model, x=None):
    x = two_colors(3) if x is None else x
    return model.predict(x, verbose=0)["logits"]


class TestTraining:
    @pytest.mark.parametrize("head", HEADS)
    def test_fit_lowers_the_loss(self, head):
        keras.utils.set_random_seed(0)
        model = small_model(head)
        model.compile(keras.optimizers.Adam(0.01))
        before = model.evaluate(two_colors(), verbose=0, return_dict=True)
        assert set(before) == {"loss", *model.loss_weights}
        model.fit(two_colors(), batch_size=4, epochs=8, verbose=0)
        after = model.evaluate(two_colors(), verbose=0)
        assert np.ravel(after)[0] < 0.8 * before["loss"]

    def test_locations_are_cells_of_the_grid(self):
        model = small_model(num_locations=200)
        rgb = two_colors(2)[:, :, :8]
        everywhere = model.targets(rgb)
        targets = model.targets(rgb, training=True)
        points, chroma, grid = map(
            ops.convert_to_numpy,
            (targets["points"], targets["chroma"], everywhere["chroma"]),
        )
        assert points.shape == (2, 200, 2) and grid.shape == (2, 4, 2, 2)
        assert {tuple(p) for p in points[0]} == set(np.ndindex(4, 2))
        assert not np.array_equal(points[0], points[1])
        for image in range(2):
            rows, columns = points[image].T
            np.testing.assert_array_equal(
                chroma[image], grid[image, rows, columns]
            )

    def test_training_computes_at_the_locations(self):
        model = small_model()
        outputs = model(two_colors(2), training=True)
        targets = outputs["targets"]
        assert tuple(outputs["logits"].shape) == (2, 10, 256)
        assert tuple(model.losses_of(outputs, targets)["nats"].shape) == (2,)
        # Batch normalization does as in training in both.
        dense = model.network(targets["gray"], training=True)["logits"]
        dense = ops.convert_to_numpy(dense)
        points = ops.convert_to_numpy(targets["points"])
        for image in range(2):
            rows, columns = points[image].T
            np.testing.assert_allclose(
                ops.convert_to_numpy(outputs["logits"])[image],
                dense[image, rows, columns],
                atol=1e-4,
            )

    def test_images_whose_size_is_not_known_when_compiling(self):
        tf = pytest.importorskip("tensorflow")
        if keras.backend.backend() != "tensorflow":
            pytest.skip("other backends compile for each size")
        model = small_model()
        model.compile()
        images = [two_colors(2), two_colors(2, size=24)]
        data = tf.data.Dataset.from_generator(
            lambda: images,
            output_signature=tf.TensorSpec((None, None, None, 3), "uint8"),
        )
        assert np.isfinite(model.fit(data, verbose=0).history["loss"]).all()
        assert np.isfinite(model.evaluate(data, verbose=0)).all()

    def test_all_locations(self):
        model = small_model(num_locations=None)
        outputs = model(two_colors(2), training=True)
        assert tuple(outputs["logits"].shape) == (2, 4, 4, 256)

    def test_seed_makes_training_repeatable(self):
        losses = []
        for seed in (0, 0, 1):
            keras.utils.set_random_seed(seed)
            model = small_model()
            model.compile(keras.optimizers.SGD(0.01))
            history = model.fit(two_colors(), batch_size=4, verbose=0)
            losses.append(history.history["loss"][0])
        assert losses[0] == pytest.approx(losses[1], rel=1e-5)
        assert losses[0] != pytest.approx(losses[2], rel=1e-5)

    def test_frozen_encoder(self):
        model = small_model(encoder_trainable=False)
        before = [ops.convert_to_numpy(w) for w in model.encoder.weights]
        model.compile(keras.optimizers.SGD(0.1))
        model.fit(two_colors(), verbose=0)
        for old, new in zip(before, model.encoder.get_weights()):
            np.testing.assert_array_equal(old, new)

    def test_likelihood_of_an_image(self):
        model = small_model("lab")
        rgb = two_colors(2)
        nats = model.head.log_prob(
            predicted(model, rgb), model.targets(rgb)["chroma"]
        )
        bits = ops.convert_to_numpy(nats).sum((1, 2)) / np.log(2)
        np.testing.assert_allclose(model.log_likelihood(rgb), bits, rtol=1e-4)

    @pytest.mark.parametrize("head", ["hue_chroma", "lab_l2"])
    def test_no_likelihood(self, head):
        with pytest.raises(ValueError, match="has no likelihood"):
            small_model(head).log_likelihood(two_colors(2))


class TestGenerate:
    @pytest.mark.parametrize("head", HEADS)
    def test_every_readout(self, head):
        model = small_model(head)
        space = LabSpace() if "lab" in head else HueChromaSpace()
        assert model.color_space == space
        for readout in model.readouts:
            photos, chroma = model.generate(
                gray_image(),
                num_samples=2,
                readout=readout,
                seed=0,
                return_chroma=True,
                verbose=0,
            )
            assert photos.shape == (2, 20, 24, 3)
            assert chroma.shape == (2, 4, 4, 2)
            differ = not np.array_equal(photos[0], photos[1])
            assert differ == (readout in ("sample", "coherent"))
        default = model.generate(gray_image(), verbose=0)
        expected = model.generate(
            gray_image(), readout=model.readouts[0], verbose=0
        )
        np.testing.assert_array_equal(default, expected)

    def test_several_colorings_differ_by_default(self):
        model = small_model("lab_joint")
        gray = gray_image()
        np.testing.assert_array_equal(
            model.generate(gray, 3, seed=0, verbose=0),
            model.generate(gray, 3, seed=0, readout="coherent", verbose=0),
        )
        np.testing.assert_array_equal(
            *small_model("lab_l2").generate(gray, 2, verbose=0)
        )

    @pytest.mark.parametrize("readout", ["sample", "coherent"])
    def test_seeds(self, readout):
        model = small_model()

        def draw(seed, num_samples=1):
            return model.generate(
                gray_image(), num_samples, seed=seed, readout=readout, verbose=0
            )

        np.testing.assert_array_equal(draw(3)[0], draw(3, 2)[0])
        assert not np.array_equal(draw(3), draw(4))

    def test_chroma_comes_from_the_networks_histograms(self):
        keras.utils.set_random_seed(0)
        model = small_model("lab_l2")
        gray = gray_image(16, 16)
        rgb = np.repeat(gray[None, ..., None], 3, axis=-1)
        _, chroma = model.generate(gray, return_chroma=True, verbose=0)
        np.testing.assert_allclose(
            chroma, 25 * predicted(model, rgb), rtol=1e-3, atol=1e-2
        )

    def test_log_likelihood_of_colorings(self):
        model = small_model()
        flat = np.full((16, 16), 90, "uint8")
        # Every bin is as likely: each channel is normal, of deviation 25.
        model.logits.kernel.assign(0.0 * model.logits.kernel)
        _, bits, ab = model.generate(
            flat,
            num_samples=2,
            readout="sample",
            seed=0,
            return_log_likelihood=True,
            return_chroma=True,
            verbose=0,
        )
        density = stats.norm.logpdf(ab, scale=25) / np.log(2)
        np.testing.assert_allclose(bits, density.sum((1, 2, 3)), rtol=1e-3)

    def test_unsupported_options_are_refused(self):
        model = small_model("lab_l2")
        for option in (
            {"readout": "sample"},
            {"temperature": 0.5},
            {"return_log_likelihood": True},
        ):
            with pytest.raises(ValueError, match="does not support"):
                model.generate(gray_image(), verbose=0, **option)
        with pytest.raises(ValueError, match="readout is 'mean'"):
            small_model().generate(gray_image(), readout="mean", verbose=0)


class TestTemperatures:
    @pytest.mark.parametrize("head", ["lab", "hue_chroma"])
    def test_one_for_each_channel(self, head):
        model = small_model(head)
        assert model.temperatures == 2
        cold, half, warm = (
            model.generate(
                gray_image(),
                seed=0,
                readout="sample",
                temperature=temperature,
                return_chroma=True,
                verbose=0,
            )[1]
            for temperature in (0.1, (0.1, 1.0), (1.0, 1.0))
        )
        if head == "lab":
            np.testing.assert_array_equal(half[..., 0], cold[..., 0])
            np.testing.assert_array_equal(half[..., 1], warm[..., 1])
        else:
            np.testing.assert_allclose(*map(angles, (half, cold)), atol=1e-4)
            lengths = [np.linalg.norm(x, axis=-1) for x in (half, warm)]
            np.testing.assert_allclose(*lengths, atol=1e-4)
        assert np.abs(half - cold).max() > 0.01
        assert np.abs(half - warm).max() > 0.01

    @pytest.mark.parametrize("head", ["lab_joint", "lab_l2"])
    def test_one_for_both_channels(self, head):
        model = small_model(head)
        assert model.temperatures == 1
        with pytest.raises(ValueError, match="temperature has 2 numbers"):
            model.generate(gray_image(), temperature=(0.5, 1.0), verbose=0)


class TestLike:
    @pytest.mark.parametrize("head", ["hue_chroma", "lab", "lab_joint"])
    def test_histograms_are_matched(self, head):
        keras.utils.set_random_seed(0)
        model = small_model(head)
        reference = two_colors(1)[0]
        histogram = model.color_histogram(reference)
        assert histogram.shape == model.histogram_shape
        np.testing.assert_allclose(histogram.sum(1), 1)
        gray = gray_image()
        photos, chroma = model.generate(
            gray, like=reference, return_chroma=True, verbose=0
        )
        # The same by hand, at the size that the model looks at.
        luminance = generation.rendering.luminance_of(
            model.color_space, gray[..., None]
        )
        on_grid = model.gray_picture(luminance)
        logits = model.encode(model.color_space.normalize_luminance(on_grid))
        logits = model.head.match(logits, histogram)
        expected = model.head.read(logits, model.readouts[0], None, 1.0)
        expected = model.color_space.denormalize(expected)
        np.testing.assert_allclose(
            chroma, ops.convert_to_numpy(expected), atol=1e-3
        )
        np.testing.assert_array_equal(
            photos, model.generate(gray, like=histogram, verbose=0)
        )
        assert (photos != model.generate(gray, verbose=0)).any()

    def test_small_references_are_not_blurred(self):
        # A palette: half red, half green.
        palette = np.array([[[255, 0, 0], [0, 255, 0]]], "uint8")
        hues = small_model("hue_chroma").color_histogram(palette)[0]
        expected = np.zeros(32)
        expected[[0, 32 // 3]] = 0.5
        np.testing.assert_allclose(hues, expected, atol=1e-5)

    def test_a_single_color_is_matched_by_quantiles(self):
        model = small_model("lab_l2")
        assert model.histogram_shape == transfer.HISTOGRAM_SHAPE
        plain = model.generate(gray_image(), verbose=0)
        found = model.generate(gray_image(), like=two_colors(1)[0], verbose=0)
        assert np.abs(found.astype(int) - plain).max() > 9


class TestHistograms:
    @pytest.mark.parametrize(
        "head, names",
        [
            ("hue_chroma", ("hue", "chroma")),
            ("lab", ("a", "b")),
            ("lab_joint", ("ab",)),
        ],
    )
    def test_against_the_logits(self, head, names):
        keras.utils.set_random_seed(0)
        model = small_model(head)
        gray = np.random.default_rng(0).random((2, 20, 24), dtype="float32")
        logits = predicted(model, np.repeat(gray[..., None], 3, axis=-1))
        exp = np.exp(logits.reshape(2, 5, 6, len(names), -1).astype("float64"))
        expected = exp / exp.sum(-1, keepdims=True)
        found = model.histograms(gray)
        full = model.histograms(gray, full_resolution=True)
        assert tuple(found) == tuple(full) == names
        for i, name in enumerate(names):
            values = expected[..., i, :]
            np.testing.assert_allclose(found[name], values, atol=1e-5)
            large = ndimage.zoom(
                *(values, (1, 4, 4, 1)), order=1, mode="nearest", grid_mode=True
            )
            np.testing.assert_allclose(full[name], large, atol=1e-5)
            assert found[name].dtype == full[name].dtype == np.float32

    @pytest.mark.parametrize(
        "gray, message",
        [
            (np.zeros((16, 16), "float32"), r"shape \(16, 16\). Expected"),
            (np.zeros((1, 16, 18), "float32"), r"H and W multiples of 4"),
            (np.zeros((0, 16, 16), "float32"), r"shape \(0, 16, 16\)"),
            (np.zeros((1, 16, 16), "uint8"), "uint8 and values from 0 to 0"),
            (np.full((1, 16, 16), 255.0), "to 255.0. Expected float in"),
            (np.full((1, 16, 16), np.nan), "to nan. Expected float in"),
        ],
    )
    def test_wrong_images(self, gray, message):
        with pytest.raises(ValueError, match=message):
            small_model().histograms(gray)

    def test_none_of_a_single_color(self):
        with pytest.raises(ValueError, match="'lab_l2' has no histograms"):
            small_model("lab_l2").histograms(np.zeros((1, 16, 16)))


class TestUncertainty:
    def test_kinds_of_photographs(self):
        model = small_model()
        one = model.uncertainty(gray_image())
        assert one.shape == (20, 24) and one.dtype == np.float32
        assert 0 <= one.min() < one.max() <= 1
        batch = model.uncertainty(np.stack([gray_image(), gray_image(seed=1)]))
        assert batch.shape == (2, 20, 24)
        np.testing.assert_allclose(batch[0], one, atol=1e-6)
        several = model.uncertainty([gray_image(), gray_image(9, 30)])
        assert [item.shape for item in several] == [(20, 24), (9, 30)]
        np.testing.assert_allclose(several[0], one, atol=1e-6)

    def test_none_of_a_single_color(self):
        with pytest.raises(ValueError, match="has no histograms of each pixel"):
            small_model("lab_l2").uncertainty(gray_image())


class TestEncoders:
    @pytest.mark.parametrize(
        "head, gray", [("lab", "lab"), ("hue_chroma", "srgb")]
    )
    def test_built_in_encoder_sees_the_heads_gray(self, head, gray):
        config = {"name": "resnet101", "blocks": [1, 1, 1], "filters": 4}
        model = small_model(head, encoder=config)
        assert model.encoder.get_layer("srgb_gray").gray == gray
        assert predicted(model).shape[1:3] == (4, 4)

    def test_model_named_as_a_built_in_encoder(self):
        config = {"name": "resnet101", "blocks": [1, 1, 1], "filters": 4}
        encoder = encoders.get({**config, "gray": "lab"})
        assert encoder.name == "resnet101"
        model = small_model("hue_chroma", encoder=encoder)
        assert model.encoder is encoder
        config = model.get_config()
        again = ColorizerHypercolumn.from_config(config)
        assert again.encoder.get_layer("srgb_gray").gray == "lab"
        assert again.get_config() == config

    def test_encoder_of_lab_alone(self):
        with pytest.raises(ValueError, match="'cic' sees L of Lab"):
            small_model("hue_chroma", encoder="cic")

    def test_unknown_encoder(self):
        with pytest.raises(ValueError, match="no encoder 'vgg'"):
            small_model(encoder="vgg")

    def test_encoder_weights(self, tmp_path):
        config = {"name": "resnet101", "blocks": [1, 1, 1], "filters": 4}
        path = tmp_path / "encoder.weights.h5"
        first = small_model(encoder=config)
        first.encoder.save_weights(path)
        model = small_model(encoder=config, encoder_weights=path)
        for a, b in zip(first.encoder.weights, model.encoder.weights):
            np.testing.assert_array_equal(*map(ops.convert_to_numpy, (a, b)))
        assert "encoder_weights" not in model.get_config()

    @pytest.mark.parametrize("dtype", ["mixed_bfloat16", "float16"])
    def test_policies(self, dtype):
        config = {"name": "resnet101", "blocks": [1, 1, 1], "filters": 4}
        model = small_model(encoder=config, dtype=dtype)
        assert keras.config.dtype_policy().name == "float32"
        expected = {"mixed_bfloat16": "float32"}.get(dtype, dtype)
        assert model.encoder.weights[0].dtype == expected
        assert predicted(model).dtype == "float32"
        model.compile()
        history = model.fit(two_colors(), verbose=0)
        assert np.isfinite(history.history["loss"]).all()


class TestConfigAndSaving:
    @pytest.mark.parametrize("head", ["hue_chroma", "lab_joint"])
    def test_config_round_trip(self, head):
        arguments = {
            "filters": 8,
            "hidden_filters": 6,
            "dropout": 0.25,
            "num_locations": 5,
            "chromatic_fading": False,
            "encoder_trainable": False,
            "chroma_factor": 8,
            "image_size": 32,
            "border": "zeros",
            "pad_to_square": head == "hue_chroma",
            "antialias": False,
            "released_readouts": True,
        }
        model = small_model(head, **arguments)
        again = ColorizerHypercolumn.from_config(model.get_config())
        assert again.get_config() == model.get_config()
        for name, value in arguments.items():
            assert again.get_config()[name] == value
            assert getattr(again, name) == value
        shapes = [w.shape for w in model.weights]
        assert [w.shape for w in again.weights] == shapes
        assert len(again.trainable_weights) == len(model.trainable_weights)
        assert predicted(again).shape[1:3] == (2, 2)

    def test_save_and_load(self, tmp_path):
        model = small_model(hidden_filters=6)
        model.compile()
        model.fit(two_colors(), verbose=0)
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        assert isinstance(again, ColorizerHypercolumn)
        np.testing.assert_array_equal(predicted(again), predicted(model))
        again.fit(two_colors(), verbose=0)

    @pytest.mark.parametrize("encoder", ["model", "built-in"])
    def test_preset_round_trip(self, tmp_path, encoder):
        overrides = {"hidden_filters": 6}
        if encoder == "built-in":
            overrides["encoder"] = {
                "name": "resnet101",
                "blocks": [1, 1, 1],
                "filters": 4,
            }
        model = small_model(**overrides)
        model.save_to_preset(tmp_path / "preset")
        again = Colorizer.from_preset(tmp_path / "preset")
        assert type(again) is ColorizerHypercolumn
        np.testing.assert_array_equal(predicted(again), predicted(model))
        np.testing.assert_array_equal(
            again.generate(gray_image(), seed=0, verbose=0),
            model.generate(gray_image(), seed=0, verbose=0),
        )

    def test_preset_names_no_file(self, tmp_path):
        small_model().save_to_preset(tmp_path / "preset")
        path = tmp_path / "preset" / "config.json"
        preset = json.loads(path.read_text())
        preset["config"]["encoder_weights"] = "encoder.weights.h5"
        path.write_text(json.dumps(preset))
        with pytest.raises(ValueError, match="'encoder_weights', which"):
            Colorizer.from_preset(tmp_path / "preset")
