import keras
import numpy as np
import pytest
from keras import ops
from skimage.color import rgb2lab

from keras_colorize import ColorFieldVAE
from keras_colorize.color.cic_bins import color_weights
from keras_colorize.models.mdn import RELEASED_VAE
from keras_colorize.models.mdn import principal_components
from tests.models.mdn.released_mdn import quadrants
from tests.models.mdn.small import SIZE
from tests.models.mdn.small import casts
from tests.models.mdn.small import small_vae

RNG = np.random.default_rng(0)
FIELD = RNG.uniform(-0.3, 0.3, (3, SIZE, SIZE, 2)).astype("float32")
ERROR = RNG.normal(0, 0.1, FIELD.shape).astype("float32")
MEAN, LOG_VARIANCE = RNG.normal(size=(2, 3, 3)).astype("float32")


def losses_of(vae):
    outputs = {"mean": MEAN, "log_variance": LOG_VARIANCE}
    outputs["field"] = FIELD - ERROR
    outputs = {k: ops.convert_to_tensor(v) for k, v in outputs.items()}
    losses = vae.losses_of(outputs, {"field": ops.convert_to_tensor(FIELD)})
    return {k: ops.convert_to_numpy(v) for k, v in losses.items()}


def weights(rarity):
    ab = ops.convert_to_tensor(128 * FIELD)
    return ops.convert_to_numpy(color_weights(ab, rarity))[..., None]


def divergence():
    variance = np.exp(LOG_VARIANCE)
    return 0.5 * (MEAN**2 + variance - LOG_VARIANCE - 1).sum(1)


def set_random_components(vae):
    orthonormal, _ = np.linalg.qr(RNG.normal(size=(SIZE * SIZE * 2, 2)))
    variances = np.array([3.0, 0.5], "float32")
    shape = vae.components.shape
    vae.set_components(orthonormal.T.reshape(shape), variances)
    return orthonormal, variances


class TestLosses:
    def test_of_the_paper(self):
        vae = small_vae()
        directions, variances = set_random_components(vae)
        losses = losses_of(vae)
        vectors = np.float64(ERROR.reshape(3, -1))
        along = vectors @ directions
        rest = vectors - along @ directions.T
        vertical, horizontal = np.diff(ERROR, axis=1), np.diff(ERROR, axis=2)
        expected = {
            "color": (weights("smoothed") * ERROR**2).sum((1, 2, 3)),
            "mahalanobis": (along**2 / variances).sum(1)
            + (rest**2).sum(1) / variances[-1],
            "gradient": (vertical**2).sum((1, 2, 3))
            + (horizontal**2).sum((1, 2, 3)),
            "kl": divergence(),
        }
        assert set(losses) == set(expected) == set(vae.loss_weights)
        for name, values in expected.items():
            np.testing.assert_allclose(losses[name], values, rtol=1e-4)

    def test_of_the_program(self):
        """The field is the vector of both planes, read as (S, S, 2)."""
        losses = losses_of(small_vae(**RELEASED_VAE))
        seen = ERROR.transpose(0, 3, 1, 2).reshape(ERROR.shape)
        np.testing.assert_array_equal(seen, quadrants(ERROR))
        inner = seen[:, :-1, :-1]
        squares = (seen[:, 1:, :-1] - inner) ** 2
        squares += (seen[:, :-1, 1:] - inner) ** 2
        weighted = (weights("prior") * ERROR**2).sum((1, 2, 3))
        expected = {
            "color": np.sqrt(weighted),
            "gradient": np.sqrt(squares.sum((1, 2, 3))),
        }
        for name, values in expected.items():
            np.testing.assert_allclose(losses[name], values, rtol=1e-4)
        # Its mean over the batch is the program's sum.
        np.testing.assert_allclose(
            losses["kl"].mean(), divergence().sum(), rtol=1e-4
        )

    def test_a_perfect_field_has_finite_gradients(self):
        from tests.gradients import gradients

        vae = small_vae(**RELEASED_VAE)
        outputs = {"mean": MEAN, "log_variance": LOG_VARIANCE}
        outputs = {k: ops.convert_to_tensor(v) for k, v in outputs.items()}
        target = ops.convert_to_tensor(FIELD)

        def total(field):
            found = vae.losses_of(
                {**outputs, "field": field}, {"field": target}
            )
            return found["color"] + found["gradient"]

        (gradient,) = gradients(total, FIELD)
        np.testing.assert_array_equal(gradient, 0)


