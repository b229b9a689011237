import numpy as np
import pytest

from keras_colorize.images import Photograph


def _filled(shape, value, dtype=np.uint8):
    return np.full(shape, value, dtype)


class TestPhotograph:
    def test_bits(self):
        assert Photograph(_filled((2, 3, 1), 0)).bits == 8
        assert Photograph(_filled((2, 3, 3), 0, np.uint16)).bits == 16

    def test_with_pixels_keeps_everything_else(self):
        alpha = _filled((2, 3, 1), 7)
        gray = Photograph(
            _filled((2, 3, 1), 0), alpha, b"icc", b"exif", (72.0, 96.0), "PNG"
        )
        rgb = _filled((2, 3, 3), 9)
        colored = gray.with_pixels(rgb)
        assert colored.pixels is rgb
        assert colored.alpha is alpha
        assert colored.icc_profile == b"icc"
        assert colored.exif == b"exif"
        assert colored.dpi == (72.0, 96.0)
        assert colored.format == "PNG"
        assert gray.pixels.shape == (2, 3, 1)

    def test_with_pixels_deepens_alpha(self):
        every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
        photograph = Photograph(every, every)
        deep = photograph.with_pixels(_filled((16, 16, 3), 0, np.uint16))
        assert deep.alpha.dtype == np.uint16
        expected = np.rint(every / 255 * 65535)
        np.testing.assert_array_equal(deep.alpha, expected)

    def test_with_pixels_rounds_alpha(self):
        every = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
        photograph = Photograph(every, every)
        shallow = photograph.with_pixels(_filled((256, 256, 3), 0))
        assert shallow.alpha.dtype == np.uint8
        expected = np.rint(every / 65535 * 255)
        np.testing.assert_array_equal(shallow.alpha, expected)

    def test_refuses_other_sizes(self):
        photograph = Photograph(_filled((2, 3, 1), 0))
        with pytest.raises(ValueError, match=r"\(3, 2, 3\).*\(2, 3, 1\)"):
            photograph.with_pixels(_filled((3, 2, 3), 0))
        with pytest.raises(ValueError, match="alpha has shape"):
            Photograph(_filled((2, 3, 1), 0), _filled((3, 2, 1), 0))

    @pytest.mark.parametrize("shape", [(2, 3), (2, 3, 2), (0, 3, 3)])
    def test_refuses_other_shapes(self, shape):
        with pytest.raises(ValueError, match="Expected"):
            Photograph(_filled(shape, 0))

    @pytest.mark.parametrize(
        "pixels", [np.zeros((2, 3, 3)), [[0]], None, np.zeros((2, 3, 3), bool)]
    )
    def test_refuses_other_types(self, pixels):
        with pytest.raises(TypeError, match="uint8 or uint16"):
            Photograph(pixels)

    def test_refuses_alpha_of_another_depth(self):
        with pytest.raises(TypeError, match="same dtype"):
            Photograph(_filled((2, 3, 1), 0), _filled((2, 3, 1), 0, np.uint16))
