"""What Keras offers to every model: callbacks, LoRA, distribution, ..."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from tests.models.hypercolumn.test_hypercolumn_colorizer import gray_image
from tests.models.hypercolumn.test_hypercolumn_colorizer import predicted
from tests.models.hypercolumn.test_hypercolumn_colorizer import small_model
from tests.models.hypercolumn.test_hypercolumn_colorizer import two_colors
from tests.models.mdn.small import small_encoder as encoder_without_norm
from tests.models.small import images
from tests.models.small import small_pic


def prepared_pic(**overrides):
    """A PIC without dropout, always with the same weights."""
    keras.utils.set_random_seed(0)
    model = small_pic(dropout=0.0, **overrides)
    model.prepare(images())
    return model


def assert_same_weights(found, expected, **tolerance):
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, **tolerance)


class TestRefused:
    def test_fit_of_a_frozen_model(self):
        model = small_pic()
        model.trainable = False
        model.compile()
        with pytest.raises(ValueError, match="no trainable weights"):
            model.fit(images(), verbose=0)
        assert not model.is_prepared

    @pytest.mark.parametrize("model", [small_pic, small_model])
    def test_export_and_quantize(self, model, tmp_path):
        model = model()
        before = model.get_weights()
        with pytest.raises(ValueError, match="Call export_colorizer()"):
            model.export(tmp_path / "model")
        assert not list(tmp_path.iterdir())
        with pytest.raises(ValueError, match="dtype='float16'"):
            model.quantize("int8")
        assert_same_weights(model.get_weights(), before)

    @pytest.mark.parametrize("model", [small_pic, small_model])
    def test_quantized_dtype(self, model):
        with pytest.raises(ValueError, match="'int8_from_float32', and a quan"):
            model(dtype="int8_from_float32")

    @pytest.mark.parametrize(
        "kind, argument", [("loss", "mse"), ("metrics", ["mae"])]
    )
    def test_loss_and_metrics_of_other_shapes(self, kind, argument):
        model = small_pic()
        model.compile("sgd", **{kind: argument})
        message = r"\(\w+, 4, 4, 3\) and y_pred of shape \(\w+, 4, 4, 40\)"
        with pytest.raises(ValueError, match=f"The {kind} of .*{message}"):
            model.fit(images(), verbose=0)
        # As the message says, this takes the model's own.
        model.compile("sgd")
        assert "mae" not in model.fit(images(), verbose=0).history


class TestCallbacks:
    def test_checkpoint_and_stopping_keep_the_best_epoch(self, tmp_path):
        model = prepared_pic()
        model.compile(keras.optimizers.Adam(0.01, use_ema=True))
        monitored = {"monitor": "val_bits_per_dim", "mode": "min"}
        history = model.fit(
            images(),
            validation_data=(images(4, seed=1),),
            epochs=8,
            verbose=0,
            callbacks=[
                # The third epoch and those after it make the model worse.
                keras.callbacks.LearningRateScheduler(
                    lambda epoch: 0.01 if epoch < 2 else 1.0
                ),
                keras.callbacks.ModelCheckpoint(
                    tmp_path / "best.keras", save_best_only=True, **monitored
                ),
                keras.callbacks.EarlyStopping(
                    patience=1, restore_best_weights=True, **monitored
                ),
            ],
        ).history["val_bits_per_dim"]
        best = np.nanargmin(history)
        assert len(history) == best + 2 < 8
        loaded = keras.saving.load_model(tmp_path / "best.keras")
        for found in (model, loaded):
            bits = -found.log_likelihood(images(4, seed=1)) / 32
            assert bits.mean() == pytest.approx(history[best], rel=1e-4)

    @pytest.mark.slow
    def test_tensorboard(self, tmp_path):
        pytest.importorskip("tensorflow")
        from tensorboard.backend.event_processing import event_accumulator
        from tensorboard.util import tensor_util

        model = small_model()
        model.compile()
        history = model.fit(
            two_colors(),
            validation_data=(two_colors(4),),
            epochs=2,
            verbose=0,
            callbacks=[keras.callbacks.TensorBoard(tmp_path, histogram_freq=1)],
        ).history
        for part, prefix in (("train", ""), ("validation", "val_")):
            events = event_accumulator.EventAccumulator(str(tmp_path / part))
            events.Reload()
            found = [
                float(tensor_util.make_ndarray(event.tensor_proto))
                for event in events.Tensors("epoch_nats")
            ]
            assert found == pytest.approx(history[f"{prefix}nats"], rel=1e-5)


class TestGradientAccumulation:
    @pytest.mark.parametrize("factor", [1.0, 0.5])
    def test_two_batches_of_four_are_one_of_eight(self, factor):
        weights = []
        for steps, batch_size in ((None, 8), (2, 4)):
            keras.utils.set_random_seed(0)
            model = small_model(
                # Batch normalization would see batches of another size.
                encoder=encoder_without_norm(),
                encoder_learning_rate_factor=factor,
                num_locations=None,
            )
            new = model.get_weights()
            model.compile(
                keras.optimizers.SGD(0.1, gradient_accumulation_steps=steps)
            )
            model.fit(
                two_colors(), batch_size=batch_size, shuffle=False, verbose=0
            )
            weights.append(model.get_weights())
        assert_same_weights(*weights, atol=1e-6)
        assert max(np.abs(a - b).max() for a, b in zip(new, weights[0])) > 1e-3


class TestLora:
    def test_dense_layers(self, tmp_path):
        keras.utils.set_random_seed(0)
        model = small_model(encoder_trainable=False, num_locations=None)

        def drawn(model):
            return model.generate(
                gray_image(), seed=0, verbose=0, return_chroma=True
            )[1]

        def kernels():
            return [
                ops.convert_to_numpy(variable)
                for variable in model.weights
                if variable.name == "kernel"
            ]

        # The programs of `generate` must follow the new variables.
        before, new = kernels(), drawn(model)
        for layer in (*model.hypercolumn.slices.values(), model.logits):
            layer.enable_lora(2)
        model.compile(keras.optimizers.Adam(0.05))
        model.fit(two_colors(), epochs=5, verbose=0)
        assert {v.name for v in model.trainable_variables} == {
            "bias",
            "lora_kernel_a",
            "lora_kernel_b",
        }
        assert_same_weights(kernels(), before)
        with pytest.raises(ValueError, match="load_model"):
            model.save_to_preset(tmp_path / "preset")
        # Keras merges the adapters into the kernels.
        path = tmp_path / "model.keras"
        model.save(path)
        merged = keras.saving.load_model(path, compile=False)
        np.testing.assert_allclose(
            predicted(model), predicted(merged), atol=1e-4
        )
        np.testing.assert_allclose(drawn(model), drawn(merged), atol=1e-2)
        assert np.abs(drawn(merged) - new).max() > 0.1
        merged.save_to_preset(tmp_path / "preset")


_TWO_DEVICES = """
import jax
import keras
import numpy as np

