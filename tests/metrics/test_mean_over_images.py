import numpy as np
import pytest

from keras_colorize.metrics import MeanOverImages
from tests.metrics.metric_checks import MetricChecks
from tests.metrics.metric_checks import number


class TestMeanOverImages(MetricChecks):
    def test_mean_and_error(self):
        values = np.random.default_rng(0).normal(2.0, 0.5, 9)
        self.check_metric(MeanOverImages(), values, per_image=values)

    def test_no_digits_are_lost_where_values_are_nearly_the_same(self):
        values = np.float32(1000.0 + np.arange(64) / 64)
        metric = MeanOverImages()
        for part in np.split(values, 8):
            metric.update_state(part)
        expected = np.std(np.float64(values), ddof=1) / 8
        assert number(metric.standard_error()) == pytest.approx(expected, 1e-3)

    def test_of_nothing(self):
        metric = MeanOverImages()
        metric.update_state(np.ones(3), sample_weight=np.zeros(3))
        assert number(metric.result()) == 0.0
        assert np.isnan(number(metric.standard_error()))
