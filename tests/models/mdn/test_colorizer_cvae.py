import numpy as np
import pytest
from keras import ops
from sklearn.cluster import KMeans

from keras_colorize import Colorizer
from keras_colorize import ColorizerCVAE
from keras_colorize.evaluation import evaluate
from tests.models.mdn.small import SIZE
from tests.models.mdn.small import casts
from tests.models.mdn.small import gray_image
from tests.models.mdn.small import small_vae

GRAY = gray_image()


def small_cvae(num_draws=40):
    return ColorizerCVAE(small_vae(), num_draws=num_draws)


class TestGenerate:
    def test_centers_are_those_of_the_draws(self):
        model = small_cvae()
        _, draws = model.generate(
            GRAY, 40, seed=2, readout="sample", return_chroma=True, verbose=0
        )
        _, centers = model.generate(
            GRAY, 3, seed=2, return_chroma=True, verbose=0
        )
        found = KMeans(3, n_init=10, random_state=0).fit(
            draws.reshape(40, -1) / 127.5
        )
        sizes = np.bincount(found.labels_)
        assert centers.shape == (3, SIZE, SIZE, 2)
        assert np.std(centers, axis=0).mean() > 1
        # A center is the mean of its cluster; the largest cluster is first.
        assert np.all(np.diff(sizes[np.argsort(-sizes)]) <= 0)
        for center, label in zip(centers, np.argsort(-sizes, kind="stable")):
            expected = draws[found.labels_ == label].mean(0)
            np.testing.assert_allclose(center, expected, atol=0.01)

    def test_several_groups(self):
        _, chroma = small_cvae().generate(
            GRAY, 7, seed=0, return_chroma=True, verbose=0
        )
        assert len({center.tobytes() for center in chroma}) == 7

    def test_more_centers_than_draws(self):
        with pytest.raises(ValueError, match="has 4 colorings"):
            small_cvae(4).generate(GRAY, 5, verbose=0)

    def test_codes_are_standard_normal(self):
        model = small_cvae()
        noise = np.random.default_rng(0).random((5000, 3), "float32")
        codes = ops.convert_to_numpy(
            model.codes_of({}, ops.convert_to_tensor(noise), None, "sample")
        )
        assert np.abs(codes.mean(0)).max() < 0.05
        assert np.abs(codes.std(0) - 1).max() < 0.05
        log_prob = model.code_log_prob({}, ops.convert_to_tensor(codes[:2]))
        expected = -0.5 * (codes[:2] ** 2 + np.log(2 * np.pi)).sum(1)
        np.testing.assert_allclose(
            ops.convert_to_numpy(log_prob), expected, rtol=1e-4
        )


class TestModel:
    def test_fit_is_the_vaes(self):
        with pytest.raises(ValueError, match="nothing to train but its VAE"):
            small_cvae().fit(casts())

    def test_evaluation(self):
        report = evaluate(small_cvae(), casts(3, SIZE), num_samples=2)
        assert np.isfinite(report.numbers["bits_per_dim_bound"].value)

    def test_preset_round_trip(self, tmp_path):
        model = small_cvae()
        model.save_to_preset(tmp_path / "preset")
        again = Colorizer.from_preset(tmp_path / "preset")
        assert type(again) is ColorizerCVAE and again.num_draws == 40
        np.testing.assert_array_equal(
            again.generate(GRAY, seed=0, verbose=0),
            model.generate(GRAY, seed=0, verbose=0),
        )
