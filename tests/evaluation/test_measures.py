import itertools

import numpy as np
import pytest
from skimage.color import rgb2lab
from skimage.metrics import peak_signal_noise_ratio

from keras_colorize.evaluation import Colorings
from keras_colorize.evaluation import measures
from keras_colorize.evaluation.measures import MEASURES
from keras_colorize.evaluation.measures import gray_of
from tests.metrics.metric_checks import pictures
from tests.metrics.test_diversity import ms_ssim
from tests.metrics.test_pictures import saturation

ORIGINALS = pictures(5)
SAMPLES = pictures(5, samples=3, seed=1)


@pytest.fixture
def colorings():
    return Colorings(ORIGINALS, SAMPLES)


def means(function, originals, samples):
    """Each image's mean of function(original, sample), (N,)."""
    return np.array(
        [
            np.mean([function(image, sample) for sample in of_image])
            for image, of_image in zip(originals, samples)
        ]
    )


class TestMeasures:
    def test_value_and_gray_baselines(self, colorings):
        number = MEASURES["psnr"](colorings)
        mean = np.rint(ORIGINALS.mean(-1, keepdims=True))
        mean = np.uint8(mean.repeat(3, -1))
        rows = {
            "samples": (number.value, number.standard_error),
            **number.baselines,
        }
        pictures = (SAMPLES, gray_of(ORIGINALS)[:, None], mean[:, None])
        assert list(rows)[1:] == ["no color", "no color, (R + G + B) / 3"]
        for (value, error), of_images in zip(rows.values(), pictures):
            values = means(peak_signal_noise_ratio, ORIGINALS, of_images)
            assert value == pytest.approx(values.mean(), rel=1e-4)
            spread = values.std(ddof=1) / np.sqrt(5)
            assert error == pytest.approx(spread, rel=1e-3)

    def test_originals(self, colorings):
        number = MEASURES["saturation"](colorings)
        values = [saturation(image) for image in ORIGINALS]
        assert number.reference == pytest.approx(np.mean(values), rel=1e-4)
        error = np.std(values, ddof=1) / np.sqrt(5)
        assert number.reference_error == pytest.approx(error, rel=1e-3)

    def test_no_color(self, colorings):
        chroma = rgb2lab(ORIGINALS)[..., 1:] / 128
        error = np.sqrt(np.square(chroma).mean((1, 2, 3))).mean()
        found, _ = MEASURES["error_of_best"](colorings).baselines["no color"]
        assert found == pytest.approx(error, rel=0.01)

    def test_best_of(self, colorings):
        chroma = (
            rgb2lab(SAMPLES)[..., 1:] - rgb2lab(ORIGINALS)[:, None, ..., 1:]
        )
        errors = np.sqrt(np.square(chroma / 128).mean((2, 3, 4)))
        rows = colorings.best_of()
        assert [row["k"] for row in rows] == [1, 2, 3]
        for row in rows:
            expected = errors[:, : row["k"]].min(1).mean()
            assert row["error_of_best"] == pytest.approx(expected, rel=1e-3)
        last = MEASURES["error_of_best"](colorings).value
        assert rows[-1]["error_of_best"] == pytest.approx(last, rel=1e-5)

    def test_pairs(self, colorings):
        expected = [
            [
                np.mean([ms_ssim(x[..., c], y[..., c], 1) for c in range(3)])
                for x, y in itertools.combinations(of_image, 2)
            ]
            for of_image in SAMPLES / 255
        ]
        assert np.allclose(colorings.pairs, expected, rtol=1e-4)
        number = MEASURES["diversity"](colorings)
        assert number.value == pytest.approx(np.mean(expected), rel=1e-4)
        error = np.mean(expected, 1).std(ddof=1) / np.sqrt(5)
        assert number.standard_error == pytest.approx(error, rel=1e-3)

    def test_difference_of_means(self, colorings):
        difference = MEASURES["colorfulness_difference_of_means"](colorings)
        number = MEASURES["colorfulness"](colorings)
        expected = number.value - number.reference
        assert difference.value == pytest.approx(expected, rel=1e-3)

    @pytest.mark.parametrize(
        "samples, missing",
        [
            (SAMPLES[:, :1], {"diversity", "error_of_best", "sample_variance"}),
            (SAMPLES[:, :, :8], {"diversity"}),
        ],
    )
    def test_what_cannot_be_measured(self, samples, missing):
        originals = ORIGINALS[:, : samples.shape[2]]
        colorings = Colorings(originals, samples)
        numbers = {name: f(colorings) for name, f in MEASURES.items()}
        # There is no classifier.
        missing = {*missing, "class_agreement", "kernel_distance"}
        assert {name for name, x in numbers.items() if x is None} == missing

    def test_steps_make_no_difference(self, monkeypatch):
        def values():
            colorings = Colorings(ORIGINALS, SAMPLES)
            numbers = [f(colorings) for f in MEASURES.values()]
            return [number.value for number in numbers if number is not None]

        expected = values()
        monkeypatch.setattr(measures, "_STEP", 2 * 3 * 12 * 16)
        assert values() == pytest.approx(expected, rel=1e-4)


class TestColorings:
    def test_sheet(self, colorings):
        sheet = colorings.sheet(count=2)
        # Two rows of gray, three samples and the original, with gaps.
        assert sheet.shape == (2 * 12 + 3 * 8, 5 * 16 + 6 * 8, 3)
        row = [gray_of(ORIGINALS[1]), *SAMPLES[1], ORIGINALS[1]]
        for i, expected in enumerate(row):
            left = 8 + i * (16 + 8)
            found = sheet[8 + 12 + 8 :][:12, left : left + 16]
            assert np.array_equal(found, expected)

    def test_gray(self):
        gray = gray_of(ORIGINALS)
        assert gray.shape == ORIGINALS.shape and gray.dtype == np.uint8
        assert (gray == gray[..., :1]).all()
        difference = rgb2lab(gray)[..., 0] - rgb2lab(ORIGINALS)[..., 0]
        assert np.abs(difference).max() < 0.3
