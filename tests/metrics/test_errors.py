"""The metrics that compare colorings with their originals."""

import math

import numpy as np
import pytest
from keras import ops
from skimage.color import rgb2lab
from skimage.metrics import peak_signal_noise_ratio

from keras_colorize.metrics import PSNR
from keras_colorize.metrics import AlphaBetaRMSE
from keras_colorize.metrics import ColorfulnessDifference
from keras_colorize.metrics import ErrorOfBest
from keras_colorize.metrics import HistogramIntersection
from tests.metrics.metric_checks import MetricChecks
from tests.metrics.metric_checks import evaluated
from tests.metrics.metric_checks import number
from tests.metrics.metric_checks import pictures

TRUE = pictures(6)
PRED = pictures(6, samples=3, seed=1)


def each(function):
    """function(original, coloring) of each, (6, 3)."""
    return np.array(
        [[function(t, p) for p in samples] for t, samples in zip(TRUE, PRED)]
    )


class TestPSNR(MetricChecks):
    def test_samples(self):
        expected = each(peak_signal_noise_ratio).mean(1)
        self.check_metric(PSNR(), TRUE, PRED, per_image=expected)

    def test_one_coloring(self):
        expected = each(peak_signal_noise_ratio)[:, 0]
        self.check_metric(PSNR(), TRUE, PRED[:, 0], per_image=expected)

    def test_matched_lightness(self):
        """The coloring gets the original's (R + G + B) / 3, then is clipped."""

        def psnr(true, pred):
            true, pred = true / 255.0, pred / 255.0
            lightness = true.mean(-1, keepdims=True)
            pred = pred + (lightness - pred.mean(-1, keepdims=True))
            return -10 * np.log10(np.square(pred.clip(0, 1) - true).mean())

        expected = each(psnr).mean(1)
        metric = PSNR(match_lightness=True)
        self.check_metric(metric, TRUE, PRED, per_image=expected)
        assert expected.mean() > each(peak_signal_noise_ratio).mean()

    def test_the_original_itself(self):
        metric = PSNR()
        metric.update_state(TRUE, TRUE)
        assert number(metric.result()) == pytest.approx(58.92, abs=0.01)


class TestAlphaBetaRMSE(MetricChecks):
    @staticmethod
    def square(true, pred):
        """The definition, in double precision."""
        sides = []
        for image in (true, pred):
            red, green, blue = np.moveaxis(image / 255.0, -1, 0)
            whole = (red + green + blue) / 3 + 1e-4
            alpha = (blue - 0.5 * (red + green)) / whole
            sides.append(np.stack([alpha, (red - green) / whole]))
        return np.square(sides[0] - sides[1]).mean()

    def test_over_images(self):
        expected = np.sqrt(each(self.square)).mean(1)
        metric = AlphaBetaRMSE(average="images")
        self.check_metric(metric, TRUE, PRED, per_image=expected)

    def test_over_pixels(self):
        metric = AlphaBetaRMSE()
        self.check_metric(metric, TRUE, PRED)
        result, error = self.measure(metric, (TRUE, PRED))
        squares = each(self.square).mean(1)
        assert result == pytest.approx(np.sqrt(squares.mean()), rel=1e-5)
        drawn = np.random.default_rng(0).integers(0, 6, (20_000, 6))
        bootstrap = np.sqrt(squares[drawn].mean(1)).std() * np.sqrt(6 / 5)
        assert error == pytest.approx(bootstrap, rel=0.05)

    def test_sizes_of_images(self):
        """Every pixel counts the same, not every image."""
        sides = [(8, 8), (12, 16), (24, 20), (16, 40), (4, 4)] * 2
        metric, squares, sizes = AlphaBetaRMSE(), [], []
        for seed, side in enumerate(sides):
            true = pictures(2, None, *side, seed=seed)
            pred = pictures(2, None, *side, seed=seed + 100)
            metric.update_state(true, pred)
            squares += [self.square(t, p) for t, p in zip(true, pred)]
            sizes += 2 * [math.prod(side)]
        squares, sizes = np.array(squares), np.array(sizes)
        expected = np.sqrt((sizes * squares).sum() / sizes.sum())
        assert number(metric.result()) == pytest.approx(expected, rel=1e-5)
        assert expected != pytest.approx(np.sqrt(squares.mean()), rel=0.01)
        # The variance of a ratio of two sums, Cochran (1977), section 2.11.
        deviations = sizes * (squares - expected**2)
        error = np.sqrt(20 / 19 * np.square(deviations).sum()) / sizes.sum()
        found = number(metric.standard_error())
        assert found == pytest.approx(error / (2 * expected), rel=1e-3)
        drawn = np.random.default_rng(0).integers(0, 20, (20_000, 20))
        pixels = sizes[drawn].sum(1)
        bootstrap = np.sqrt((sizes * squares)[drawn].sum(1) / pixels).std()
        assert found == pytest.approx(bootstrap, rel=0.15)

    def test_perfect(self):
        for average in ("pixels", "images"):
            metric = AlphaBetaRMSE(average)
            assert self.measure(metric, (TRUE, TRUE)) == (0.0, 0.0)

    def test_arguments(self):
        with pytest.raises(ValueError, match="'pixels', 'images'"):
            AlphaBetaRMSE("mean")


