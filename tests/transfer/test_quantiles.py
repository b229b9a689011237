import numpy as np
import pytest
from skimage import exposure

from keras_colorize import transfer

LEVELS = np.linspace(0.01, 0.99, 99)


def image(seed, scale=0.3, shape=(40, 50), dtype="float32"):
    """RGB of random smooth quotients around 1 and any lightness."""
    rng = np.random.default_rng(seed)
    lightness = rng.uniform(0.2, 0.6, (*shape, 1))
    quotients = 1 + scale * rng.beta(2, 3, (*shape, 3)) - scale / 2
    return (lightness * quotients).astype(dtype)


def quotients(rgb):
    return rgb / (rgb.mean(-1, keepdims=True) + 1e-4)


def reference(rgb, target):
    """The paper's method on the unique values, by scikit-image."""
    lightness = rgb.mean(-1, keepdims=True)
    matched = exposure.match_histograms(
        quotients(rgb), quotients(target), channel_axis=-1
    )
    matched = np.clip(matched * lightness, 0, 1)
    return np.clip(matched + lightness - matched.mean(-1, keepdims=True), 0, 1)


class TestColorHistogram:
    def test_counts(self):
        rgb = np.array([[1.0, 0.5, 0.0], [0.2, 0.2, 0.2], [0, 0, 0]])
        histogram = transfer.color_histogram(rgb.astype("float32"))
        assert histogram.shape == transfer.HISTOGRAM_SHAPE == (3, 3072)
        expected = np.zeros((3, 3072))
        for pixel in rgb:
            for channel in range(3):
                quotient = pixel[channel] / (pixel.mean() + 1e-4)
                expected[channel, int(quotient * 1024)] += 1 / 3
        np.testing.assert_allclose(histogram, expected)

    def test_depths(self):
        rgb = np.random.default_rng(0).integers(0, 256, (9, 7, 3), "uint8")
        expected = transfer.color_histogram(rgb)
        for same in (np.uint16(rgb) * np.uint16(257), np.float32(rgb / 255)):
            found = np.cumsum(transfer.color_histogram(same), axis=1)
            # A value at the edge of two bins may round to either.
            assert np.abs(found - np.cumsum(expected, axis=1)).max() < 0.02


class TestMatchQuantiles:
    def test_against_the_unique_values(self):
        rgb, target = image(0), image(1, scale=0.6)
        found = transfer.match_quantiles(rgb, transfer.color_histogram(target))
        assert found.dtype == np.float32 and found.shape == rgb.shape
        # A bin is 1/1024 wide, and lightness is at most 0.6.
        np.testing.assert_allclose(found, reference(rgb, target), atol=2e-3)
        assert np.abs(found - rgb).max() > 0.05

    def test_marginals_are_the_references(self):
        """Of quotients that sum to 3, the last step changes nothing."""
        rng = np.random.default_rng(0)

        def colored(x):
            lightness = rng.uniform(0.2, 0.5, x.shape)
            sides = np.stack([1 + x, np.ones_like(x), 1 - x], -1)
            return (lightness[..., None] * sides).astype("float32")

        rgb = colored(rng.uniform(-0.2, 0.2, (60, 50)))
        target = colored(0.7 * rng.uniform(-1, 1, (70, 80)) ** 3)
        found = transfer.match_quantiles(rgb, transfer.color_histogram(target))
        for channel in (0, 2):
            have, want = (
                np.quantile(quotients(x)[..., channel], LEVELS)
                for x in (found, target)
            )
            # 1/1024 of the bins, and the tails, where samples are few.
            np.testing.assert_allclose(have, want, atol=5e-3)

    def test_lightness_stays(self):
        rgb, target = image(0), image(1, scale=1.0)
        found = transfer.match_quantiles(rgb, transfer.color_histogram(target))
        np.testing.assert_allclose(found.mean(-1), rgb.mean(-1), atol=1e-6)

    def test_itself(self):
        rgb = image(0)
        found = transfer.match_quantiles(rgb, transfer.color_histogram(rgb))
        np.testing.assert_allclose(found, rgb, atol=1e-3)

    @pytest.mark.parametrize("bins", [30, 3000])
    def test_other_bins(self, bins):
        flat = np.zeros((3, bins))
        # Red from 1.2 to 1.5, green and blue from 0.6 to 0.9.
        flat[0, 4 * bins // 10 : bins // 2] = 1
        flat[1:, 2 * bins // 10 : 3 * bins // 10] = 1
        found = quotients(transfer.match_quantiles(image(0), flat))
        red, green, _ = np.moveaxis(found, -1, 0)
        assert red.min() > 1 > green.max()

    def test_black_and_white(self):
        rgb = np.array([[[0, 0, 0], [255, 255, 255], [90, 120, 60]]], "uint8")
        target = transfer.color_histogram(image(1))
        found = transfer.match_quantiles(rgb, target)
        assert np.isfinite(found).all()
        np.testing.assert_array_equal(found[0, 0], 0)

    def test_faint_colors_get_no_steps(self):
        ramp = np.linspace(0.49, 0.51, 5000)[:, None] * np.ones(3)
        ramp[:, 1:] = 0.5
        target = transfer.color_histogram(image(1, scale=1.0))
        red = transfer.match_quantiles(ramp.astype("float32"), target)[:, 0]
        assert np.ptp(red) > 0.2
        # The tails of the target are sparse.
        assert np.abs(np.diff(red[500:-500])).max() < 0.5 / 255
