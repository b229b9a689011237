import math

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import log_softmax

from keras_colorize import Colorizer
from keras_colorize import ColorizerPixColor
from keras_colorize import RefinementNetwork
from keras_colorize.color import rgb_to_ycbcr
from keras_colorize.presets import weights_of
from tests.layers.layer_checks import to_numpy
from tests.models.pixcolor.small import pictures
from tests.models.pixcolor.small import randomized
from tests.models.pixcolor.small import small_encoder
from tests.models.pixcolor.small import small_pixcolor
from tests.sampling.helpers import sample
from tests.sampling.helpers import uniform


def size_of(variables):
    return sum(math.prod(variable.shape) for variable in variables)


def bins(rgb, factor=4):
    """The bins (N, h, w, 2) of Cb and Cr, in NumPy."""
    chroma = to_numpy(rgb_to_ycbcr(rgb))[..., 1:]
    n, height, width, _ = chroma.shape
    cells = chroma.reshape(
        n, height // factor, factor, width // factor, factor, 2
    )
    return np.clip(np.floor((cells.mean((2, 4)) + 4) / 8), 0, 31).astype(int)


@pytest.mark.slow
class TestThePapersNetwork:
    def test_parameter_counts(self):
        name = "pixcolor_imagenet224"
        model = ColorizerPixColor.from_preset(name, load_weights=False)
        assert model.refinement.filters == 64
        assert size_of(model.encoder.weights) == pytest.approx(27.6e6, rel=3e-3)
        adaptation = [
            w for layer in model.adaptation_layers for w in layer.weights
        ]
        # 3x3 convolutions of 1025, 64 and 64 channels to 64.
        assert size_of(adaptation) == 9 * 64 * (1025 + 64 + 64) + 3 * 64
        pixelcnn = size_of(model.autoregressive_network.weights)
        assert pixelcnn == pytest.approx(2.5e6, rel=6e-3)
        entry = Colorizer.presets[name]
        assert entry["parameters"] == size_of(model.trainable_variables)
        features = model.embedding_network.compute_output_shape(
            (1, 224, 224, 1)
        )
        assert tuple(features) == (1, 28, 28, 64)

    def test_not_published(self):
        with pytest.raises(ValueError, match="no published weights"):
            ColorizerPixColor.from_preset("pixcolor_imagenet224")


class TestLikelihood:
    def test_against_numpy(self):
        model = randomized(small_pixcolor(embedding_loss_weight=0.5))
        rgb = pictures(3)
        parameters = model.predict(rgb, verbose=0).astype("float64")
        embedding, kernel, bias = (
            to_numpy(w)
            for w in (
                model.head.chain_embedding,
                model.head.chain_kernel,
                model.head.chain_bias,
            )
        )
        cb, cr = np.moveaxis(bins(rgb), -1, 0)[..., None]
        last = log_softmax(parameters[..., :32], -1)
        hidden = np.maximum(parameters[..., 32:] + embedding[cr[..., 0]], 0)
        first = log_softmax(hidden @ kernel + bias, -1)
        nats = np.take_along_axis(last, cr, -1) + np.take_along_axis(
            first, cb, -1
        )
        expected = nats.sum((1, 2, 3)) / np.log(2)
        np.testing.assert_allclose(
            model.log_likelihood(rgb), expected, rtol=1e-4
        )
        model.compile()
        logs = model.evaluate(rgb, verbose=0, return_dict=True)
        assert logs["bits_per_dim"] == pytest.approx(
            -expected.mean() / 32, rel=1e-4
        )

        logits = to_numpy(model(rgb)["embedding_logits"])
        logits = log_softmax(logits.reshape(3, 4, 4, 2, 32), -1)
        alone = np.take_along_axis(logits[..., 0, :], cr, -1)
        alone = alone + np.take_along_axis(logits[..., 1, :], cb, -1)
        alone = alone.sum((1, 2, 3)) / np.log(2)
        np.testing.assert_allclose(
            model.log_likelihoods(rgb)["embedding"], alone, rtol=1e-4
        )
        assert logs["embedding_bits_per_dim"] == pytest.approx(
            -alone.mean() / 32, rel=1e-4
        )
        assert logs["loss"] == pytest.approx(
            logs["bits_per_dim"] + 0.5 * logs["embedding_bits_per_dim"],
            rel=1e-5,
        )

    def test_a_pixel_sees_the_pixels_before_it(self):
        """And no other. Four blocks reach all pixels of this grid."""
        model = randomized(small_pixcolor(num_blocks=4))
        height, width = 4, 5
        count = height * width
        given = [
            np.repeat(to_numpy(uniform(i, 1, height, width, n)), count, 0)
            for i, n in enumerate((5, 1))
        ]
        chroma = np.repeat(to_numpy(uniform(2, 1, height, width, 2)), count, 0)
        for channel in (0, 1):
            changed = chroma.copy()
            pixels = changed.reshape(count, count, 2)
            index = np.arange(count)
            pixels[index, index, channel] *= -1
            before, after = (
                to_numpy(model.autoregressive_network([*given, x]))
                for x in (chroma, changed)
            )
            moved = np.abs(after - before).max(-1).reshape(count, count) > 1e-7
            np.testing.assert_array_equal(moved, index[None] > index[:, None])

    @pytest.mark.parametrize("order", ["chain", "masked"])
    def test_hints_between_bins_are_seen_as_bins(self, order):
        model = randomized(small_pixcolor(channel_order=order))
        given = [uniform(i, 1, 3, 3, n) for i, n in enumerate((5, 1))]
        k = np.random.default_rng(0).integers(0, 32, (1, 3, 3, 2))
        found = []
        for offset in (0.0, 0.4):
            chroma = ops.convert_to_tensor(2 * (k + offset) / 31 - 1, "float32")
            found.append(model.autoregressive_network([*given, chroma]))
        np.testing.assert_array_equal(*map(to_numpy, found))


