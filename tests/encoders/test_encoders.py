import keras
import numpy as np
import pytest
from keras import layers

from keras_colorize import encoders
from tests.encoders.reference import features_of
from tests.encoders.reference import gray_images
from tests.gradients import variable_gradients

SMALL = {
    "cic": {"width": 1 / 32},
    "efficientnet_lite0": {"batch_norm": False},
    "pic": {
        "filters": (4, 4),
        "strides": (1, 2),
        "blocks": (1, 1),
        "dilations": (1, 1),
    },
    "resnet101": {"blocks": [1, 1, 1], "filters": 4},
    "vgg16_gray": {"width": 1 / 32},
}


class TestGet:
    @pytest.mark.parametrize("name", encoders.ENCODERS)
    def test_built_in_encoders(self, name):
        config = {"name": name, **SMALL[name]}
        encoder = encoders.get(config)
        assert encoders.serialize(config) == config
        found = features_of(encoder, gray_images(64, 1))
        for feature, values in found.items():
            assert 64 // values.shape[1] == encoders.stride(feature)
            assert np.isfinite(values).all()

    @pytest.mark.parametrize("name", encoders.ENCODERS)
    def test_every_weight_is_trained(self, name):
        encoder = encoders.get({"name": name, **SMALL[name]})
        gray = gray_images(64, 1)

        def loss():
            found = encoder(gray, training=True)
            return sum(keras.ops.sum(value**2) for value in found.values())

        variables = encoder.trainable_variables
        for variable, gradient in zip(
            variables, variable_gradients(loss, variables)
        ):
            assert np.isfinite(gradient).all(), variable.path
            assert np.abs(gradient).max() > 0, variable.path

    def test_by_name(self):
        encoder = encoders.get("efficientnet_lite0")
        assert encoder.get_layer("srgb_gray").gray == "lab"

    def test_frozen(self):
        encoder = encoders.get("efficientnet_lite0", trainable=False)
        assert encoder.trainable_variables == []
        before = [np.array(w) for w in encoder.get_weights()]
        encoder(gray_images(64), training=True)
        for old, new in zip(before, encoder.get_weights()):
            np.testing.assert_array_equal(old, new)

    def test_a_model_is_returned_itself(self):
        encoder = encoders.get({"name": "cic", "width": 1 / 32})
        assert encoders.get(encoder) is encoder

    def test_a_built_in_model_is_serialized_by_its_layers(self):
        encoder = encoders.efficientnet_lite0(batch_norm=False)
        loaded = encoders.get(encoders.serialize(encoder))
        assert [w.path for w in loaded.weights] == [
            w.path for w in encoder.weights
        ]

    def test_unknown_names(self):
        with pytest.raises(ValueError, match="no encoder 'vgg19'"):
            encoders.get("vgg19")

    def test_unknown_arguments(self):
        with pytest.raises(ValueError, match="'cic' has no argument 'depth'"):
            encoders.get({"name": "cic", "depth": 3})

    @pytest.mark.parametrize("channels", [1, 3])
    def test_models_that_are_no_encoders(self, channels):
        inputs = keras.Input((None, None, channels))
        model = keras.Model(inputs, layers.Conv2D(2, 3)(inputs))
        for function in (encoders.get, encoders.serialize):
            with pytest.raises(ValueError, match="is not an encoder"):
                function(model)


def test_stride():
    assert encoders.stride("stride16") == 16
    assert encoders.stride("stride8_conv4_1") == 8
