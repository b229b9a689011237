"""What every metric must do, checked the same way for all of them."""

import keras
import numpy as np
import pytest
from keras import ops


def pictures(count=6, samples=None, height=12, width=16, seed=0):
    """Smooth random pictures in color, uint8."""
    rng = np.random.default_rng(seed)
    shape = (count,) if samples is None else (count, samples)
    coarse = rng.uniform(0, 200, (*shape, height // 4, width // 4, 3))
    images = coarse.repeat(4, axis=-3).repeat(4, axis=-2)
    images = images + rng.uniform(0, 55, images.shape)
    return images.astype("uint8")


def number(tensor):
    return float(ops.convert_to_numpy(tensor))


class MetricChecks:
    """Base class of metric tests."""

    def check_metric(self, metric, *inputs, per_image=None):
        """Runs all checks.

        Args:
            metric: A new instance.
            *inputs: Arrays `(N, ...)` for `update_state`, N at least 4.
            per_image: Array `(N,)` or None. Values whose mean is the result.
        """
        metric.update_state(*inputs)
        result, error = number(metric.result()), number(metric.standard_error())
        if per_image is not None:
            spread = np.std(per_image, ddof=1) / np.sqrt(len(per_image))
            assert result == pytest.approx(np.mean(per_image), rel=1e-4)
            assert error == pytest.approx(spread, rel=1e-3)
        self.check_streaming(metric, inputs, result, error)
        self.check_weights(metric, inputs)
        self.check_config(metric, inputs, result)
        self.check_stateless(metric, inputs, result)

    def check_streaming(self, metric, inputs, result, error):
        metric.reset_state()
        for part in (slice(0, 1), slice(1, 4), slice(4, None)):
            metric.update_state(*[array[part] for array in inputs])
        assert number(metric.result()) == pytest.approx(result, rel=1e-4)
        found = number(metric.standard_error())
        assert found == pytest.approx(error, rel=1e-3, abs=1e-7)
        metric.reset_state()
        metric.update_state(*[array[:1] for array in inputs])
        assert np.isnan(number(metric.standard_error()))

    def check_weights(self, metric, inputs):
        count = len(inputs[0])
        weights = np.array([2, 0] + [1] * (count - 2), "float32")
        found = self.measure(metric, inputs, weights)
        repeated = [0, 0, *range(2, count)]
        expected = self.measure(metric, [array[repeated] for array in inputs])
        assert found == pytest.approx(expected, rel=1e-4)

    def measure(self, metric, inputs, sample_weight=None):
        metric.reset_state()
        metric.update_state(*inputs, sample_weight=sample_weight)
        return number(metric.result()), number(metric.standard_error())

    def check_config(self, metric, inputs, result):
        stored = keras.saving.serialize_keras_object(metric)
        assert stored["registered_name"].startswith("keras_colorize>")
        revived = keras.saving.deserialize_keras_object(stored)
        assert type(revived) is type(metric)
        assert revived.get_config() == metric.get_config()
        assert self.measure(revived, inputs)[0] == pytest.approx(result)

    def check_stateless(self, metric, inputs, result):
        """The calls of jax's trainer, from a reset state."""
        metric.reset_state()
        state = [variable.value for variable in metric.variables]
        state = metric.stateless_update_state(state, *inputs)
        found = number(metric.stateless_result(state))
        assert found == pytest.approx(result, rel=1e-4)


def evaluated(metrics, y_true, y_pred):
    """The report of `model.evaluate` for a model whose output is its input."""
    inputs = keras.Input(y_pred.shape[1:])
    model = keras.Model(inputs, keras.layers.Identity()(inputs))
    model.compile(loss="mse", metrics=metrics)
    return model.evaluate(
        y_pred, y_true, batch_size=4, verbose=0, return_dict=True
    )