class TestSampler:
    def check(self, order, height, width):
        model = small_pixcolor(channel_order=order)
        model.prepare(pictures())
        network = model.autoregressive_network
        inputs = {
            "embedding": uniform(0, 2, height, width, 5),
            "luminance": uniform(1, 2, height, width, 1),
        }
        noise = ops.abs(uniform(2, 2, height, width, model.head.num_noise))
        temperature = (1.0, 1.0)
        drawn, parameters = sample(model.sampler(), inputs, noise, temperature)
        assert np.std(drawn) > 0.3
        arguments = [*inputs.values(), ops.convert_to_tensor(drawn)]
        whole = network(arguments)
        if order == "masked":
            whole = ops.concatenate(whole, axis=-1)
        whole = to_numpy(whole)
        np.testing.assert_allclose(parameters, whole, rtol=1e-5, atol=1e-5)
        full, parameters = sample(
            model.sampler("full"), inputs, noise, temperature
        )
        np.testing.assert_array_equal(drawn, full)
        np.testing.assert_allclose(parameters, whole, rtol=1e-5, atol=1e-5)

    @pytest.mark.usefixtures("uncompiled")
    @pytest.mark.parametrize("order", ["chain", "masked"])
    @pytest.mark.parametrize("grid", [(1, 1), (4, 5), (7, 3)])
    def test_exact(self, order, grid):
        self.check(order, *grid)

    @pytest.mark.slow
    @pytest.mark.parametrize("order", ["chain", "masked"])
    def test_exact_compiled(self, order):
        self.check(order, 5, 6)


class TestTraining:
    @pytest.mark.slow
    def test_fit_lowers_the_loss(self):
        keras.utils.set_random_seed(0)
        model = small_pixcolor(
            hypercolumn_filters=(12, 8), embedding_loss_weight=0.1
        )
        assert not model.is_prepared
        model.compile(keras.optimizers.Adam(0.02))
        history = model.fit(pictures(), batch_size=4, epochs=8, verbose=0)
        assert model.is_prepared
        found = history.history["bits_per_dim"]
        assert found[-1] < 0.8 * found[0]

    def test_batch_normalization_does_not_change(self):
        model = small_pixcolor(encoder=small_encoder(norm=True))
        norm = model.encoder.get_layer("norm4")
        conv = model.encoder.get_layer("conv4")
        before = norm.get_weights(), conv.get_weights()
        model.compile()
        model.fit(pictures(), verbose=0)
        for old, new in zip(before[0], norm.get_weights()):
            np.testing.assert_array_equal(old, new)
        assert not np.array_equal(before[1][0], conv.get_weights()[0])

    @pytest.mark.parametrize("order", ["chain", "masked"])
    def test_every_weight_is_trained(self, order):
        model = small_pixcolor(embedding_loss_weight=0.1, channel_order=order)
        model.prepare(pictures())
        model.compile(keras.optimizers.SGD(0.1))
        before = [to_numpy(w).copy() for w in model.trainable_variables]
        model.fit(pictures(), verbose=0)
        for old, new in zip(before, model.trainable_variables):
            # The norm hides the size of a kernel with a single input.
            if new.path != "pixelcnn_first_cr/v":
                assert not np.array_equal(old, to_numpy(new)), new.path

    def test_the_optimizer_of_the_paper(self):
        optimizer = small_pixcolor().default_optimizer()
        config = optimizer.get_config()
        assert config["learning_rate"] == pytest.approx(3e-4)
        assert (config["beta_1"], config["beta_2"]) == (0.9, 0.999)

    def test_mixed_precision(self):
        model = small_pixcolor(dtype="mixed_bfloat16")
        outputs = model(pictures(2))
        assert model.adaptation_layers[0].compute_dtype == "bfloat16"
        assert model.blocks[0].compute_dtype == "float32"
        dtype = keras.backend.standardize_dtype(outputs["parameters"].dtype)
        assert dtype == "float32"


