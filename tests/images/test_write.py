import io
import os
import pathlib
import stat

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from keras_colorize.images import Photograph
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph

SUFFIXES = [".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".PNG"]


def _tolerance(suffix):
    return 8 if suffix.startswith(".jp") else 0


class TestEightBits:
    @pytest.mark.parametrize("suffix", SUFFIXES)
    @pytest.mark.parametrize("channels", [1, 3])
    def test_pixels(self, suffix, channels, tmp_path, smooth):
        pixels = smooth[..., :channels]
        path = tmp_path / f"photo{suffix}"
        write_photograph(path, Photograph(pixels))
        with Image.open(path) as image:
            assert image.mode in ("L", "RGB")
            written = np.array(image).reshape(24, 40, -1).astype(int)
        np.testing.assert_allclose(
            *np.broadcast_arrays(written, pixels), atol=_tolerance(suffix)
        )

    @pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
    @pytest.mark.parametrize("channels", [1, 3])
    def test_alpha(self, suffix, channels, tmp_path, smooth):
        pixels, alpha = smooth[..., :channels], smooth[..., 1:2].copy()
        alpha[0] = 0
        path = tmp_path / f"photo{suffix}"
        write_photograph(path, Photograph(pixels, alpha))
        with Image.open(path) as image:
            written = np.array(image.convert("RGBA"))
        np.testing.assert_array_equal(
            written[..., :3], np.broadcast_to(pixels, smooth.shape)
        )
        np.testing.assert_array_equal(written[..., 3:], alpha)

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
    def test_profile_and_exif(
        self, suffix, tmp_path, smooth, rgb_profile, exif, check_exif
    ):
        path = tmp_path / f"photo{suffix}"
        write_photograph(
            path, Photograph(smooth, icc_profile=rgb_profile, exif=exif)
        )
        with Image.open(path) as image:
            assert image.info["icc_profile"] == rgb_profile
            check_exif(image)
        again = read_photograph(path)
        assert again.icc_profile == rgb_profile
        write_photograph(path, again, overwrite=True)
        with Image.open(path) as image:
            check_exif(image)

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp"])
    def test_dpi(self, suffix, tmp_path, smooth):
        path = tmp_path / f"photo{suffix}"
        write_photograph(path, Photograph(smooth, dpi=(300, 150)))
        with Image.open(path) as image:
            assert image.info["dpi"] == pytest.approx((300, 150), rel=1e-3)
        dpi = read_photograph(path).dpi
        assert dpi == pytest.approx((300, 150), rel=1e-3)

    def test_jpeg_keeps_chroma_at_full_resolution(self, tmp_path):
        path = tmp_path / "photo.jpg"
        stripes = np.zeros((16, 16, 3), np.uint8)
        stripes[:, ::2] = (200, 60, 60)
        stripes[:, 1::2] = (60, 90, 200)
        write_photograph(path, Photograph(stripes))
        with Image.open(path) as image:
            assert all(layer[1:3] == (1, 1) for layer in image.layer)
            written = np.array(image).astype(int)
        np.testing.assert_allclose(written, stripes, atol=16)

    @pytest.mark.parametrize("channels", [1, 3])
    def test_jpeg_is_that_of_pillow(
        self, channels, tmp_path, exif, rgb_profile
    ):
        """The same metadata, quality and pixels as in a file by Pillow."""
        rng = np.random.default_rng(0)
        pixels = rng.integers(0, 256, (25, 41, channels), np.uint8)
        # Tables begin with \xff\xdb, too.
        xmp, text = b"<x:xmpmeta>\xff\xdb\0\x43", "a comment"
        write_photograph(
            tmp_path / "a.jpg",
            Photograph(
                pixels,
                icc_profile=rgb_profile,
                exif=exif,
                dpi=(300, 150),
                xmp=xmp,
                text={"Comment": text},
            ),
        )
        Image.fromarray(pixels.squeeze()).save(
            tmp_path / "b.jpg",
            quality=95,
            subsampling=0,
            icc_profile=rgb_profile if channels == 3 else None,
            exif=exif,
            dpi=(300, 150),
            xmp=xmp,
            comment=text.encode(),
        )
        with (
            Image.open(tmp_path / "a.jpg") as found,
            Image.open(tmp_path / "b.jpg") as expected,
        ):
            assert found.info == expected.info and len(found.info) > 5
            assert found.applist == expected.applist
            assert found.quantization == expected.quantization
            assert found.layer == expected.layer
            np.testing.assert_allclose(
                *(np.array(image, int) for image in (found, expected)), atol=1
            )

    def test_rgb_profile_not_with_gray(self, tmp_path, smooth, rgb_profile):
        path = tmp_path / "photo.png"
        photograph = Photograph(smooth[..., :1], icc_profile=rgb_profile)
        write_photograph(path, photograph)
        assert read_photograph(path).icc_profile is None

    def test_exif_too_long_for_jpeg(self, tmp_path, smooth):
        block = Image.Exif()
        block[0x010E] = "long " * 20_000
        photograph = Photograph(smooth, exif=block.tobytes())
        with pytest.warns(UserWarning, match="JPEG file holds at most"):
            write_photograph(tmp_path / "photo.jpg", photograph)
        assert read_photograph(tmp_path / "photo.jpg").exif is None


class TestSixteenBits:
    @pytest.mark.parametrize("colors, alpha", [(1, 0), (1, 1), (3, 0), (3, 1)])
    def test_png(self, colors, alpha, tmp_path, deep):
        path = tmp_path / "photo.png"
        write_photograph(path, self._photograph(deep, colors, alpha))
        written = imagecodecs.png_decode(path.read_bytes())
        assert written.dtype == np.uint16
        np.testing.assert_array_equal(
            written.reshape(6, 9, -1), self._samples(deep, colors, alpha)
        )

    @pytest.mark.parametrize("colors, alpha", [(1, 0), (1, 1), (3, 0), (3, 1)])
    def test_tiff(self, colors, alpha, tmp_path, deep, exif):
        path = tmp_path / "photo.tif"
        photograph = self._photograph(deep, colors, alpha, exif=exif)
        write_photograph(path, photograph)
        written = tifffile.imread(path)
        assert written.dtype == np.uint16
        np.testing.assert_array_equal(
            written.reshape(6, 9, -1), self._samples(deep, colors, alpha)
        )
        with tifffile.TiffFile(path) as file:
            (page,) = file.pages
            assert page.photometric.name == (
                "RGB" if colors == 3 else "MINISBLACK"
            )
            assert tuple(page.extrasamples) == (2,) * alpha

    @pytest.mark.parametrize("suffix", [".png", ".tif"])
    def test_metadata(
        self, suffix, tmp_path, deep, rgb_profile, exif, check_exif
    ):
        path = tmp_path / f"photo{suffix}"
        photograph = self._photograph(
            deep,
            *(3, 1),
            icc_profile=rgb_profile,
            exif=exif,
            dpi=(300.0, 150.0),
        )
        write_photograph(path, photograph)
        with Image.open(path) as image:
            assert image.info["icc_profile"] == rgb_profile
            assert image.info["dpi"] == pytest.approx((300, 150), rel=1e-3)
            check_exif(image)
        again = read_photograph(path)
        np.testing.assert_array_equal(again.pixels, photograph.pixels)
        np.testing.assert_array_equal(again.alpha, photograph.alpha)
        assert again.icc_profile == rgb_profile
        assert again.dpi == pytest.approx((300, 150), rel=1e-3)
        other = tmp_path / "other.tif"
        write_photograph(other, again)
        with Image.open(other) as image:
            check_exif(image)

    def test_png_exif_is_bit_for_bit(self, tmp_path, deep, exif):
        path = tmp_path / "photo.png"
        write_photograph(path, self._photograph(deep, 3, 0, exif=exif))
        with Image.open(path) as image:
            assert image.info["exif"].removeprefix(b"Exif\0\0") == exif[6:]

    @pytest.mark.parametrize("suffix", [".png", ".tif"])
    def test_no_resolution_made_up(self, suffix, tmp_path, deep):
        path = tmp_path / f"photo{suffix}"
        write_photograph(path, self._photograph(deep, 3, 1))
        with Image.open(path) as image:
            assert "pHYs" not in str(path.read_bytes()[:99])
            assert 0x011A not in image.getexif()

    def test_tiff_exif_as_tifffile_sees_it(self, tmp_path, deep, exif):
        path = tmp_path / "photo.tif"
        tall = np.tile(deep, (30, 1, 1))
        write_photograph(path, self._photograph(tall, 3, 1, exif=exif))
        np.testing.assert_array_equal(tifffile.imread(path), tall)
        with tifffile.TiffFile(path) as file:
            tags = file.pages[0].tags
            assert len(file.pages[0].dataoffsets) == 2
            assert tags["ImageDescription"].value == "a barn"
            assert tags["ExifTag"].value["ExposureTime"] == (1, 50)
            assert tags["GPSTag"].value["GPSLatitudeRef"] == "N"

    @pytest.mark.parametrize("suffix", [".webp", ".bmp"])
    def test_rounded_where_the_format_has_eight(self, suffix, tmp_path):
        every = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
        pixels = np.repeat(every, 3, axis=2)
        path = tmp_path / f"photo{suffix}"
        write_photograph(path, Photograph(pixels))
        with Image.open(path) as image:
            np.testing.assert_array_equal(
                np.array(image), np.rint(pixels / 65535 * 255)
            )

    def _photograph(self, deep, colors, alpha, **metadata):
        opacity = deep[..., 3:] if alpha else None
        return Photograph(deep[..., :colors], opacity, **metadata)

    def _samples(self, deep, colors, alpha):
        return deep[..., [*range(colors), *[3] * alpha]]


class TestWritePhotograph:
    @pytest.mark.parametrize("name", ["photo.gif", "photo", "photo.png.txt"])
    def test_unknown_suffix_refused(self, name, tmp_path, smooth):
        with pytest.raises(ValueError, match="Expected one of .png, .jpg"):
            write_photograph(tmp_path / name, Photograph(smooth))
        assert not os.listdir(tmp_path)

    def test_existing_file_refused(self, tmp_path, smooth):
        path = tmp_path / "photo.png"
        path.write_bytes(b"old")
        with pytest.raises(FileExistsError, match="overwrite=True"):
            write_photograph(path, Photograph(smooth))
        assert path.read_bytes() == b"old"
        write_photograph(path, Photograph(smooth), overwrite=True)
        np.testing.assert_array_equal(read_photograph(path).pixels, smooth)

    def test_place_that_is_none_refused(self, tmp_path, smooth):
        (tmp_path / "folder.png").mkdir()
        with pytest.raises(IsADirectoryError, match="folder"):
            write_photograph(tmp_path / "folder.png", Photograph(smooth), True)
        assert os.listdir(tmp_path) == ["folder.png"]
        with pytest.raises(FileNotFoundError, match="Make it first"):
            write_photograph(tmp_path / "no" / "a.png", Photograph(smooth))

    def test_refused_before_any_encoding(self, tmp_path, smooth, monkeypatch):
        (tmp_path / "old.png").write_bytes(b"old")
        alpha = Photograph(smooth, np.zeros_like(smooth[..., :1]))
        long = Photograph(np.zeros((1, 16384, 3), np.uint8))

        def encode(*_):
            raise AssertionError("encoded")

        monkeypatch.setattr("keras_colorize.images.write.encode", encode)
        for name, photograph in [
            ("old.png", Photograph(smooth)),
            ("new.gif", Photograph(smooth)),
            ("new.jpg", alpha),
            ("new.webp", long),
        ]:
            with pytest.raises((ValueError, FileExistsError)):
                write_photograph(tmp_path / name, photograph)

    @pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
    def test_alpha_refused_where_there_is_none(self, suffix, tmp_path, smooth):
        path = tmp_path / f"photo{suffix}"
        alpha = np.full((24, 40, 1), 255, np.uint8)
        write_photograph(path, Photograph(smooth, alpha))
        alpha[3, 3] = 254
        with pytest.raises(ValueError, match="cannot hold .* transparency"):
            write_photograph(path, Photograph(smooth, alpha), overwrite=True)

    def test_what_is_no_photograph_refused(self, tmp_path, smooth):
        with pytest.raises(TypeError, match="ndarray"):
            write_photograph(tmp_path / "photo.png", smooth)

    @pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
    @pytest.mark.parametrize(
        "where",
        [
            "keras_colorize.images.write.encode",
            "os.replace",
            "uuid.uuid4",
        ],
    )
    def test_nothing_left_behind(
        self, error, where, tmp_path, smooth, monkeypatch
    ):
        (tmp_path / "old.png").write_bytes(b"old")

        def fail(*_, **__):
            raise error("on purpose")

        monkeypatch.setattr(where, fail)
        for name in ("old.png", "new.png"):
            with pytest.raises(error, match="on purpose"):
                write_photograph(
                    tmp_path / name, Photograph(smooth), overwrite=True
                )
        assert os.listdir(tmp_path) == ["old.png"]
        assert (tmp_path / "old.png").read_bytes() == b"old"

    def test_interrupted_while_writing(self, tmp_path, smooth, monkeypatch):
        class Interrupted(io.FileIO):
            def write(self, data):
                super().write(data[:10])
                raise KeyboardInterrupt

        monkeypatch.setattr(
            "keras_colorize.atomic_write.open",
            Interrupted,
            raising=False,
        )
        with pytest.raises(KeyboardInterrupt):
            write_photograph(tmp_path / "photo.png", Photograph(smooth))
        assert not os.listdir(tmp_path)

    def test_permissions_are_those_of_any_file(self, tmp_path, smooth):
        plain, path = tmp_path / "plain", tmp_path / "photo.png"
        plain.touch()
        write_photograph(path, Photograph(smooth))
        assert path.stat().st_mode == plain.stat().st_mode
        path.chmod(0o640)
        write_photograph(path, Photograph(smooth), overwrite=True)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640

    def test_links_written_through(self, tmp_path, smooth):
        path, link = tmp_path / "photo.png", tmp_path / "link.png"
        path.write_bytes(b"old")
        link.symlink_to(path)
        write_photograph(link, Photograph(smooth), overwrite=True)
        assert link.is_symlink()
        np.testing.assert_array_equal(read_photograph(path).pixels, smooth)

    def test_path_in_the_working_directory(self, tmp_path, smooth, monkeypatch):
        monkeypatch.chdir(tmp_path)
        write_photograph("photo.png", Photograph(smooth))
        assert pathlib.Path("photo.png").exists()
