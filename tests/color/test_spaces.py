import colorsys

import numpy as np
import pytest
from keras import ops
from skimage import color

from keras_colorize.color import HueChromaSpace
from keras_colorize.color import LabSpace
from keras_colorize.color import YCbCrSpace
from keras_colorize.color.hue_chroma import hue_and_chroma
from keras_colorize.color.hue_chroma import rgb_to_hue_chroma

SPACES = [LabSpace(), YCbCrSpace(), HueChromaSpace()]


def rgb(count=500, seed=0):
    return np.random.default_rng(seed).random((count, 3)).astype("float32")


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
class TestEverySpace:
    def test_round_trip(self, space):
        _, chroma = space.split(rgb())
        found = space.join(space.luminance(rgb()), space.denormalize(chroma))
        np.testing.assert_allclose(numpy(found), rgb(), atol=2e-3)

    def test_normalized_values_are_in_range(self, space):
        corners = np.stack(np.meshgrid([0, 255], [0, 255], [0, 255]), -1)
        for tensor in space.split(corners.reshape(-1, 3).astype("uint8")):
            values = numpy(tensor)
            assert values.min() >= -1 - 1e-5 and values.max() <= 1 + 1e-5

    def test_luminance_is_the_gray_of_split(self, space):
        gray, _ = space.split(rgb())
        found = space.normalize_luminance(space.luminance(rgb()))
        np.testing.assert_allclose(numpy(found), numpy(gray), atol=1e-5)

    def test_gray_pixels_have_the_luminance_of_equal_channels(self, space):
        gray = np.arange(256, dtype="uint8")[:, None]
        np.testing.assert_allclose(
            numpy(space.luminance(gray)),
            numpy(space.luminance(np.repeat(gray, 3, -1))),
            atol=1e-2 * space.white / 100,
        )
        assert numpy(space.luminance(gray))[-1] == pytest.approx(
            space.white, rel=1e-4
        )

    def test_desaturate_keeps_luminance_of_any_chroma(self, space):
        luminance = space.luminance(rgb())
        chroma = np.random.default_rng(1).uniform(-1, 1, (500, 2))
        chroma = space.denormalize(ops.convert_to_tensor(chroma, "float32"))
        found = space.join(luminance, chroma, gamut="desaturate")
        np.testing.assert_allclose(
            numpy(space.luminance(found)),
            numpy(luminance),
            atol=0.02 * space.white / 100,
        )

    def test_no_chroma_is_gray(self, space):
        luminance = space.luminance(rgb())
        found = numpy(space.join(luminance, ops.zeros((500, 2))))
        assert np.ptp(found, axis=-1).max() < 1e-4

    def test_from_lab_gives_the_colors_back(self, space):
        """Of pixels whose L is that of a gray of their own luminance."""
        lab = color.rgb2lab(rgb()).astype("float32")
        gray = space.join(space.luminance(rgb()), ops.zeros((500, 2)))
        lab[:, 0] = color.rgb2lab(numpy(gray))[:, 0]
        expected = color.lab2rgb(lab)
        inside = (expected > 0.01).all(-1) & (expected < 0.99).all(-1)
        chroma = space.from_lab(
            ops.convert_to_tensor(lab[:, 1:]), space.luminance(rgb())
        )
        same = space.from_lab(ops.zeros((500, 2)), space.luminance(rgb()))
        assert np.abs(numpy(same)).max() < 0.02 * space.white / 100
        found = numpy(space.normalize(chroma))[inside]
        split = numpy(space.split(expected.astype("float32"))[1])[inside]
        np.testing.assert_allclose(found, split, atol=2e-3)

    def test_equal_spaces_are_one_key(self, space):
        assert {space, type(space)()} == {space}


class TestYCbCrSpace:
    def test_gray_is_zero_and_blue_is_almost_one(self):
        _, chroma = YCbCrSpace().split(
            np.uint8([[0, 0, 255], [9, 9, 9], [255, 0, 0]])
        )
        np.testing.assert_allclose(numpy(chroma)[0, 0], 127.5 / 128, atol=1e-5)
        np.testing.assert_allclose(numpy(chroma)[1], 0, atol=1e-5)
        np.testing.assert_allclose(numpy(chroma)[2, 1], 127.5 / 128, atol=1e-5)

    def test_bins(self):
        """Of 32 bins, one is gray; they are evenly spaced from -1 to 1."""
        space = YCbCrSpace(32)
        found = numpy(space.normalize(8.0 * np.arange(32) - 128))
        np.testing.assert_allclose(found, 2 * np.arange(32) / 31 - 1, atol=1e-6)
        found = numpy(space.denormalize(2 * np.arange(32) / 31 - 1))
        np.testing.assert_allclose(found, 8 * np.arange(32) - 128, atol=1e-4)
        gray = numpy(space.split(np.uint8([[7, 7, 7]]))[1])
        np.testing.assert_allclose(gray, 2 * 16 / 31 - 1, atol=1e-6)
        assert space == YCbCrSpace(32) and space != YCbCrSpace()
        assert len({space, YCbCrSpace(32), YCbCrSpace(16)}) == 2


class TestHueChromaSpace:
    def test_hue_of_hsv_and_difference_of_extremes(self):
        lightness, plane = rgb_to_hue_chroma(rgb())
        hue, chroma = hue_and_chroma(plane)
        expected = [colorsys.rgb_to_hsv(*map(float, x))[0] for x in rgb()]
        difference = np.abs(numpy(hue)[:, 0] - expected)
        assert np.minimum(difference, 1 - difference).max() < 1e-4
        np.testing.assert_allclose(
            numpy(chroma)[:, 0], np.ptp(rgb(), axis=-1), atol=1e-5
        )
        np.testing.assert_allclose(
            numpy(lightness)[:, 0], rgb().mean(-1), atol=1e-6
        )
        assert (numpy(hue) >= 0).all() and (numpy(hue) < 1).all()

    def test_hue_of_gray_is_zero(self):
        hue, chroma = hue_and_chroma(rgb_to_hue_chroma(np.zeros((1, 3)))[1])
        assert numpy(hue)[0, 0] == numpy(chroma)[0, 0] == 0