class TestTargets:
    def test_field_and_gray(self):
        vae = small_vae()
        rgb = casts(2, SIZE)
        targets = vae.targets(rgb)
        lab = rgb2lab(rgb)
        field = ops.convert_to_numpy(targets["field"])
        np.testing.assert_allclose(field, lab[..., 1:] / 128, atol=1e-3)
        # 8 bits of L are 2.55 L.
        gray = (2.55 * lab[..., :1] - 128) / 128
        found = ops.convert_to_numpy(targets["gray"])
        np.testing.assert_allclose(found, gray, atol=1e-3)
        assert not ops.convert_to_numpy(targets["noise"]).any()

    def test_larger_images_are_averaged(self):
        vae = small_vae()
        small = casts(2, SIZE)
        large = small.repeat(3, axis=1).repeat(2, axis=2)
        for name, values in vae.targets(small).items():
            np.testing.assert_allclose(
                *map(ops.convert_to_numpy, (values, vae.targets(large)[name])),
                atol=1e-5,
            )

    def test_noise(self):
        noise = ops.convert_to_numpy(
            small_vae(latents=3000).targets(casts(2), training=True)["noise"]
        )
        assert np.std(noise) == pytest.approx(1, abs=0.05)
        assert np.abs(noise).max() > 2
        vae = small_vae(latents=3000, **RELEASED_VAE)
        noise = ops.convert_to_numpy(
            vae.targets(casts(2), training=True)["noise"]
        )
        assert 1.8 < np.abs(noise).max() <= 2


