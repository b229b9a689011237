import numpy as np
import pytest
import skimage.color
from keras import ops

from keras_colorize.encoders import SRGBGray


def of(layer, values):
    return np.asarray(ops.convert_to_numpy(layer(values)))


class TestSRGBGray:
    def test_luminance_of_gray_becomes_the_gray_value(self):
        values = np.linspace(0, 1, 256)
        rgb = np.repeat(values[:, None], 3, axis=1)
        luminance = skimage.color.rgb2lab(rgb)[:, :1] / 50 - 1
        found = of(SRGBGray("lab"), luminance.astype("float32"))
        np.testing.assert_allclose(found[:, 0], 2 * values - 1, atol=2e-4)

    def test_gray_values_pass(self):
        values = np.linspace(-1, 1, 9, dtype="float32")[:, None]
        np.testing.assert_array_equal(of(SRGBGray("srgb"), values), values)

    def test_config(self):
        layer = SRGBGray.from_config(SRGBGray("srgb").get_config())
        assert layer.gray == "srgb"

    def test_mixed_precision(self):
        layer = SRGBGray(dtype="mixed_bfloat16")
        values = np.linspace(-1, 1, 9, dtype="float32")[:, None]
        found = layer(values)
        assert ops.dtype(found) == "bfloat16"
        expected = of(SRGBGray(dtype="float32"), values)
        found = np.asarray(ops.convert_to_numpy(ops.cast(found, "float32")))
        np.testing.assert_allclose(found, expected, atol=0.01)

    def test_unknown_gray_is_refused(self):
        with pytest.raises(ValueError, match="gray is 'luma'"):
            SRGBGray("luma")
