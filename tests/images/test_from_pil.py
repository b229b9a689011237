import io

import numpy as np
import pytest
from PIL import Image

from keras_colorize.images import photograph_from_pil


class TestPhotographFromPIL:
    @pytest.mark.parametrize(
        "mode, channels, alpha",
        [
            ("1", 1, False),
            ("L", 1, False),
            ("LA", 1, True),
            ("La", 1, True),
            ("P", 3, False),
            ("PA", 3, True),
            ("RGB", 3, False),
            ("RGBA", 3, True),
            ("RGBa", 3, True),
            ("RGBX", 3, False),
            ("YCbCr", 3, False),
            ("CMYK", 3, False),
            ("I", 1, False),
            ("I;16", 1, False),
            ("I;16B", 1, False),
        ],
    )
    def test_modes(self, mode, channels, alpha):
        photograph = photograph_from_pil(Image.new(mode, (5, 4)))
        deep = mode.startswith("I")
        assert photograph.pixels.dtype == (np.uint16 if deep else np.uint8)
        assert photograph.pixels.shape == (4, 5, channels)
        assert (photograph.alpha is not None) == alpha
        assert photograph.format is None

    @pytest.mark.parametrize("dtype", ["<u2", ">u2"])
    def test_sixteen_bits(self, dtype, deep):
        mode = {"<u2": "I;16", ">u2": "I;16B"}[dtype]
        samples = deep[..., 0].astype(dtype)
        image = Image.frombytes(mode, (9, 6), samples.tobytes())
        pixels = photograph_from_pil(image).pixels
        np.testing.assert_array_equal(pixels, deep[..., :1])

    def test_pixels_are_a_copy(self):
        image = Image.new("RGB", (5, 4))
        photograph = photograph_from_pil(image)
        image.paste((9, 9, 9), (0, 0, 5, 4))
        assert photograph.pixels.max() == 0

    @pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP"])
    @pytest.mark.parametrize("loaded", [False, True])
    def test_open_file(self, format, loaded, smooth, rgb_profile, check_exif):
        exif = Image.Exif()
        exif[0x0112] = 6
        exif[0x010E] = "a barn"
        buffer = io.BytesIO()
        Image.fromarray(smooth).save(
            buffer,
            format,
            exif=exif.tobytes(),
            icc_profile=rgb_profile,
            dpi=(100, 200),
        )
        image = Image.open(buffer)
        if loaded:
            image.load()
        photograph = photograph_from_pil(image)
        # Orientation 6: to be turned a quarter clockwise.
        assert photograph.pixels.shape == (40, 24, 3)
        expected = np.rot90(smooth, -1).astype(int)
        assert abs(photograph.pixels - expected).mean() < 3
        assert photograph.format == format
        assert photograph.icc_profile == rgb_profile
        if format != "WEBP" and not (loaded and format == "TIFF"):
            assert photograph.dpi == pytest.approx((200, 100), rel=1e-3)
        carried = Image.Exif()
        carried.load(photograph.exif)
        assert dict(carried) == {0x010E: "a barn"}

    def test_image_is_left_as_it_was(self, smooth):
        image = Image.fromarray(smooth)
        image.getexif()[0x0112] = 6
        photograph_from_pil(image)
        assert image.size == (40, 24)
        assert image.getexif()[0x0112] == 6

    def test_others_refused(self):
        with pytest.raises(ValueError, match="mode is 'LAB'"):
            photograph_from_pil(Image.new("LAB", (5, 4)))
        with pytest.raises(ValueError, match="outside 0 to 65535"):
            photograph_from_pil(Image.new("I", (5, 4), 65536))
        with pytest.raises(ValueError, match="not empty"):
            photograph_from_pil(Image.new("RGB", (0, 4)))

    def test_truncated_file_refused(self, smooth):
        buffer = io.BytesIO()
        Image.fromarray(smooth).save(buffer, "BMP")
        image = Image.open(io.BytesIO(buffer.getvalue()[:999]))
        with pytest.raises(ValueError, match="truncated"):
            photograph_from_pil(image)
