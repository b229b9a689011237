"""GIF, JPEG 2000 and HEIC."""

import io
import sys

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from keras_colorize.images import Photograph
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph
from keras_colorize.images.write import cannot_hold

NAMES = ["GIF", "JPEG2000", "HEIF"]


def _saved(image, format, **options):
    if format == "HEIF":
        pillow_heif.register_heif_opener()
        options.setdefault("quality", -1)  # lossless
        options.setdefault("chroma", 444)
    file = io.BytesIO()
    image.save(file, format, **options)
    return file


class TestReadOnlyFormats:
    @pytest.mark.parametrize("format", NAMES)
    def test_rgb(self, format, smooth):
        if format == "GIF":
            smooth //= 64
        photograph = read_photograph(_saved(Image.fromarray(smooth), format))
        assert photograph.format == format
        assert photograph.alpha is None
        # HEIC converts to YCbCr and back.
        np.testing.assert_allclose(
            photograph.pixels.astype(int),
            smooth,
            atol=2 if format == "HEIF" else 0,
        )

    @pytest.mark.parametrize("format", ["JPEG2000", "HEIF"])
    def test_alpha_and_gray(self, format, smooth):
        rgba = np.concatenate([smooth, smooth[::-1, :, :1]], 2)
        photograph = read_photograph(_saved(Image.fromarray(rgba), format))
        np.testing.assert_array_equal(photograph.alpha, rgba[..., 3:])
        gray = Image.fromarray(np.ascontiguousarray(smooth[..., 0]))
        pixels = read_photograph(_saved(gray, format)).pixels
        np.testing.assert_array_equal(
            pixels, np.broadcast_to(smooth[..., :1], pixels.shape)
        )

    def test_sixteen_bit_jpeg2000(self, deep):
        gray = np.ascontiguousarray(deep[..., 0])
        photograph = read_photograph(_saved(Image.fromarray(gray), "JPEG2000"))
        np.testing.assert_array_equal(photograph.pixels[..., 0], gray)

    def test_transparent_color_of_a_gif(self):
        image = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
        image.putpalette([9, 8, 7, 6, 5, 4])
        photograph = read_photograph(_saved(image, "GIF", transparency=1))
        np.testing.assert_array_equal(photograph.alpha[..., 0], [[255, 0]])
        np.testing.assert_array_equal(photograph.pixels[0, 0], [9, 8, 7])

    @pytest.mark.parametrize("orientation", [1, 6])
    def test_heic_is_upright(self, orientation, smooth, rgb_profile):
        exif = Image.Exif()
        exif[0x0112], exif[0x010E] = orientation, "a barn"
        stored = np.rot90(smooth) if orientation == 6 else smooth
        file = _saved(
            Image.fromarray(np.ascontiguousarray(stored)),
            "HEIF",
            exif=exif.tobytes(),
            icc_profile=rgb_profile,
        )
        photograph = read_photograph(file)
        np.testing.assert_allclose(
            photograph.pixels.astype(int), smooth, atol=2
        )
        assert photograph.icc_profile == rgb_profile
        carried = Image.Exif()
        carried.load(photograph.exif)
        assert dict(carried) == {0x010E: "a barn"}

    @pytest.mark.parametrize(
        "format, words",
        [
            ("GIF", "2 frames. Only the first frame"),
            ("PNG", "2 frames. Only the first frame"),
            ("WEBP", "2 frames. Only the first frame"),
            ("HEIF", "2 pictures. Only the main picture"),
        ],
    )
    def test_first_of_several_with_a_warning(self, format, words, smooth):
        first = Image.fromarray(smooth // 64)
        file = _saved(
            first,
            format,
            save_all=True,
            append_images=[Image.fromarray(255 - smooth)],
            **({"lossless": True} if format == "WEBP" else {}),
        )
        with pytest.warns(UserWarning, match=words):
            photograph = read_photograph(file)
        np.testing.assert_allclose(
            photograph.pixels.astype(int), smooth // 64, atol=2
        )

    def test_heic_without_pillow_heif(self, smooth, monkeypatch):
        file = _saved(Image.fromarray(smooth), "HEIF")
        monkeypatch.setitem(sys.modules, "pillow_heif", None)
        with pytest.raises(ValueError, match=r"keras-colorize\[heic\]"):
            read_photograph(file)

    @pytest.mark.parametrize("format", NAMES)
    def test_cap(self, format, smooth):
        file = _saved(Image.fromarray(smooth), format)
        read_photograph(file, max_pixels=24 * 40)
        with pytest.raises(ValueError, match="max_pixels = 959"):
            read_photograph(file, max_pixels=959)

    def test_cap_of_pillow_is_named(self, smooth, monkeypatch):
        data = bytearray(_saved(Image.fromarray(smooth), "GIF").getvalue())
        at = data.rindex(b",\0\0\0\0\x28\0\x18\0")
        data[at + 5 : at + 9] = b"\xff\xff\xff\xff"  # beyond the screen
        with pytest.raises(ValueError, match="MAX_IMAGE_PIXELS") as caught:
            read_photograph(io.BytesIO(data), max_pixels=None)
        assert "damaged" not in str(caught.value)

    @pytest.mark.parametrize("format", NAMES)
    def test_truncated_files_refused(self, format, smooth):
        data = _saved(Image.fromarray(smooth), format).getvalue()
        for sixteenths in range(1, 16):
            cut = data[: len(data) * sixteenths // 16]
            with pytest.raises(ValueError, match="the open file"):
                read_photograph(io.BytesIO(cut))

    def test_missing_rows_of_a_gif_refused(self, smooth):
        data = bytearray(_saved(Image.fromarray(smooth), "GIF").getvalue())
        at = data.rindex(b",\0\0\0\0\x28\0\x18\0")
        # A row more than there is, on the screen and in the frame.
        data[8] = data[at + 7] = 25
        with pytest.raises(ValueError, match="truncated"):
            read_photograph(io.BytesIO(data))

    @pytest.mark.parametrize("format", NAMES)
    def test_not_written(self, format, tmp_path, smooth):
        photograph = Photograph(smooth, format=format)
        assert cannot_hold(format, photograph) == "format"
        with pytest.raises(ValueError, match="Expected one of .png"):
            write_photograph(tmp_path / "photo.jp2", photograph)
