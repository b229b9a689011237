import numpy as np
import pytest

from keras_colorize.cli.sheet import sheet_of
from keras_colorize.images import Photograph

GAP, HEIGHT, WIDTH = 8, 4, 6


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
