import keras
import numpy as np
import pytest

from keras_colorize.presets import weights_of
from keras_colorize.presets.shape_check import shape_check
from keras_colorize.presets.weights import Tensor
from tests.models.small import CONFIG
from tests.models.small import small_pic


class Tower(keras.Model):
    """A model all of whose weights are those of one layer."""

    def __init__(self, depth=1, same_names=False, **kwargs):
        super().__init__(**kwargs)
        self.depth = depth
        self.same_names = same_names
        with keras.name_scope("tower"):
            self.dense_layers = [
                keras.layers.Dense(3, name="dense" if same_names else None)
                for _ in range(depth)
            ]
            for layer in self.dense_layers:
                layer.build((None, 3))

    def get_config(self):
        return {"depth": self.depth, "same_names": self.same_names}


def check(tensors, **config):
    policy = keras.DTypePolicy("float32")
    return shape_check(Tower, config, policy, "here", tensors)


def tensors(count, shape):
    return {str(i): Tensor("path", "F32", shape) for i in range(count)}


class TestShapeCheck:
    def test_names_shapes_and_order(self):
        policy = keras.DTypePolicy("float32")
        model = small_pic()
        expected = shape_check(type(model), CONFIG, policy, "here")
        assert list(expected) == list(weights_of(model))
        assert [tuple(v.shape) for v in expected.values()] == [
            tuple(v.shape) for v in model.weights
        ]

    def test_does_not_touch_the_callers_keras(self):
        keras.layers.Dense(1)
        before = keras.layers.Dense(1).name
        check(None)
        after = keras.layers.Dense(1).name
        assert int(after.split("_")[-1]) == int(before.split("_")[-1]) + 1

    def test_more_variables_than_tensors(self):
        # 2 n + 100 of them are too many.
        check(tensors(102, (3, 3)), depth=100)
        with pytest.raises(
            ValueError, match="105 variables or more.*2 tensors"
        ):
            check(tensors(2, (3, 3)), depth=100)

    def test_more_layers_than_variables_allow(self):
        with pytest.raises(ValueError, match="layers or more"):
            check(tensors(2, (3, 3)), depth=10_000)

    def test_class_of_any_error(self):
        with pytest.raises(ValueError, match="The config of here makes no"):
            check(None, depth="many")


class TestWeightsOf:
    def test_a_name_that_all_weights_share_stays(self):
        assert set(weights_of(Tower())) == {
            "tower/dense/kernel",
            "tower/dense/bias",
        }

    def test_each_is_its_own(self):
        model = Tower(3)
        for i, value in enumerate(model.weights):
            value.assign(np.full(value.shape, i))
        for name, variable in weights_of(model).items():
            layer, kind = name.split("/")[1:]
            place = int(layer.partition("_")[2] or 0)
            assert np.all(variable.numpy() == 2 * place + (kind == "bias"))

    def test_neither_scope_nor_models_name_nor_numbers(self):
        plain = list(weights_of(Tower(2)))
        with keras.name_scope("outer"):
            assert list(weights_of(Tower(2, name="tower"))) == plain
        assert list(weights_of(Tower(2, name="mine"))) == plain
        assert "tower/dense_1/kernel" in plain

    def test_a_path_twice(self):
        with pytest.raises(ValueError, match="share a path"):
            weights_of(Tower(2, same_names=True))

    def test_a_config_that_makes_other_weights(self):
        model = Tower(2)
        model.depth = 1
        with pytest.raises(ValueError, match="not those that its config makes"):
            weights_of(model)
