import itertools

import numpy as np
import pytest
from keras import ops
from scipy.ndimage import correlate1d
from skimage.color import rgb2lab
from skimage.metrics import structural_similarity

from keras_colorize.metrics import Diversity
from keras_colorize.metrics import SampleVariance
from keras_colorize.metrics.diversity import num_scales
from tests.metrics.metric_checks import MetricChecks
from tests.metrics.metric_checks import pictures

EXPONENTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])


def smooth(image):
    """Means over windows that do not leave the image."""
    distance = np.arange(-5, 6)
    window = np.exp(-(distance**2) / (2 * 1.5**2))
    for axis in (0, 1):
        image = correlate1d(image, window / window.sum(), axis)
    return image[5:-5, 5:-5]


def ms_ssim(x, y, scales):
    """Wang et al. 2003 of one channel in [0, 1], in double precision."""
    product = 1.0
    exponents = EXPONENTS[:scales] / EXPONENTS[:scales].sum()
    for scale, exponent in enumerate(exponents):
        mx, my = smooth(x), smooth(y)
        vx, vy = smooth(x * x) - mx**2, smooth(y * y) - my**2
        similarity = (2 * (smooth(x * y) - mx * my) + 0.03**2) / (
            vx + vy + 0.03**2
        )
        if scale == scales - 1:
            similarity *= (2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4)
        product *= max(similarity.mean(), 0) ** exponent
        height, width = (2 * (side // 2) for side in x.shape)
        x, y = (
            z[:height, :width]
            .reshape(height // 2, 2, width // 2, 2)
            .mean((1, 3))
            for z in (x, y)
        )
    return product


def near(count, samples, height, width):
    """Samples that differ by noise and by a tint."""
    rng = np.random.default_rng(1)
    base = pictures(count, 1, height, width) * 0.7
    tint = rng.uniform(0, 60, (count, samples, 1, 1, 3))
    noise = rng.uniform(0, 15, (count, samples, height, width, 3))
    return (base + tint + noise).astype("uint8")


class TestDiversity(MetricChecks):
    @pytest.mark.parametrize(
        "height, width, scales", [(12, 20, 1), (32, 28, 2), (52, 64, 3)]
    )
    def test_definition(self, height, width, scales):
        assert num_scales(height, width) == scales
        samples = near(5, 3, height, width)
        expected = [
            [
                np.mean(
                    [
                        ms_ssim(x[..., c] / 255, y[..., c] / 255, scales)
                        for c in range(3)
                    ]
                )
                for x, y in itertools.combinations(image, 2)
            ]
            for image in samples
        ]
        pairs = ops.convert_to_numpy(Diversity().pairs(samples))
        assert np.allclose(pairs, expected, rtol=1e-4)
        means = np.mean(expected, axis=1)
        self.check_metric(Diversity(), samples, per_image=means)

    def test_all_five_scales(self):
        samples = near(1, 2, 180, 176)
        expected = np.mean(
            [
                ms_ssim(*samples[0, ..., c].astype(float) / 255, 5)
                for c in range(3)
            ]
        )
        result, _ = self.measure(Diversity(), (samples,))
        assert result == pytest.approx(expected, rel=1e-4)

    def test_one_scale_is_ssim(self):
        samples = near(2, 2, 16, 20)
        expected = [
            structural_similarity(
                *image,
                channel_axis=-1,
                gaussian_weights=True,
                use_sample_covariance=False,
            )
            for image in samples
        ]
        result, _ = self.measure(Diversity(), (samples,))
        assert result == pytest.approx(np.mean(expected), rel=1e-4)

    def test_same_colorings(self):
        samples = np.repeat(pictures(3, 1, 24, 24), 3, axis=1)
        result, _ = self.measure(Diversity(), (samples,))
        assert result == pytest.approx(1.0, abs=1e-6)

    def test_opposite_structure_is_no_nan(self):
        x = pictures(2, height=24, width=24)
        result, _ = self.measure(Diversity(), (np.stack([x, 255 - x], 1),))
        assert 0.0 <= result < 0.1

    def test_scales(self):
        sides = {11: 1, 21: 1, 22: 2, 44: 3, 64: 3, 88: 4, 175: 4, 176: 5}
        assert {side: num_scales(side, 999) for side in sides} == sides
        assert num_scales(4000, 4000) == 5
        with pytest.raises(ValueError, match="at least 11"):
            num_scales(10, 64)

    def test_one_coloring_is_refused(self):
        for cls in (Diversity, SampleVariance):
            with pytest.raises(ValueError, match="at least two"):
                cls().update_state(pictures(2, 1))


class TestSampleVariance(MetricChecks):
    def test_definition(self):
        samples = pictures(5, 4)
        expected = [
            (rgb2lab(image)[..., 1:] / 128).var(0, ddof=1).mean()
            for image in samples
        ]
        self.check_metric(SampleVariance(), samples, per_image=expected)
