import keras
import numpy as np
import pytest

from keras_colorize.models.mdn import fit_cached
from tests.models.mdn.small import casts
from tests.models.mdn.small import small_mdn
from tests.models.mdn.small import small_vae


def model_with_fixed_codes(**overrides):
    keras.utils.set_random_seed(0)
    vae = small_vae()
    # Codes are about (2, -1, 1), with hardly any deviation.
    dense = vae.encoder.get_layer("vae_encoder_dense")
    dense.bias.assign([2.0, -1.0, 1.0, -20.0, -20.0, -20.0])
    model = small_mdn(vae, dropout=0.0, **overrides)
    model.compile(keras.optimizers.SGD(0.002))
    return model


class TestFitCached:
    @pytest.mark.skipif(
        keras.backend.backend() == "torch",
        reason="There, steps enlarge the rounding of features to float16.",
    )
    def test_does_as_fit(self):
        arguments = {"batch_size": 4, "epochs": 3, "shuffle": False}
        # With several components, rounding can change which is the nearest.
        expected = model_with_fixed_codes(num_components=1)
        before = expected.get_weights()
        theirs = expected.fit(casts(), verbose=0, **arguments).history
        model = model_with_fixed_codes(num_components=1)
        ours = fit_cached(model, casts(), verbose=0, **arguments).history
        assert set(ours) == set(theirs) == {"loss", "component", "distance"}
        for name, values in theirs.items():
            np.testing.assert_allclose(ours[name], values, rtol=0.02, atol=1e-6)
        moved = 0.0
        for old, a, b in zip(
            before, expected.get_weights(), model.get_weights(), strict=True
        ):
            # Features are rounded to float16.
            np.testing.assert_allclose(a, b, atol=3e-3)
            moved = max(moved, np.abs(a - old).max())
        assert moved > 0.03

    def test_errors(self):
        model = small_mdn()
        with pytest.raises(ValueError, match="not compiled"):
            fit_cached(model, casts())
        model = model_with_fixed_codes(encoder_trainable=True)
        with pytest.raises(ValueError, match="features change"):
            fit_cached(model, casts())
