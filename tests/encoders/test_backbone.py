import json

import keras
import numpy as np
import pytest
from keras import layers

from keras_colorize import encoders
from tests.encoders.reference import assert_close
from tests.encoders.reference import features_of
from tests.encoders.reference import gray_images
from tests.encoders.reference import randomize

MEAN = np.array([0.485, 0.456, 0.406])
DEVIATION = np.array([0.229, 0.224, 0.225])
PREPROCESSING = {
    "none": lambda x: x,
    "tf": lambda x: x / 127.5 - 1,
    "torch": lambda x: (x / 255 - MEAN) / DEVIATION,
    "caffe": lambda x: x - [103.939, 116.779, 123.68],
}


def small(first=None, **conv):
    """A backbone of two strides, which begins with some layers."""
    x = inputs = keras.Input((None, None, 3))
    for layer in first or []:
        x = layer(x)
    x = layers.Conv2D(4, 3, 2, padding="same", name="stem", **conv)(x)
    x = layers.BatchNormalization(name="stem_norm")(x)
    x = layers.ReLU(name="stem_relu")(x)
    x = layers.ZeroPadding2D(1, name="pad")(x)
    x = layers.DepthwiseConv2D(3, 2, name="second")(x)
    return keras.Model(inputs, x)


def check(backbone, scaling="none", names=None, features=None):
    """The encoder's features are the backbone's of gray as RGB."""
    randomize(backbone)
    encoder = encoders.gray_backbone(backbone, "srgb", scaling, features)
    gray = gray_images()
    found = features_of(encoder, gray)
    images = PREPROCESSING[scaling](np.repeat(127.5 * (gray + 1), 3, axis=3))
    assert set(found) == set(names)
    outputs = {n: backbone.get_layer(name).output for n, name in names.items()}
    expected = features_of(
        keras.Model(backbone.input, outputs), images.astype("float32")
    )
    for name, values in found.items():
        assert_close(values, expected[name])
    return encoder


class TestGrayBackbone:
    @pytest.mark.parametrize("scaling", PREPROCESSING)
    def test_every_scaling(self, scaling):
        names = {"stride2": "stem_relu", "stride4": "second"}
        check(small(), scaling, names)

    def test_scaling_inside_the_backbone(self):
        first = [
            layers.Rescaling(1 / 255),
            layers.Normalization(mean=MEAN.tolist(), variance=[0.1, 0.2, 0.3]),
            layers.ZeroPadding2D(((0, 1), (0, 1))),
        ]
        backbone = small(first, use_bias=False)
        check(
            backbone,
            names={"stride2": "stem_relu"},
            features={"stride2": "stem_relu"},
        )

    def test_keras_applications(self):
        backbone = keras.applications.MobileNetV3Small(
            weights=None, include_top=False
        )
        features = {
            "stride4": "expanded_conv_project_bn",
            "stride32": backbone.layers[-1].name,
        }
        check(backbone, names=features, features=features)

    def test_keras_cv(self):
        models = pytest.importorskip("keras_cv").models
        backbone = models.ResNetBackbone(
            stackwise_filters=[8, 16],
            stackwise_blocks=[1, 1],
            stackwise_strides=[1, 2],
            include_rescaling=True,
        )
        levels = backbone.pyramid_level_inputs
        names = {"stride4": levels["P2"], "stride8": levels["P3"]}
        check(backbone, names=names)

    def test_keras_hub(self):
        models = pytest.importorskip("keras_hub").models
        backbone = models.ResNetBackbone(
            input_conv_filters=[64],
            input_conv_kernel_sizes=[7],
            stackwise_num_filters=[64, 16],
            stackwise_num_blocks=[1, 1],
            stackwise_num_strides=[1, 2],
            block_type="basic_block",
        )
        randomize(backbone)
        encoder = encoders.gray_backbone(backbone, "srgb", "torch")
        gray = gray_images()
        images = PREPROCESSING["torch"](127.5 * (gray + 1).repeat(3, axis=3))
        pyramid = keras.Model(backbone.input, backbone.pyramid_outputs)
        expected = features_of(pyramid, images.astype("float32"))
        found = features_of(encoder, gray)
        assert set(found) == {"stride4", "stride8"}
        for level, name in (("P2", "stride4"), ("P3", "stride8")):
            assert_close(found[name], expected[level])

    def test_unknown_scaling(self):
        with pytest.raises(ValueError, match="scaling is 'imagenet'"):
            encoders.gray_backbone(small(), scaling="imagenet")

    def test_backbones_of_one_size_are_refused(self):
        inputs = keras.Input((64, 64, 3))
        model = keras.Model(inputs, layers.Conv2D(2, 3)(inputs))
        with pytest.raises(ValueError, match=r"shape \(64, 64, 3\). Expected"):
            encoders.gray_backbone(model)

    @pytest.mark.parametrize(
        "first",
        [
            [layers.MaxPooling2D(2, name="odd")],
            [layers.ZeroPadding2D(1), layers.Rescaling(0.5, name="odd")],
        ],
    )
    def test_other_beginnings_are_refused(self, first):
        with pytest.raises(ValueError, match="begins with the layer 'odd'"):
            encoders.gray_backbone(
                small(first), features={"stride2": "stem_relu"}
            )

    def test_backbones_without_strides_are_refused(self):
        inputs = keras.Input((None, None, 3))
        model = keras.Model(inputs, layers.Conv2D(2, 3)(inputs))
        with pytest.raises(ValueError, match="has no layer whose size is"):
            encoders.gray_backbone(model)