class TestTraining:
    def test_fit_lowers_the_losses(self):
        keras.utils.set_random_seed(0)
        vae = small_vae(loss_weights={"color": 1.0, "kl": 1e-3}, dropout=0.0)
        vae.compile(keras.optimizers.Adam(0.01))
        rgb = casts()
        history = vae.fit(rgb, batch_size=6, epochs=15, verbose=0).history
        assert set(history) == {"loss", "color", "kl"}
        assert history["loss"][-1] < 0.5 * history["loss"][0]
        error = vae.targets(rgb)["field"] - vae.predict(rgb, verbose=0)["field"]
        spread = ops.convert_to_numpy(vae.error_variance)
        assert spread.shape == (2,) and (spread != 0.01).all()
        assert np.isfinite(ops.convert_to_numpy(error)).all()

    def test_error_variance_is_a_moving_average(self):
        vae = small_vae()
        targets = {"field": ops.convert_to_tensor(FIELD)}
        outputs = {
            "field": ops.convert_to_tensor(FIELD - ERROR),
            "mean": ops.convert_to_tensor(MEAN),
            "log_variance": ops.convert_to_tensor(LOG_VARIANCE),
            "targets": targets,
        }
        vae.compute_loss(y_pred=outputs, training=False)
        before = ops.convert_to_numpy(vae.error_variance)
        np.testing.assert_allclose(before, 0.01)
        vae.compute_loss(y_pred=outputs, training=True)
        expected = 0.99 * before + 0.01 * (ERROR**2).mean((0, 1, 2))
        np.testing.assert_allclose(
            ops.convert_to_numpy(vae.error_variance), expected, rtol=1e-5
        )

    def test_weight_of_kl_rises(self):
        vae = small_vae(
            loss_weights={"color": 1.0, "kl": 0.9}, kl_warmup_epochs=3
        )
        vae.compile(keras.optimizers.SGD(0.0))
        seen = []

        class Look(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                extra = logs["loss"] - logs["color"]
                seen.append(extra / logs["kl"])

        vae.fit(casts(4), epochs=5, verbose=0, callbacks=[Look()])
        np.testing.assert_allclose(seen, [0, 0.3, 0.6, 0.9, 0.9], atol=0.02)

    def test_released_constants(self):
        vae = small_vae(**RELEASED_VAE)
        assert vae.get_config()["loss_weights"]["kl"] / 9 == pytest.approx(1e-3)
        assert vae.kl_warmup_epochs == 9
        optimizer = vae.default_optimizer()
        assert float(optimizer.learning_rate) == pytest.approx(1e-6)
        assert optimizer.epsilon == 1e-6
        kernel = vae.decoder.get_layer("vae_decoder2_conv").kernel
        assert np.std(ops.convert_to_numpy(kernel)) == pytest.approx(
            1e-3, rel=0.2
        )


class TestComponents:
    def test_against_singular_values(self):
        fields = RNG.normal(size=(9, 4, 4, 2)) * np.arange(1, 3)
        components, variances = principal_components(fields, 3)
        rows = fields.reshape(9, -1)
        _, values, directions = np.linalg.svd(rows - rows.mean(0))
        np.testing.assert_allclose(variances, values[:3] ** 2 / 8, rtol=1e-5)
        products = components.reshape(3, -1) @ directions[:3].T
        np.testing.assert_allclose(np.abs(products), np.eye(3), atol=1e-5)

    def test_fit_computes_them_once(self):
        vae = small_vae()
        vae.compile()
        rgb = casts()
        assert not vae.is_prepared
        vae.fit(rgb, verbose=0)
        found = ops.convert_to_numpy(vae.components)
        fields = ops.convert_to_numpy(vae.targets(rgb)["field"])
        expected, _ = principal_components(fields, 2)
        np.testing.assert_allclose(found, expected, atol=1e-4)
        vae.fit(rgb[:3], verbose=0)
        np.testing.assert_array_equal(
            found, ops.convert_to_numpy(vae.components)
        )

    def test_errors(self):
        vae = small_vae()
        with pytest.raises(ValueError, match="2 images. Expected more than 2"):
            vae.fit_components(casts(2))
        with pytest.raises(ValueError, match="fewer than 2 directions"):
            vae.fit_components(np.full((5, SIZE, SIZE, 3), 90, "uint8"))
        with pytest.raises(ValueError, match="of an iterator"):
            vae.fit_components(iter([casts(4)]))
        with pytest.raises(ValueError, match="no principal components yet"):
            vae.compile()
            vae.train_on_batch(casts(4))
        components = np.zeros((2, SIZE, SIZE, 2))
        with pytest.raises(ValueError, match="descending"):
            vae.set_components(components, np.array([1.0, 2.0]))
        with pytest.raises(ValueError, match="have shapes"):
            vae.set_components(components[:1], np.array([1.0]))
        with pytest.raises(ValueError, match="not in loss_weights"):
            other = small_vae(loss_weights={"color": 1.0})
            other.set_components(components, np.array([2.0, 1.0]))


class TestCodes:
    @pytest.mark.parametrize("conditioning", ["skips", "gradients", None])
    @pytest.mark.parametrize("layout", ["planes", "quadrants"])
    def test_shapes_and_gray(self, conditioning, layout):
        vae = small_vae(conditioning=conditioning, layout=layout)
        mean, deviation = vae.encode(FIELD)
        assert tuple(mean.shape) == tuple(deviation.shape) == (3, 3)
        grays = RNG.uniform(-1, 1, (2, 3, SIZE, SIZE, 1)).astype("float32")
        codes = 5 * mean
        first, second = (
            ops.convert_to_numpy(vae.decode(codes, gray)) for gray in grays
        )
        assert first.shape == FIELD.shape
        assert np.array_equal(first, second) == (conditioning is None)
        if conditioning is not None:
            with pytest.raises(ValueError, match="decoder sees gray"):
                vae.decode(codes)

    @pytest.mark.parametrize(
        "arguments, match",
        [
            ({"layout": "rows"}, "layout is 'rows'"),
            ({"conditioning": "gray"}, "conditioning is 'gray'"),
            ({"recipe": "mine"}, "recipe is 'mine'"),
            ({"field_size": 24}, "field_size is 24"),
            ({"filters": (4, 4)}, "Expected 4 widths"),
            ({"loss_weights": {"mah": 1.0}}, "loss_weights has"),
            ({"loss_weights": {}}, "loss_weights has no losses"),
        ],
    )
    def test_arguments(self, arguments, match):
        with pytest.raises(ValueError, match=match):
            small_vae(**arguments)


class TestConfigAndSaving:
    def test_config_round_trip(self):
        vae = small_vae(
            conditioning="gradients",
            output_norm=False,
            dropout=0.1,
            kl_warmup_epochs=2,
            **RELEASED_VAE,
        )
        again = ColorFieldVAE.from_config(vae.get_config())
        assert again.get_config() == vae.get_config()
        shapes = [w.shape for w in vae.weights]
        assert [w.shape for w in again.weights] == shapes

    def test_save_and_load(self, tmp_path):
        vae = small_vae(kl_warmup_epochs=2)
        vae.compile()
        vae.fit(casts(), verbose=0)
        vae.save(tmp_path / "vae.keras")
        again = keras.saving.load_model(tmp_path / "vae.keras")
        for a, b in zip(vae.weights, again.weights, strict=True):
            np.testing.assert_array_equal(*map(ops.convert_to_numpy, (a, b)))
        assert again.is_prepared
        again.fit(casts(), verbose=0)