@pytest.fixture(scope="module")
def model():
    model = small_pixcolor(refinement=RefinementNetwork(4, 4))
    model.prepare(pictures())
    # As if trained.
    last = model.refinement.network.get_layer("last")
    last.kernel.assign(0.05 * np.ones(last.kernel.shape))
    return model


@pytest.mark.usefixtures("uncompiled")
class TestGenerate:
    def test_what_is_drawn(self, model):
        gray = pictures(1, 20)[0, :, :14, 1]
        rgb, bits, chroma = model.generate(
            gray,
            num_samples=2,
            seed=0,
            verbose=0,
            return_log_likelihood=True,
            return_chroma=True,
        )
        assert rgb.shape == (2, 20, 14, 3) and chroma.shape == (2, 5, 3, 2)
        # Of Cb and Cr, minus 128: the centers of the bins.
        k = (chroma + 128) / 8
        np.testing.assert_allclose(k, np.rint(k), atol=1e-4)
        assert (bits < 0).all() and not np.array_equal(*chroma)
        again = model.generate(gray, num_samples=1, seed=0, verbose=0)
        np.testing.assert_array_equal(again[0], rgb[0])
        luminance = to_numpy(rgb_to_ycbcr(rgb))[..., 0]
        assert np.abs(luminance - gray).max() < 1.5

    def test_hints(self, model):
        gray = pictures(1, 16)[0, :, :, 1]
        mask = np.zeros((16, 16), bool)
        mask[:8] = True
        # Gray is a bin, so hints of gray come back as they are.
        hints = mask, np.zeros((16, 16, 2))
        rgb, chroma = model.generate(
            gray, seed=0, verbose=0, hints=hints, return_chroma=True
        )
        np.testing.assert_allclose(chroma[0, :2], 0, atol=0.5)
        assert np.ptp(rgb[0, :8].astype(int), axis=-1).max() <= 1
        assert np.ptp(rgb[0, 8:].astype(int), axis=-1).max() > 5

    @pytest.mark.parametrize("temperature", [1.0, (1.5, 0.5), 0.0])
    def test_expectation(self, temperature):
        model = randomized(small_pixcolor(embedding_loss_weight=0.5))
        rgb = pictures(2)
        outputs = model(rgb)
        logits = to_numpy(outputs["embedding_logits"]).astype("float64")
        levels = 8 * np.arange(32) - 128.0
        # Of Cb and Cr. At almost 0, the likeliest bin is all that is left.
        of_cb, of_cr = np.maximum(np.broadcast_to(temperature, 2), 1e-9)
        logits_cr, logits_cb = np.split(logits, 2, -1)
        cr = np.exp(log_softmax(logits_cr / of_cr, -1)) @ levels
        cb = np.exp(log_softmax(logits_cb / of_cb, -1)) @ levels
        expected = np.stack([cb, cr], -1)
        _, bits, chroma = model.generate(
            rgb,
            num_samples=2,
            readout="expectation",
            temperature=temperature,
            verbose=0,
            return_chroma=True,
            return_log_likelihood=True,
        )
        np.testing.assert_allclose(
            chroma, np.repeat(expected[:, None], 2, 1), atol=2e-3
        )
        given = outputs["targets"]
        drawn = {
            "luminance": given["luminance"],
            "chroma": ops.cast((expected + 4) / 124, "float32"),
        }
        embedding = model.embedding_network(given["gray"])
        found = model.autoregressive_network([embedding, *drawn.values()])
        expected = -32 * to_numpy(model.bits_per_dim(found, drawn))
        np.testing.assert_allclose(bits[:, 0], expected, rtol=1e-3)

    def test_expectation_keeps_hints(self):
        model = small_pixcolor(embedding_loss_weight=0.5)
        gray = pictures(1)[0]
        mask = np.zeros((16, 16), bool)
        mask[4:8, 8:12] = True
        hints = mask, np.full((16, 16, 2), [20.0, -30.0])
        options = {
            "readout": "expectation",
            "verbose": 0,
            "return_chroma": True,
        }
        _, free = model.generate(gray, **options)
        _, found = model.generate(gray, hints=hints, **options)
        differs = np.abs(found - free).max((0, 3)) > 1
        np.testing.assert_array_equal(differs, mask[::4, ::4])

    def test_uncertainty(self):
        model = randomized(small_pixcolor(embedding_loss_weight=0.5))
        rgb = pictures(2)
        logits = to_numpy(model(rgb)["embedding_logits"]).astype("float64")
        log_p = log_softmax(logits.reshape(2, 4, 4, 2, 32), -1)
        entropy = -(np.exp(log_p) * log_p).sum(-1).mean(-1) / np.log(32)
        found = model.uncertainty(rgb)
        assert found.shape == (2, 16, 16)
        # Bilinear enlargement repeats the cells at the corners.
        corners = np.ix_([0, 1], [0, -1], [0, -1])
        np.testing.assert_allclose(found[corners], entropy[corners], atol=1e-4)
        with pytest.raises(ValueError, match="has no histograms of each pixel"):
            small_pixcolor().uncertainty(rgb)

    def test_default_readout(self):
        with_loss = small_pixcolor(embedding_loss_weight=0.5)
        gray = pictures(1)[0]
        for options, readout in (
            ({}, "expectation"),
            ({"num_samples": 2}, "sample"),
            ({"temperature": 0.5}, "sample"),
            ({"best_of": 3}, "sample"),
            ({"return_log_likelihood": True}, "sample"),
        ):
            options = {
                "seed": 0,
                "verbose": 0,
                "return_chroma": True,
                **options,
            }
            found = with_loss.generate(gray, **options)[-1]
            expected = with_loss.generate(gray, readout=readout, **options)[-1]
            np.testing.assert_array_equal(found, expected)
        assert "expectation" not in small_pixcolor().readouts

    def test_refinement_is_used(self, model):
        gray = pictures(1, 16)[0, :, :, 1]
        refined = model.generate(gray, seed=0, verbose=0)
        refinement = model.refinement
        model.refinement = None
        try:
            plain = model.generate(gray, seed=0, verbose=0)
        finally:
            model.refinement = refinement
        assert np.abs(refined.astype(int) - plain).max() > 3