class TestSerialization:
    @pytest.fixture
    def encoder(self):
        return check(
            small(), names={"stride2": "stem_relu", "stride4": "second"}
        )

    def test_round_trip(self, encoder):
        config = json.loads(json.dumps(encoders.serialize(encoder)))
        loaded = encoders.get(config)
        loaded.set_weights(encoder.get_weights())
        expected = features_of(encoder, gray_images())
        found = features_of(loaded, gray_images())
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values)
        assert encoders.serialize(loaded) == config

    def test_arithmetic_between_layers(self):
        """As in MobileNetV3: x times relu6(x + 3) / 6."""
        inputs = keras.Input((None, None, 3))
        x = layers.Conv2D(2, 3, 2, padding="same")(inputs)
        x = x * layers.ReLU(6.0)(x + 3.0) / 6.0
        outputs = {"stride2": layers.Activation("linear", name="last")(x)}
        backbone = keras.Model(inputs, outputs)
        encoder = check(
            backbone, names={"stride2": "last"}, features={"stride2": "last"}
        )
        loaded = encoders.get(encoders.serialize(encoder))
        loaded.set_weights(encoder.get_weights())
        gray = gray_images()
        assert_close(
            features_of(loaded, gray)["stride2"],
            features_of(encoder, gray)["stride2"],
            1e-6,
        )

    def test_layers_of_others_are_refused(self):
        class Custom(layers.Layer):
            def call(self, x):
                return x

        inputs = keras.Input((None, None, 3))
        x = Custom(name="mine")(layers.Conv2D(2, 3, 2)(inputs))
        model = keras.Model(inputs, x)
        with pytest.raises(ValueError, match="'mine' of class 'Custom'"):
            encoders.gray_backbone(model, features={"stride2": "mine"})

    @pytest.mark.parametrize(
        "change, message",
        [
            (
                lambda layer: layer.update(module="os", class_name="system"),
                "class 'system' from 'os'",
            ),
            (
                lambda layer: layer.update(class_name="Lambda"),
                "class 'Lambda' from 'keras.layers'",
            ),
            (
                lambda layer: layer.update(class_name="TorchModuleWrapper"),
                "class 'TorchModuleWrapper'",
            ),
            (
                lambda layer: layer["config"].update(
                    activation={"module": "os", "class_name": "system"}
                ),
                "'stem' of the encoder has {'module': 'os'",
            ),
            (
                lambda layer: layer["inbound_nodes"][0].update(
                    args=[{"class_name": "__lambda__", "config": {}}]
                ),
                "Expected numbers, strings and tensors",
            ),
            (
                lambda layer: layer["inbound_nodes"][0].update(
                    kwargs={"x": {"class_name": "function", "config": "eval"}}
                ),
                "Expected numbers, strings and tensors",
            ),
            (lambda layer: layer.pop("inbound_nodes"), "functional model"),
        ],
    )
    def test_configs_with_anything_else_are_refused(
        self, encoder, change, message
    ):
        config = json.loads(json.dumps(encoders.serialize(encoder)))
        change(next(i for i in config["layers"] if i["name"] == "stem"))
        with pytest.raises(ValueError, match=message):
            encoders.get(config)