class TestErrorOfBest(MetricChecks):
    @pytest.mark.parametrize("k", [None, 1, 2])
    def test_best_of_k(self, k):
        def error(true, pred):
            difference = (rgb2lab(true) - rgb2lab(pred))[..., 1:] / 128
            return np.sqrt(np.square(difference).mean())

        expected = each(error)[:, :k].min(1)
        self.check_metric(ErrorOfBest(k), TRUE, PRED, per_image=expected)

    def test_absolute(self):
        def error(true, pred):
            difference = (rgb2lab(true) - rgb2lab(pred))[..., 1:] / 128
            return np.abs(difference).mean()

        self.check_metric(
            ErrorOfBest(error="absolute"),
            TRUE,
            PRED,
            per_image=each(error).min(1),
        )

    def test_arguments(self):
        with pytest.raises(ValueError, match="k is 0"):
            ErrorOfBest(0)
        with pytest.raises(ValueError, match="'mean'"):
            ErrorOfBest(error="mean")
        with pytest.raises(ValueError, match="k is 4"):
            ErrorOfBest(4).update_state(TRUE, PRED)


class TestColorfulnessDifference(MetricChecks):
    @pytest.mark.parametrize("of_means", [False, True])
    def test_definition(self, of_means):
        from tests.metrics.test_pictures import colorfulness

        def difference(true, pred):
            return colorfulness(pred) - colorfulness(true)

        expected = each(difference)
        if not of_means:
            expected = np.abs(expected)
        self.check_metric(
            ColorfulnessDifference(of_means),
            TRUE,
            PRED,
            per_image=expected.mean(1),
        )
        if of_means:
            means = [
                np.mean([colorfulness(x) for x in images])
                for images in (PRED.reshape(-1, 12, 16, 3), TRUE)
            ]
            assert expected.mean() == pytest.approx(means[0] - means[1])


class TestHistogramIntersection(MetricChecks):
    @pytest.mark.parametrize(
        "channel, num_bins", [("a", 256), ("b", 256), ("a", 32)]
    )
    def test_definition(self, channel, num_bins):
        metric = HistogramIntersection(channel, num_bins)
        self.check_metric(metric, TRUE, PRED)
        result, _ = self.measure(metric, (TRUE, PRED))
        shares = []
        for images in (TRUE, PRED):
            values = rgb2lab(images)[..., 1 + "ab".index(channel)]
            shares.append(
                [
                    np.histogram(v, num_bins, (-128, 128))[0] / v.size
                    for v in values
                ]
            )
        p, q = np.array(shares)
        expected = np.minimum(p.mean(0), q.mean(0)).sum()
        assert result == pytest.approx(expected, abs=2e-3)

    def test_error_is_the_bootstraps(self):
        rng = np.random.default_rng(0)
        count = 60
        tint = rng.integers(0, 90, (2, count, 1, 1, 3))
        noise = rng.integers(0, 160, (2, count, 4, 4, 3))
        tint[1, ..., 2] //= 4
        true, pred = (tint + noise).astype("uint8")
        metric = HistogramIntersection("b", 16)
        _, error = self.measure(metric, (true, pred))
        shares = ops.convert_to_numpy(metric.values(true, pred))
        p, q = np.moveaxis(shares, 1, 0)
        drawn = rng.multinomial(count, np.full(count, 1 / count), 5000) / count
        bootstrap = np.minimum(drawn @ p, drawn @ q).sum(1).std(ddof=1)
        assert error == pytest.approx(bootstrap, rel=0.1)

    def test_same_and_disjoint(self):
        metric = HistogramIntersection("a")
        assert self.measure(metric, (TRUE, TRUE))[0] == pytest.approx(1.0)
        red = np.broadcast_to(np.uint8([255, 0, 0]), (6, 2, 2, 3))
        green = np.broadcast_to(np.uint8([0, 255, 0]), (6, 2, 2, 3))
        assert self.measure(metric, (red, green)) == (0.0, 0.0)

    def test_channel(self):
        with pytest.raises(ValueError, match="'a', 'b'"):
            HistogramIntersection("L")


class TestInModels:
    def test_evaluate(self):
        true, pred = np.float32(TRUE / 255), np.float32(PRED[:, 0] / 255)
        metrics = [
            PSNR(),
            AlphaBetaRMSE(),
            ErrorOfBest(),
            ColorfulnessDifference(),
            HistogramIntersection("a"),
        ]
        found = evaluated(metrics, true, pred)
        for metric in metrics:
            alone = type(metric).from_config(metric.get_config())
            alone.update_state(true, pred)
            expected = number(alone.result())
            assert found[metric.name] == pytest.approx(expected, rel=1e-4)


class TestShapes:
    @pytest.mark.parametrize(
        "true, pred",
        [
            (TRUE, PRED[:5]),
            (TRUE, PRED[:, :, :8]),
            (PRED, PRED),
            (TRUE[0], PRED[0, 0]),
            (TRUE[..., :1], PRED[..., :1]),
        ],
    )
    def test_refused(self, true, pred):
        with pytest.raises(ValueError, match="Expected"):
            PSNR().update_state(true, pred)
