"""The metrics of pictures by themselves."""

import numpy as np
import pytest
from skimage.color import rgb2lab

from keras_colorize.metrics import Colorfulness
from keras_colorize.metrics import PerceptualSaturation
from tests.metrics.metric_checks import MetricChecks
from tests.metrics.metric_checks import pictures

IMAGES = pictures(6, samples=2)


def saturation(image):
    lab = rgb2lab(image)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    return (chroma / np.hypot(chroma, lab[..., 0])).mean()


def colorfulness(image):
    red, green, blue = np.moveaxis(image.astype(float), -1, 0)
    rg, yb = red - green, 0.5 * (red + green) - blue
    return np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())


@pytest.mark.parametrize(
    "cls, definition",
    [(PerceptualSaturation, saturation), (Colorfulness, colorfulness)],
)
class TestPictures(MetricChecks):
    def test_samples(self, cls, definition):
        expected = [np.mean([definition(x) for x in xs]) for xs in IMAGES]
        self.check_metric(cls(), IMAGES, per_image=expected)

    def test_images(self, cls, definition):
        expected = [definition(x) for x in IMAGES[:, 0]]
        self.check_metric(cls(), IMAGES[:, 0], per_image=expected)
        floats = np.float32(IMAGES[:, 0] / 255)
        self.check_metric(cls(), floats, per_image=expected)

    def test_gray_and_black(self, cls, definition):
        gray = np.stack([np.full((4, 4, 3), v, "uint8") for v in (0, 90, 255)])
        result, _ = self.measure(cls(), (gray,))
        assert result == pytest.approx(0.0, abs=1e-3)
