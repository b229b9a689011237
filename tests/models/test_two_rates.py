import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.models.two_rates import TwoRates
from tests.models.hypercolumn.test_hypercolumn_colorizer import predicted
from tests.models.hypercolumn.test_hypercolumn_colorizer import small_model
from tests.models.hypercolumn.test_hypercolumn_colorizer import two_colors

OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.01),
    "sgd": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
}


def first_update(optimizer, factor, dtype=None):
    """What a step changes in the encoder and in the rest, as two arrays."""
    keras.utils.set_random_seed(0)
    model = small_model(encoder_learning_rate_factor=factor, dtype=dtype)
    model.compile(optimizer)
    parts = (model.encoder, model.hypercolumn, model.logits)

    def values():
        return [
            np.concatenate(
                [
                    np.ravel(ops.convert_to_numpy(w))
                    for w in part.trainable_weights
                ]
            )
            for part in parts
        ]

    before = values()
    model.train_on_batch(two_colors())
    encoder, *rest = (new - old for old, new in zip(before, values()))
    return encoder, np.concatenate(rest)


def two_variables(optimizer, factor=0.1, steps=3):
    """Two numbers from 1, the second slower, after steps of gradient 1."""
    normal, slow = (keras.Variable(1.0) for _ in range(2))
    rates = TwoRates(optimizer, [slow], factor)
    rates.build([normal, slow])
    for _ in range(steps):
        rates.apply([ops.ones(()), ops.ones(())], [normal, slow])
    return rates, normal, slow


class TestFactor:
    @pytest.mark.parametrize("name", OPTIMIZERS)
    def test_first_update_is_a_tenth(self, name):
        encoder, rest = first_update(OPTIMIZERS[name](), 1.0)
        slower, same = first_update(OPTIMIZERS[name](), 0.1)
        assert np.abs(encoder).max() > 1e-4
        np.testing.assert_allclose(slower, 0.1 * encoder, rtol=0.01, atol=2e-7)
        np.testing.assert_allclose(same, rest, rtol=1e-4, atol=1e-7)

    def test_mixed_float16(self):
        encoder, _ = first_update("adam", 1.0, "mixed_float16")
        slower, _ = first_update("adam", 0.1, "mixed_float16")
        np.testing.assert_allclose(slower, 0.1 * encoder, rtol=0.02, atol=2e-7)

    @pytest.mark.parametrize("factor", [0.0, -1.0, float("nan")])
    def test_refused(self, factor):
        model = small_model(encoder_learning_rate_factor=factor)
        with pytest.raises(ValueError, match="encoder_learning_rate_factor is"):
            model.compile()

    def test_saved_model_goes_on(self, tmp_path):
        model = small_model(
            encoder_learning_rate_factor=0.1, num_locations=None
        )
        model.compile(keras.optimizers.Adam(0.01))
        model.train_on_batch(two_colors())
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        assert again.encoder_learning_rate_factor == 0.1
        rates = [float(x.learning_rate) for x in again.optimizer.optimizers]
        assert rates == pytest.approx([0.001, 0.01])
        for trained in (model, again):
            trained.train_on_batch(two_colors())
        np.testing.assert_allclose(
            predicted(again), predicted(model), rtol=1e-4, atol=1e-5
        )

    def test_averages_and_learning_rates_of_callbacks(self):
        model = small_model(encoder_learning_rate_factor=0.1)
        model.compile(keras.optimizers.Adam(0.1, use_ema=True, name="adam"))
        rates = []
        model.fit(
            two_colors(),
            epochs=3,
            verbose=0,
            validation_data=(two_colors(),),
            callbacks=[
                keras.callbacks.SwapEMAWeights(),
                keras.callbacks.LearningRateScheduler(lambda i: 0.1 / (i + 1)),
                keras.callbacks.LambdaCallback(
                    on_epoch_end=lambda epoch, logs: rates.append(
                        logs["learning_rate_adam"]
                    )
                ),
            ],
        )
        assert rates == pytest.approx([0.1, 0.05, 0.1 / 3])
        rates = [float(x.learning_rate) for x in model.optimizer.optimizers]
        assert rates == pytest.approx([0.01 / 3, 0.1 / 3])


class TestTwoRates:
    def test_schedule(self):
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay(
            [0, 1], [0.5, 0.25, 0.125]
        )
        _, normal, slow = two_variables(keras.optimizers.SGD(schedule))
        assert float(normal) == pytest.approx(1 - 0.875)
        assert float(slow) == pytest.approx(1 - 0.0875)

    def test_learning_rate_can_be_set(self):
        rates, normal, slow = two_variables(keras.optimizers.SGD(0.25), steps=1)
        rates.learning_rate = 0.5
        assert float(rates.learning_rate) == 0.5
        rates.apply([ops.ones(()), ops.ones(())], [normal, slow])
        assert float(normal) == pytest.approx(1 - 0.75)
        assert float(slow) == pytest.approx(1 - 0.075)

    def test_average(self):
        optimizer = keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.75)
        rates, normal, slow = two_variables(optimizer, steps=2)
        rates.finalize_variable_values([normal, slow])
        # After the first step the average is the variable.
        assert float(normal) == pytest.approx(0.75 * 0.5 + 0.25 * 0.0)
        assert float(slow) == pytest.approx(0.75 * 0.95 + 0.25 * 0.9)

    def test_exclusion_from_weight_decay(self):
        optimizer = keras.optimizers.SGD(0.5, weight_decay=0.5)
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        variables = [
            keras.Variable(1.0, name=name) for name in 2 * ["kernel", "bias"]
        ]
        rates = TwoRates(optimizer, variables[2:], 0.1)
        rates.build(variables)
        rates.apply([ops.ones(())] * 4, variables)
        found = [float(ops.convert_to_numpy(x)) for x in variables]
        assert found == pytest.approx([0.25, 0.5, 0.925, 0.95])
