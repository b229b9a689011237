"""What every layer must do, checked the same way for all of them."""

import keras
import numpy as np
from keras import ops

from tests.gradients import gradients
from tests.gradients import variable_gradients

# Policy, its compute dtype, and how far from float32 it may be.
POLICIES = [
    ("float32", "float32", 1e-5),
    ("mixed_float16", "float16", 0.01),
    ("mixed_bfloat16", "bfloat16", 0.06),
    ("float16", "float16", 0.01),
    ("bfloat16", "bfloat16", 0.06),
]


def to_numpy(tensor):
    return np.asarray(ops.convert_to_numpy(tensor), "float32")


def dtype_of(tensor):
    return keras.backend.standardize_dtype(tensor.dtype)


def randomize(layer, seed=0):
    """Gives every weight a random value, biases too."""
    rng = np.random.default_rng(seed)
    for weight in layer.trainable_weights:
        values = rng.normal(0, 0.3, weight.shape)
        if weight.name == "g":
            values = np.exp(values)
        weight.assign(values)


class LayerChecks:
    """Base class of layer tests, as keras-hub's `run_layer_test`."""

    def check_layer(
        self, cls, config, inputs, output_shape, weights, path, dtype=None
    ):
        """Runs all checks.

        Args:
            cls: The layer's class.
            config: dict. Its arguments.
            inputs: list of float32 arrays (batch, height, width, channels).
            output_shape: tuple. Expected.
            weights: int. Number of weights expected, all trainable.
            path: An empty directory.
            dtype: str or None. Dtype of the outputs; None for the policy's.
        """
        layer = cls(**config)
        outputs = layer(*inputs)
        assert tuple(outputs.shape) == output_shape
        assert dtype_of(outputs) == "float32"
        assert len(layer.weights) == len(layer.trainable_weights) == weights
        randomize(layer)
        self.check_config(layer, config)
        self.check_shapes(layer, inputs, dtype)
        self.check_saving(layer, inputs, path)
        self.check_policies(layer, config, inputs, dtype)
        self.check_gradients(layer, inputs)

    def check_config(self, layer, config):
        for name, value in config.items():
            assert getattr(layer, name) == value or name == "kernel_size"
        revived = type(layer).from_config(layer.get_config())
        assert revived.get_config() == layer.get_config()
        assert set(config) <= set(layer.get_config())
        stored = keras.saving.serialize_keras_object(layer)
        assert stored["registered_name"].startswith("keras_colorize>")
        revived = keras.saving.deserialize_keras_object(stored)
        assert type(revived) is type(layer)
        assert revived.get_config() == layer.get_config()

    def check_shapes(self, layer, inputs, dtype):
        eager = tuple(layer(*inputs).shape)
        shapes = [array.shape for array in inputs]
        assert tuple(layer.compute_output_shape(*shapes)) == eager
        known = [keras.Input(s[1:], batch_size=s[0]) for s in shapes]
        symbolic = layer(*known)
        assert symbolic.shape == eager
        assert symbolic.dtype == (dtype or "float32")
        free = [keras.Input((None, None, s[-1])) for s in shapes]
        assert layer(*free).shape == (None, None, None, eager[-1])
        unknown = [(None, None, None, s[-1]) for s in shapes]
        assert layer.compute_output_shape(*unknown) == (
            *(None, None, None),
            eager[-1],
        )

    def check_saving(self, layer, inputs, path):
        tensors = [keras.Input((None, None, a.shape[-1])) for a in inputs]
        model = keras.Model(tensors, layer(*tensors))
        model.save(path / "model.keras")
        loaded = keras.saving.load_model(path / "model.keras")
        assert loaded.layers[-1].get_config() == layer.get_config()
        assert len(loaded.weights) == len(layer.weights)
        for ours, theirs in zip(layer.weights, loaded.weights):
            assert np.array_equal(to_numpy(ours), to_numpy(theirs))
        expected = to_numpy(layer(*inputs))
        assert np.allclose(to_numpy(loaded(inputs)), expected, atol=1e-5)

    def check_policies(self, layer, config, inputs, dtype):
        expected = to_numpy(layer(*inputs))
        for policy, compute_dtype, tolerance in POLICIES:
            other = with_policy(layer, config, policy)
            other.build(*[array.shape for array in inputs])
            for weight, value in zip(other.weights, layer.weights):
                assert weight.shape == value.shape
                assert dtype_of(weight) == other.variable_dtype
                weight.assign(ops.cast(value, weight.dtype))
            outputs = other(*inputs)
            assert dtype_of(outputs) == (dtype or compute_dtype), policy
            error = np.abs(to_numpy(outputs) - expected).max()
            assert error <= tolerance * np.abs(expected).max(), policy

    def check_gradients(self, layer, inputs):
        rng = np.random.default_rng(1)
        direction = rng.normal(size=layer(*inputs).shape).astype("float32")

        def total(*inputs):
            return ops.multiply(layer(*inputs), direction)

        found = gradients(total, *inputs) + variable_gradients(
            lambda: total(*inputs), layer.trainable_weights
        )
        for gradient in found:
            assert np.isfinite(gradient).all()
            assert np.abs(gradient).max() > 0


def with_policy(layer, config, policy):
    return type(layer)(**config, dtype=policy)
