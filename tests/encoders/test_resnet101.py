import keras

from keras_colorize import encoders
from tests.encoders.reference import assert_close
from tests.encoders.reference import features_of
from tests.encoders.reference import gray_images
from tests.encoders.reference import randomize


class TestResNet101:
    def test_feature_maps(self):
        encoder = encoders.resnet101(blocks=(1, 1, 2), filters=8)
        shapes = encoder.compute_output_shape((1, 224, 224, 1))
        assert shapes == {
            "stride2": (1, 112, 112, 8),
            "stride4": (1, 56, 56, 32),
            "stride8": (1, 28, 28, 128),
        }

    def test_parameters(self):
        """27.6 million, as counted for Table 2 of PixColor."""
        with keras.StatelessScope():
            encoder = encoders.resnet101()
        assert 27.5e6 < encoder.count_params() < 27.7e6

    def test_converted_weights(self):
        """A dilated stage computes the strided one's features, and more.

        ResNet-50 has the first stages of ResNet-101, with fewer blocks.
        """
        rgb = keras.applications.ResNet50(weights=None, include_top=False)
        randomize(rgb)
        encoder = encoders.resnet101("srgb", blocks=(3, 4, 6))
        encoders.convert_resnet101(rgb, encoder)
        gray = gray_images(64, 1)
        found = features_of(encoder, gray)
        images = keras.applications.resnet.preprocess_input(
            (127.5 * (gray + 1)).repeat(3, axis=3)
        )
        names = {
            "stride2": "conv1_relu",
            "stride4": "conv2_block3_out",
            "stride8": "conv4_block6_out",
        }
        layers = {n: rgb.get_layer(name).output for n, name in names.items()}
        expected = features_of(keras.Model(rgb.input, layers), images)
        for name in ("stride2", "stride4"):
            assert_close(found[name], expected[name])
        assert_close(found["stride8"][:, ::2, ::2], expected["stride8"])
