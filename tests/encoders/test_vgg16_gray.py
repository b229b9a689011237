import keras
import numpy as np
import pytest
from keras import layers

from keras_colorize import encoders
from tests.encoders.reference import assert_close
from tests.encoders.reference import features_of
from tests.encoders.reference import gray_images
from tests.encoders.reference import randomize

WIDTH = 1 / 32
CHANNELS = [int(c * WIDTH) for c in (64, 128, 256, 512, 512)]
COUNTS = (2, 2, 3, 3, 3)


def small_vgg16(size):
    """A narrow VGG-16 of RGB images, its layers named as in Keras."""
    x = inputs = keras.Input((size, size, 3))
    for block, (count, channels) in enumerate(zip(COUNTS, CHANNELS), 1):
        for i in range(1, count + 1):
            x = layers.Conv2D(
                channels,
                3,
                padding="same",
                activation="relu",
                name=f"block{block}_conv{i}",
            )(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(int(4096 * WIDTH), activation="relu", name="fc1")(x)
    x = layers.Dense(int(4096 * WIDTH), activation="relu", name="fc2")(x)
    return keras.Model(inputs, x)


class TestVGG16Gray:
    def test_feature_maps(self):
        encoder = encoders.vgg16_gray(width=WIDTH)
        shapes = encoder.compute_output_shape((1, 64, 64, 1))
        expected = {
            f"stride{2 ** (block - 1)}_conv{block}_{i}": CHANNELS[block - 1]
            for block, count in enumerate(COUNTS, 1)
            for i in range(1, count + 1)
        } | {"stride32_fc6": 128, "stride32_fc7": 128}
        assert set(shapes) == set(expected)
        for name, channels in expected.items():
            size = 64 // encoders.stride(name)
            assert shapes[name] == (1, size, size, channels)

    def test_parameters_of_the_paper(self):
        # 147,041,024 in all, less h_fc1 and the two heads of 32 bins.
        with keras.StatelessScope():
            encoder = encoders.vgg16_gray()
        head = (12_417 + 1) * 1024 + 2 * (1024 + 1) * 32
        assert encoder.count_params() == 147_041_024 - head

    def test_converted_weights(self):
        rgb = small_vgg16(224)
        encoder = encoders.vgg16_gray("srgb", WIDTH)
        encoders.convert_vgg16(rgb, encoder)
        gray = gray_images(224, 1)
        found = features_of(encoder, gray)
        # Caffe's order is BGR.
        mean = np.array([103.939, 116.779, 123.68])
        images = (127.5 * (gray + 1) - mean).astype("float32")
        inner = keras.Model(rgb.input, rgb.get_layer("block3_conv1").output)
        expected = np.asarray(keras.ops.convert_to_numpy(inner(images)))
        # Away from the border, where zero padding hides the mean.
        window = np.s_[:, 4:-4, 4:-4]
        assert_close(found["stride4_conv3_1"][window], expected[window])

        last = found["stride16_conv5_3"]
        x = last.reshape(1, 7, 2, 7, 2, -1).max(axis=(2, 4)).reshape(1, -1)
        for name in ("fc1", "fc2"):
            x = rgb.get_layer(name)(x)
        expected = np.asarray(keras.ops.convert_to_numpy(x))
        assert_close(found["stride32_fc7"][:, 3, 3], expected)

    def test_balancing(self):
        encoder = encoders.vgg16_gray("srgb", WIDTH)
        randomize(encoder)
        gray = gray_images(64)
        before = features_of(encoder, gray)
        encoders.balance_vgg16_gray(encoder, gray)
        after = features_of(encoder, gray)
        for name, values in after.items():
            assert abs(np.mean(values**2) - 1) < 1e-3
            factor = np.sqrt(np.mean(before[name] ** 2))
            assert_close(factor * values, before[name])

    def test_a_dead_layer_cannot_be_balanced(self):
        encoder = encoders.vgg16_gray("srgb", WIDTH)
        kernel, bias = encoder.get_layer("conv2_1").get_weights()
        encoder.get_layer("conv2_1").set_weights([0 * kernel, bias - 1])
        with pytest.raises(ValueError, match=r"\['conv2_1', .* are 0 on every"):
            encoders.balance_vgg16_gray(encoder, gray_images(64))
