import importlib
import pathlib

import numpy as np
import pytest
from PIL import Image

from keras_colorize.images import border_mask
from keras_colorize.images import keep_border
from keras_colorize.images import read_photograph

ROOT = pathlib.Path(__file__).parents[2]
PHOTOS = sorted(
    path
    for path in (ROOT / "examples" / "photos").iterdir()
    if path.suffix not in (".md", ".py") and path.is_file()
)


@pytest.fixture
def old(monkeypatch):
    """The script that ages photographs."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("old_photographs")


def gray_of(path):
    photograph = read_photograph(path)
    white = np.iinfo(photograph.pixels.dtype).max
    return photograph.pixels.mean(-1) / white


def frame(shape, width):
    mask = np.ones(shape, bool)
    mask[width:-width, width:-width] = False
    return mask


class TestBorderMask:
    @pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.stem)
    def test_aged_photographs(self, path, old):
        gray = gray_of(path)
        for share in (0.04, 0.12):
            scan = old.age(gray, seed=1, border=share)
            true = frame(scan.shape[:2], round(share * min(gray.shape)))
            mask = border_mask(scan)
            assert (mask & true).sum() > 0.99 * true.sum()
            assert (mask & ~true).sum() < 0.002 * (~true).sum()

    @pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.stem)
    def test_photographs_without_a_border(self, path, old):
        assert not border_mask(read_photograph(path).pixels).any()
        assert not border_mask(old.age(gray_of(path))).any()

    def test_scan_that_is_not_straight(self, old):
        gray = gray_of(PHOTOS[0])
        scan = Image.fromarray(old.age(gray, border=0.1))
        true = Image.fromarray(frame((scan.height, scan.width), 38))
        paper = scan.getpixel((0, 0))
        scan = scan.rotate(1, Image.Resampling.BICUBIC, fillcolor=paper)
        true = np.asarray(true.rotate(1, fillcolor=1))
        mask = border_mask(np.asarray(scan))
        assert (mask & true).sum() > 0.96 * true.sum()
        assert (mask & ~true).sum() < 0.002 * (~true).sum()

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    @pytest.mark.parametrize("light", [0.02, 0.95])
    def test_light_and_dark(self, light, dtype):
        white = np.iinfo(dtype).max
        pixels = np.full((60, 80, 1), 0.5 * white, dtype)
        true = frame((60, 80), 6)
        pixels[true] = light * white
        np.testing.assert_array_equal(border_mask(pixels), true)

    def test_sides_of_different_widths(self):
        pixels = np.full((60, 80, 3), 100, np.uint8)
        true = np.ones((60, 80), bool)
        true[3:-15, 6:-9] = False
        pixels[true] = (250, 240, 220)
        np.testing.assert_array_equal(border_mask(pixels), true)

    @pytest.mark.parametrize("side", range(4))
    def test_no_frame_without_all_four_sides(self, side):
        """A white sky above a landscape, for example."""
        pixels = np.full((60, 60, 1), 100, np.uint8)
        pixels[frame((60, 60), 9)] = 250
        np.rot90(pixels, side)[:9] = 100
        assert not border_mask(pixels).any()

    def test_middle_gray_is_no_paper(self):
        pixels = np.full((60, 80, 1), 220, np.uint8)
        pixels[frame((60, 80), 9)] = 110
        assert not border_mask(pixels).any()

    def test_white_sky_inside_a_border(self):
        """The border does not flow into the picture."""
        pixels = np.full((200, 300, 1), 250, np.uint8)
        pixels[20:-20, 20:-20] = 100
        pixels[20:90, 100:-20] = 250
        mask = border_mask(pixels)
        assert mask[frame((200, 300), 20)].all()
        assert mask[20:-20, 20:-20].mean() < 0.05

    def test_writing_ends_the_border(self):
        pixels = np.full((200, 200, 1), 250, np.uint8)
        pixels[20:-60, 20:-20] = 100
        pixels[-30:-20, 50:150:2] = 20
        mask = border_mask(pixels)
        assert mask[-18:].all() and not mask[-50:-40, 50:150].any()

    def test_smallest_photograph(self):
        assert border_mask(np.zeros((1, 1, 1), np.uint8)).shape == (1, 1)


class TestKeepBorder:
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_own_pixels_in_the_border_alone(self, dtype):
        photograph = np.full((60, 80, 3), 100, np.uint8)
        true = frame((60, 80), 6)
        photograph[true] = (250, 240, 220)
        rng = np.random.default_rng(0)
        colorings = rng.integers(0, 256, (2, 60, 80, 3)).astype(dtype)
        before = colorings.copy()
        kept = keep_border(photograph, colorings)
        assert kept.dtype == dtype
        paper = np.array([250, 240, 220]) * (257 if dtype == np.uint16 else 1)
        assert (kept[:, true] == paper).all()
        np.testing.assert_array_equal(kept[:, ~true], before[:, ~true])
        np.testing.assert_array_equal(colorings, before)

    def test_gray_border(self):
        photograph = np.full((60, 80, 1), 100, np.uint8)
        photograph[frame((60, 80), 6)] = 250
        kept = keep_border(photograph, np.zeros((60, 80, 3), np.uint8))
        assert (kept[frame((60, 80), 6)] == 250).all()
        assert kept.shape == (60, 80, 3)