class TestSaving:
    def model(self, order="chain"):
        model = small_pixcolor(
            channel_order=order,
            embedding_loss_weight=0.1,
            refinement=RefinementNetwork(4, 4),
        )
        model.prepare(pictures())
        return randomized(model)

    def check_same(self, again, model):
        assert again.get_config() == model.get_config()
        names = weights_of(model)
        for name, variable in weights_of(again).items():
            np.testing.assert_array_equal(
                to_numpy(variable), to_numpy(names[name]), err_msg=name
            )
        found, expected = (
            to_numpy(m(pictures(2))["parameters"]) for m in (again, model)
        )
        np.testing.assert_array_equal(found, expected)

    def test_preset(self, tmp_path):
        model = self.model()
        model.save_to_preset(tmp_path / "preset")
        again = Colorizer.from_preset(tmp_path / "preset", name=model.name)
        assert type(again) is ColorizerPixColor
        assert again.is_prepared and not again.refinement.trainable
        self.check_same(again, model)
        alone = Colorizer.from_preset(
            tmp_path / "preset", refinement=None, ignore_unused_weights=True
        )
        assert alone.refinement is None
        found, expected = (
            to_numpy(m(pictures(2))["parameters"]) for m in (alone, model)
        )
        np.testing.assert_array_equal(found, expected)

    @pytest.mark.parametrize("order", ["chain", "masked"])
    def test_keras_file(self, order, tmp_path):
        model = self.model(order)
        model.save(tmp_path / "model.keras")
        self.check_same(
            keras.saving.load_model(tmp_path / "model.keras"), model
        )

    def test_the_gray_of_a_built_in_encoder(self):
        model = small_pixcolor(
            encoder="efficientnet_lite0", chroma_factor=8, image_size=32
        )
        assert model.get_config()["encoder"] == {
            "name": "efficientnet_lite0",
            "gray": "srgb",
        }
        # Of the encoder, nothing beyond the map that is used.
        assert model.encoder.output.shape[-1] == 40
        assert "block5_expand" not in [x.name for x in model.encoder.layers]


class TestErrors:
    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"channel_order": "masks"}, "channel_order is 'masks'.*'chain'"),
            ({"num_blocks": 0}, "num_blocks is 0. Expected at least 1"),
            ({"chroma_factor": 16}, "stride2, stride4, stride8.*stride 16"),
            ({"encoder": "cic"}, "'cic' sees L of Lab.*'ycbcr'"),
            ({"refinement": {"filters": 4}}, "by 8. Expected 4"),
        ],
    )
    def test_arguments(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            small_pixcolor(**arguments)
