import pathlib
import types

import numpy as np
import pytest

from keras_colorize.images import Photograph
from keras_colorize_cli.colorize.coloring import sheet_of
from keras_colorize_cli.colorize.manifest import Entry
from keras_colorize_cli.colorize.outputs import choose_format
from keras_colorize_cli.colorize.outputs import plan_outputs

GAP, HEIGHT, WIDTH = 8, 4, 6


def photograph(format, dtype="uint8", alpha=None, shape=(2, 3)):
    pixels = np.zeros((*shape, 1), dtype)
    if alpha is not None:
        alpha = np.full((*shape, 1), alpha, dtype)
    return Photograph(pixels, alpha, format=format)


class TestChooseFormat:
    @pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
    def test_own(self, format):
        assert choose_format(photograph(format), None) == format

    def test_png_if_its_own_cannot_hold_it(self):
        assert choose_format(photograph("BMP", alpha=3), None) == "PNG"
        assert choose_format(photograph("BMP", alpha=255), None) == "BMP"

    def test_wanted(self):
        assert choose_format(photograph("PNG"), "webp") == "WEBP"
        assert choose_format(photograph("PNG", "uint16"), "jpeg") == "JPEG"

    def test_refused(self):
        with pytest.raises(ValueError, match="JPEG cannot hold its transp"):
            choose_format(photograph("PNG", alpha=3), "jpeg")
        wide = photograph("PNG", shape=(1, 16384))
        with pytest.raises(ValueError, match="WEBP cannot hold its size"):
            choose_format(wide, "webp")


class TestPlanOutputs:
    def plan(self, folder, name, photograph, **options):
        given = {
            "num_samples": 2,
            "sheet": True,
            "uncertainty": False,
            "overwrite": False,
        }
        args = types.SimpleNamespace(
            output=folder, format=None, **{**given, **options}
        )
        name = pathlib.Path(name)
        return plan_outputs(photograph, name, Entry(), "", set(), args)

    def test_names_with_dots(self):
        folder = pathlib.Path("out")
        outputs = self.plan(folder, "in/st.john", photograph("JPEG"))
        assert [p.as_posix() for p in outputs.colorings] == [
            "out/in/st.john_1.jpg",
            "out/in/st.john_2.jpg",
        ]
        assert outputs.sheet.as_posix() == "out/in/st.john_sheet.png"
        assert outputs.missing == {*outputs.colorings, outputs.sheet}

    def test_without_sheet(self):
        outputs = self.plan(
            pathlib.Path("out"), "a", photograph("PNG"), sheet=False
        )
        assert outputs.sheet is None and None not in outputs.missing


def tiles(sheet):
    assert sheet.pixels.dtype == np.uint8
    step = WIDTH + GAP
    count = sheet.pixels.shape[1] // step
    return [
        sheet.pixels[GAP:-GAP, GAP + k * step : (k + 1) * step]
        for k in range(count)
    ]


class TestSheetOf:
    @pytest.mark.parametrize("dtype", ["uint8", "uint16"])
    def test_gray_then_samples(self, dtype):
        scale = 257 if dtype == "uint16" else 1
        gray = np.arange(24, dtype=dtype).reshape(HEIGHT, WIDTH, 1)
        colors = np.arange(72, dtype=dtype).reshape(HEIGHT, WIDTH, 3)
        photograph = Photograph(gray * scale, icc_profile=b"some")
        coloring = photograph.with_pixels(colors * scale)
        sheet = sheet_of(photograph, [coloring, coloring])
        assert sheet.icc_profile == b"some"
        first, second, third = tiles(sheet)
        np.testing.assert_array_equal(first, gray.repeat(3, axis=2))
        np.testing.assert_array_equal(second, colors)
        np.testing.assert_array_equal(third, colors)

    def test_color_photograph_in_gray(self):
        pixels = np.full((HEIGHT, WIDTH, 3), (255, 0, 0), np.uint8)
        photograph = Photograph(pixels)
        gray, _ = tiles(sheet_of(photograph, [photograph]))
        # Pure red has 0.2126 of white's luminance: 127 in sRGB.
        assert abs(gray.astype(int) - 127).max() <= 1

    def test_transparent_parts_show_the_sheet(self):
        alpha = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
        alpha[0] = 0
        pixels = np.full((HEIGHT, WIDTH, 1), 10, np.uint8)
        photograph = Photograph(pixels, alpha)
        gray, _ = tiles(sheet_of(photograph, [photograph]))
        assert (gray[0] == 128).all() and (gray[1:] == 10).all()
