import numpy as np
import pytest

from keras_colorize.models.pixcolor import GradientMultiplierSchedule
from keras_colorize.models.pixcolor.gradient_multiplier import (
    GradientMultiplier,
)
from tests.gradients import gradients
from tests.layers.layer_checks import to_numpy
from tests.models.pixcolor.small import pictures
from tests.models.pixcolor.small import small_pixcolor


class TestGradientMultiplier:
    @pytest.mark.parametrize("multiplier", [0.0, 0.25, 1.0])
    def test_value_and_gradient(self, multiplier):
        x = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
        layer = GradientMultiplier()
        np.testing.assert_array_equal(to_numpy(layer(x)), x)
        layer.multiplier.assign(multiplier)
        np.testing.assert_allclose(to_numpy(layer(x)), x, rtol=1e-6)
        (found,) = gradients(lambda x: layer(x) ** 2, x)
        np.testing.assert_allclose(found, 2 * multiplier * x, rtol=1e-5)
        assert not layer.trainable_weights


class TestGradientMultiplierSchedule:
    def test_the_encoder_changes_from_the_step_on(self):
        model = small_pixcolor(image_size=8)
        model.compile()
        kernel = model.encoder.get_layer("conv2").kernel
        first = model.adaptation_layers[0].kernel
        before = to_numpy(kernel).copy(), to_numpy(first).copy()
        x = pictures(8, 8)

        def fit():
            # Two steps an epoch.
            schedule = GradientMultiplierSchedule(5, multiplier=0.5)
            model.fit(x, batch_size=4, verbose=0, callbacks=[schedule])
            return float(to_numpy(model.gradient_multiplier.multiplier))

        assert fit() == 0.0
        np.testing.assert_array_equal(to_numpy(kernel), before[0])
        assert not np.array_equal(to_numpy(first), before[1])
        # It counts on in another call of fit.
        assert fit() == 0.0
        np.testing.assert_array_equal(to_numpy(kernel), before[0])
        assert fit() == 0.5
        assert not np.array_equal(to_numpy(kernel), before[0])
