import numpy as np
import pytest
from keras import ops
from PIL import Image

from keras_colorize.color import rgb_to_ycbcr
from keras_colorize.color import ycbcr_to_rgb
from tests.gradients import gradients


def colors(count=5000):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, 1, 3), "uint8")


def t871(rgb):
    """ITU-T T.871, section 7, before rounding; RGB of 0 to 255."""
    r, g, b = np.moveaxis(np.asarray(rgb, "float64"), -1, 0)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return np.stack([y, (b - y) / 1.772 + 128, (r - y) / 1.402 + 128], -1)


class TestRGBToYCbCr:
    def test_as_the_standard(self):
        rgb = colors()
        found = ops.convert_to_numpy(rgb_to_ycbcr(rgb))
        assert found.dtype == "float32"
        assert np.abs(found - t871(rgb)).max() < 1e-3

    def test_as_pillow(self):
        rgb = colors()
        pillow = np.asarray(Image.fromarray(rgb).convert("YCbCr"), "float64")
        found = ops.convert_to_numpy(rgb_to_ycbcr(rgb))
        # Pillow's tables round down, and its Cb and Cr stop at 255.
        lost = np.clip(found, 0, 255) - pillow
        assert -0.1 < lost.min() and lost.max() < 1.1

    @pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
    def test_other_dtypes(self, dtype):
        rgb = np.random.default_rng(0).random((3, 2, 4, 3))
        top = 65535 if dtype == "uint16" else 1
        stored = (rgb * top).astype(dtype)
        found = ops.convert_to_numpy(rgb_to_ycbcr(stored))
        assert np.abs(found - t871(stored * (255.0 / top))).max() < 1e-3

    def test_gray_has_no_chroma(self):
        gray = np.repeat(np.arange(256, dtype="uint8")[:, None], 3, 1)
        found = ops.convert_to_numpy(rgb_to_ycbcr(gray))
        assert np.allclose(found[:, 0], np.arange(256), atol=1e-3)
        assert np.allclose(found[:, 1:], 128, atol=1e-3)

    @pytest.mark.parametrize("dtype", ["int32", "int64", "bool"])
    def test_refuses_other_dtypes(self, dtype):
        with pytest.raises(TypeError, match="uint8"):
            rgb_to_ycbcr(np.zeros((2, 3), dtype))

    def test_gradient(self):
        (found,) = gradients(
            lambda x: rgb_to_ycbcr(x)[..., 0], [[0.0, 0.5, 1.0]]
        )
        assert np.allclose(found, 255 * np.array([[0.299, 0.587, 0.114]]))


class TestYCbCrToRGB:
    def test_as_the_standard(self):
        # Section 7: R = Y + 1.402 (Cr - 128), and so on, clipped.
        rng = np.random.default_rng(0)
        ycbcr = rng.uniform(0, 255, (5000, 3))
        y, cb, cr = ycbcr[:, 0], ycbcr[:, 1] - 128, ycbcr[:, 2] - 128
        green = y - (0.114 * 1.772 * cb + 0.299 * 1.402 * cr) / 0.587
        expected = np.stack([y + 1.402 * cr, green, y + 1.772 * cb], -1)
        found = ops.convert_to_numpy(ycbcr_to_rgb(ycbcr.astype("float32")))
        assert found.dtype == "float32"
        assert np.abs(found - np.clip(expected / 255, 0, 1)).max() < 1e-5

    def test_gives_back_every_color(self):
        rgb = colors()
        back = ops.convert_to_numpy(ycbcr_to_rgb(rgb_to_ycbcr(rgb)))
        assert np.array_equal(np.round(255 * back), rgb)

    def test_takes_stored_integers(self):
        rgb = colors(500)
        stored = np.clip(np.round(t871(rgb)), 0, 255).astype("uint8")
        back = 255 * ops.convert_to_numpy(ycbcr_to_rgb(stored))
        # Half a step of Y and half a step of Cb.
        assert np.abs(back - rgb).max() < 0.5 * (1 + 1.772) + 0.01

    def test_gradient_is_finite(self):
        (found,) = gradients(ycbcr_to_rgb, [[100.0, 128, 128], [0, 0, 255]])
        assert np.isfinite(found).all()
        assert np.abs(found[0]).max() > 0
