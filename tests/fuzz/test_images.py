"""Mutated photographs of every format."""

import functools
import io
import os
import shutil
import warnings

import imagecodecs
import numpy as np
import pillow_heif
import pytest
import tifffile
from hypothesis import event
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL import ImageCms
from PIL.PngImagePlugin import PngInfo

from keras_colorize.images import FORMATS
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph
from keras_colorize.images.xmp import with_note
from tests.fuzz.budget import bounded
from tests.fuzz.budget import budget
from tests.fuzz.mutations import CHANGES
from tests.fuzz.mutations import changed
from tests.fuzz.mutations import with_checksums

_MOST_PIXELS = 1_000_000


@functools.cache
def _seeds():
    """Photographs of every format by name, as bytes."""
    y, x = np.mgrid[:19, :23]
    rgb = np.stack([9 * x, 12 * y, 255 - 4 * x - 3 * y], 2).astype(np.uint8)
    deep = np.concatenate([rgb, rgb[::-1, :, :1]], 2).astype(np.uint16) * 257
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a barn"
    exif[0x011A], exif[0x011B], exif[0x0128] = 300, 300, 2
    exif.get_ifd(0x8825)[1] = "N"
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    extras = {"exif": exif.tobytes(), "icc_profile": srgb}
    xmp = with_note(None, "default", 7)
    texts = PngInfo()
    texts.add_text("Title", "a barn")
    texts.add_text("Comment", "a barn " * 20, zip=True)
    texts.add_itxt("Author", "Źdźbło", "pl", "Autor", zip=True)
    texts.add_itxt("XML:com.adobe.xmp", xmp)
    photo = Image.fromarray(rgb)
    rgba = Image.fromarray((deep // 257).astype(np.uint8))
    gray, palette = photo.convert("L"), photo.quantize(16)
    cmyk = photo.convert("CMYK")
    seeds = {}

    def save(name, image, format, **options):
        file = io.BytesIO()
        # Saving leaves options behind in an image.
        image.copy().save(file, format, **options)
        seeds[name] = file.getvalue()

    def tiff(name, samples, **options):
        file = io.BytesIO()
        tifffile.imwrite(file, samples, metadata=None, **options)
        seeds[name] = file.getvalue()

    save("png", rgba, "PNG", **extras)
    save("png_text", photo, "PNG", pnginfo=texts)
    save("png_palette", palette, "PNG", transparency=3)
    save("png_frames", photo, "PNG", save_all=True, append_images=[rgba])
    seeds["png_deep"] = imagecodecs.png_encode(deep)
    save("jpeg", photo, "JPEG", **extras)
    save("jpeg_text", photo, "JPEG", xmp=xmp, comment=b"a barn")
    save("jpeg_gray", gray, "JPEG", icc_profile=_profile("sgrey"))
    save("jpeg_progressive", photo, "JPEG", progressive=True, dpi=(96, 96))
    save("jpeg_cmyk", cmyk, "JPEG", icc_profile=_profile("cmyk"))
    save("webp", rgba, "WEBP", **extras)
    save("webp_lossless", photo, "WEBP", lossless=True)
    save("webp_xmp", photo, "WEBP", xmp=xmp)
    save("webp_frames", photo, "WEBP", save_all=True, append_images=[rgba])
    for kind in ("raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"):
        save(f"tiff_{kind}", photo, "TIFF", compression=kind, exif=exif)
    save("tiff_pages", photo, "TIFF", save_all=True, append_images=[rgba])
    save("tiff_palette", palette, "TIFF", icc_profile=srgb)
    save("tiff_bilevel", photo.convert("1"), "TIFF", compression="group4")
    tiff("tiff_cmyk", deep, photometric="separated")
    tiff("tiff_gray", deep[..., 0], iccprofile=_profile("sgrey"))
    tiff("tiff_big", rgb, photometric="rgb", bigtiff=True, tile=(16, 16))
    planes = np.ascontiguousarray(rgb.transpose(2, 0, 1))
    tiff("tiff_planes", planes, photometric="rgb", planarconfig="separate")
    tiff("tiff_xmp", rgb, extratags=[(700, "B", len(xmp), xmp, True)])
    tiff("tiff_order", deep, photometric="rgb", byteorder=">")
    tiff("tiff_lab", rgb, photometric="cielab")
    tiff("tiff_float", rgb.astype(np.float32), photometric="rgb")
    save("bmp", photo, "BMP")
    save("bmp_palette", palette, "BMP")
    save("gif", palette, "GIF", transparency=3)
    save("gif_frames", photo, "GIF", save_all=True, append_images=[rgba])
    save("jpeg2000", rgba, "JPEG2000")
    save("jpeg2000_gray", Image.fromarray(deep[..., 0]), "JPEG2000")
    save("jpeg2000_stream", photo, "JPEG2000", no_jp2=True, irreversible=True)
    pillow_heif.register_heif_opener()
    save("heic", rgba, "HEIF", quality=50, **extras)
    save("heic_several", photo, "HEIF", save_all=True, append_images=[rgba])
    return seeds


def _profile(name):
    import pyvips

    return bytes(pyvips.Image.profile_load(name))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.slow
class TestImages:
    @budget(6000)
    @given(
        name=st.deferred(lambda: st.sampled_from(sorted(_seeds()))),
        changes=CHANGES,
        mend=st.booleans(),
        suffix=st.sampled_from([suffixes[0] for suffixes in FORMATS.values()]),
    )
    # The name of a profile's color space reached the terminal.
    @example("jpeg_cmyk", [("set", 52, b"\0")], False, ".png")
    # The message was long: libtiff warns of every tag.
    @example("tiff_cmyk", [("insert", 15, b"\0")], False, ".png")
    def test_photograph_or_error(self, folder, name, changes, mend, suffix):
        content = changed(_seeds()[name], changes)
        if mend and name.startswith("png"):
            content = with_checksums(content)
        path = folder / f"photo {name}"
        path.write_bytes(content)
        with bounded(seconds=5, megabytes=300):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                photograph = _read(path)
        ours = [
            str(w.message) for w in caught if "keras_colorize" in w.filename
        ]
        assert all(path.name in text for text in ours), ours
        assert all(map(str.isprintable, ours)), ours
        event("an error" if photograph is None else "a photograph")
        if photograph is not None:
            _check_photograph(photograph)
            _check_written(photograph, folder / "written" / f"new{suffix}")


def _read(path):
    """The photograph, or None if there is a clear error."""
    try:
        return read_photograph(path, max_pixels=_MOST_PIXELS)
    except ValueError as error:
        text = str(error)
        assert "photo" in text and text.isprintable(), text
        assert len(text) < 1000, text


def _check_photograph(photograph):
    height, width, channels = photograph.pixels.shape
    assert 0 < height * width <= _MOST_PIXELS and channels in (1, 3)
    assert photograph.pixels.dtype in (np.uint8, np.uint16)
    assert photograph.dpi is None or min(photograph.dpi) > 0
    if photograph.alpha is not None:
        assert photograph.alpha.shape == (height, width, 1)


def _check_written(photograph, path):
    """Checks that a file is whole, or that there is an error and no file."""
    shutil.rmtree(path.parent, ignore_errors=True)
    path.parent.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            write_photograph(path, photograph)
        except ValueError as error:
            assert "cannot hold" in str(error)
            assert not os.listdir(path.parent)
            return
        assert os.listdir(path.parent) == [path.name]
        again = read_photograph(path)
    assert again.pixels.shape[:2] == photograph.pixels.shape[:2]
    if path.suffix in (".png", ".tif"):
        np.testing.assert_array_equal(again.pixels, photograph.pixels)
        if photograph.alpha is not None:
            np.testing.assert_array_equal(again.alpha, photograph.alpha)
