import keras
import numpy as np
import pytest

from keras_colorize import encoders
from tests.encoders import test_cic as cic
from tests.encoders import test_efficientnet_lite0 as lite0
from tests.encoders.test_vgg16_gray import WIDTH
from tests.encoders.test_vgg16_gray import small_vgg16

SMALL = {"name": "resnet101", "blocks": [1, 1, 1], "filters": 4}


def loaded(config, path):
    encoder = encoders.get(config)
    encoders.load_weights(encoder, config, path)
    return encoder


def assert_same_weights(first, second):
    assert len(first.weights) == len(second.weights) > 0
    for a, b in zip(first.get_weights(), second.get_weights()):
        np.testing.assert_array_equal(a, b)


class TestLoadWeights:
    @pytest.mark.parametrize("kind", ["built-in", "layers"])
    def test_of_keras(self, kind, tmp_path):
        encoder = encoders.get(SMALL)
        config = SMALL if kind == "built-in" else encoders.serialize(encoder)
        path = tmp_path / "small.weights.h5"
        encoder.save_weights(path)
        assert_same_weights(loaded(config, path), encoder)

    def test_of_another_encoder(self, tmp_path):
        path = tmp_path / "small.weights.h5"
        encoders.get(SMALL).save_weights(path)
        with pytest.raises(ValueError):
            loaded({**SMALL, "filters": 8}, path)

    def test_efficientnet_lite0(self, tmp_path):
        path = lite0.save(lite0.random_state(), tmp_path / "lite0.pth")
        expected = encoders.efficientnet_lite0()
        encoders.convert_efficientnet_lite0(path, expected)
        assert_same_weights(loaded("efficientnet_lite0", path), expected)

    def test_cic(self, tmp_path):
        state = cic.as_torch(cic.random_blobs())
        expected = encoders.cic(WIDTH)
        encoders.convert_cic(state, expected)
        path = lite0.save(state, tmp_path / "cic.pth")
        found = loaded({"name": "cic", "width": WIDTH}, path)
        for a, b in zip(found.get_weights(), expected.get_weights()):
            np.testing.assert_allclose(a, b, rtol=1e-6)

    def test_vgg16(self, tmp_path, monkeypatch):
        def narrow(weights):
            model = small_vgg16(224)
            model.load_weights(weights)
            return model

        # The whole VGG-16 has 550 MB.
        monkeypatch.setattr(keras.applications, "VGG16", narrow)
        config = {"name": "vgg16_gray", "width": WIDTH}
        rgb = small_vgg16(224)
        path = tmp_path / "vgg16.h5"
        rgb.save(path)
        expected = encoders.get(config)
        encoders.convert_vgg16(rgb, expected)
        assert_same_weights(loaded(config, path), expected)

    @pytest.mark.slow
    def test_resnet101(self, tmp_path):
        rgb = keras.applications.ResNet101(include_top=False, weights=None)
        path = tmp_path / "resnet101_notop.h5"
        rgb.save(path)
        expected = encoders.resnet101()
        encoders.convert_resnet101(rgb, expected)
        assert_same_weights(loaded("resnet101", path), expected)

    @pytest.mark.parametrize(
        "config, name, words",
        [
            ("resnet101", "a.pth", "or the published .h5 file"),
            ("efficientnet_lite0", "a.h5", "or the published .pth file"),
            ("layers", "a.h5", r"Expected a .weights.h5 file\."),
        ],
    )
    def test_other_files(self, config, name, words, tmp_path):
        small = encoders.get(SMALL)
        if config == "layers":
            config = encoders.serialize(small)
        (tmp_path / name).touch()
        with pytest.raises(ValueError, match=words):
            encoders.load_weights(small, config, tmp_path / name)

    def test_missing_file(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="no file .*a.weights.h5"):
            loaded(SMALL, tmp_path / "a.weights.h5")
