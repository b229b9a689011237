import numpy as np
import pytest

from keras_colorize.metrics import BitsPerDimension
from tests.metrics.metric_checks import MetricChecks
from tests.metrics.metric_checks import number


class TestBitsPerDimension(MetricChecks):
    def test_bits(self):
        log_likelihood = -np.random.default_rng(0).uniform(10, 60, 7)
        bits = -log_likelihood / 24
        self.check_metric(BitsPerDimension(24), log_likelihood, per_image=bits)

    def test_nats_of_pixels(self):
        rng = np.random.default_rng(0)
        probability = rng.uniform(0.01, 1.0, (5, 3, 4))
        bits = -np.log2(probability.reshape(5, -1)).sum(1) / 24
        self.check_metric(
            BitsPerDimension(24, unit="nats"),
            np.log(probability),
            per_image=bits,
        )

    def test_uniform(self):
        metric = BitsPerDimension(2, unit="nats")
        metric.update_state(np.log(np.full(3, 1 / 256**2)))
        assert number(metric.result()) == pytest.approx(8.0)

    def test_arguments(self):
        with pytest.raises(ValueError, match="at least 1"):
            BitsPerDimension(0)
        with pytest.raises(ValueError, match="'bits', 'nats'"):
            BitsPerDimension(2, unit="bit")