from tests.models.test_keras_ways import images
from tests.models.test_keras_ways import prepared_pic

def trained():
    model = prepared_pic()
    model.compile(keras.optimizers.SGD(0.001))
    history = model.fit(
        images(),
        validation_data=(images(4, seed=1),),
        batch_size=4,
        epochs=2,
        shuffle=False,
        verbose=0,
    ).history
    devices = {len(w.value.sharding.device_set) for w in model.weights}
    photo = model.generate(images(1)[0], seed=0, verbose=0)
    return devices, history, model.get_weights(), photo

assert len(jax.devices()) == 2
devices, history, weights, photo = trained()
assert devices == {1}, devices
keras.distribution.set_distribution(keras.distribution.DataParallel())
devices, *found = trained()
assert devices == {2}, devices
assert set(found[0]) == set(history)
for name, values in history.items():
    np.testing.assert_allclose(found[0][name], values, rtol=1e-5)
for ours, theirs in zip(found[1], weights, strict=True):
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
assert np.abs(found[2].astype(int) - photo).max() <= 1
"""


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "jax", reason="about jax")
class TestDataParallel:
    def test_two_devices_train_as_one(self):
        subprocess.run(
            [sys.executable, "-c", _TWO_DEVICES],
            check=True,
            env={
                **os.environ,
                "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
            },
        )
