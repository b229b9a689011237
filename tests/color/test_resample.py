import numpy as np
import pytest
import scipy.ndimage
import skimage.transform
from keras import ops

from keras_colorize.color import downsample
from keras_colorize.color import resize
from keras_colorize.color import upsample_chroma
from tests.gradients import gradients


def noise(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def smooth(height=96, width=128):
    """A smooth chroma image (height, width, 2)."""
    y, x = np.mgrid[:height, :width]
    first = 40 * np.sin(y / 27 + x / 40) + 20 * np.cos(x / 30)
    second = 40 * np.cos(y / 30 - x / 25)
    return np.stack([first, second], -1).astype("float32")


def to_numpy(tensor):
    return ops.convert_to_numpy(tensor)


def block_mean(images, factor):
    *leading, height, width, channels = images.shape
    blocks = images.reshape(
        *leading, height // factor, factor, width // factor, factor, channels
    )
    return blocks.mean(axis=(-4, -2))


def resize_line(values, size, offset=0.5):
    """One line of pixels, by the words of `resize`'s docstring."""
    old = len(values)
    if size > old:
        centers = (np.arange(size) + 0.5) * old / size - offset
        return np.interp(centers, np.arange(old), values)
    # Exact: every pixel cut into `size` pieces, `old` of them a new pixel.
    return np.repeat(values, size).reshape(size, old).mean(1)


def resize_image(image, height, width, offset=0.5):
    image = np.asarray(image, "float64")
    tall = np.apply_along_axis(resize_line, 0, image, height, offset)
    return np.apply_along_axis(resize_line, 1, tall, width, offset)


def shift_of(found, true, axis):
    """By how many pixels `found` is moved against `true`, least squares."""
    slope = np.gradient(true, axis=axis)[12:-12, 12:-12]
    change = (true - found)[12:-12, 12:-12]
    return (slope * change).sum() / (slope * slope).sum()


class TestDownsample:
    @pytest.mark.parametrize("factor", [1, 2, 3, 4])
    def test_area_is_the_mean(self, factor):
        images = noise(2, 12, 24, 3)
        found = to_numpy(downsample(images, factor, "area"))
        assert np.allclose(found, block_mean(images, factor), atol=1e-6)

    @pytest.mark.parametrize("factor", [1, 2, 3, 4])
    def test_subsample_takes_the_first_pixels(self, factor):
        images = noise(2, 12, 24, 3)
        found = to_numpy(downsample(images, factor, "subsample"))
        assert np.array_equal(found, images[:, ::factor, ::factor])

    @pytest.mark.parametrize("method", ["area", "subsample"])
    @pytest.mark.parametrize("leading", [(), (5,), (2, 3), (1, 2, 1, 2)])
    def test_leading_dimensions(self, method, leading):
        images = noise(*leading, 4, 6, 2)
        found = to_numpy(downsample(images, 2, method))
        expected = images[..., ::2, ::2, :]
        if method == "area":
            expected = block_mean(images, 2)
        assert found.shape == (*leading, 2, 3, 2)
        assert np.allclose(found, expected, atol=1e-6)

    def test_area_is_the_default(self):
        images = noise(1, 4, 4, 1)
        found = to_numpy(downsample(images, 4))
        assert np.allclose(found, images.mean(), atol=1e-6)

    @pytest.mark.parametrize("method", ["area", "subsample"])
    @pytest.mark.parametrize("size, name", [((6, 5), "width"), ((7, 4), "hei")])
    def test_refuses_other_sizes(self, method, size, name):
        with pytest.raises(ValueError, match=name):
            downsample(np.zeros((1, *size, 1), "float32"), 2, method)

    def test_refuses_other_methods(self):
        with pytest.raises(ValueError, match="nearest"):
            downsample(np.zeros((1, 4, 4, 1), "float32"), 2, "nearest")

    def test_gradient(self):
        (area,) = gradients(lambda x: downsample(x, 2), noise(1, 4, 4, 1))
        assert np.allclose(area, 0.25)
        (first,) = gradients(
            lambda x: downsample(x, 2, "subsample"), noise(1, 4, 4, 1)
        )
        assert np.array_equal(first[0, :2, :2, 0], [[1, 0], [0, 0]])


class TestResize:
    @pytest.mark.parametrize(
        "size", [(5, 7), (10, 14), (11, 9), (3, 14), (12, 2), (1, 1)]
    )
    def test_as_by_hand(self, size):
        image = noise(5, 7, 2)
        found = to_numpy(resize(image, *size))
        assert found.shape == (*size, 2)
        assert np.allclose(found, resize_image(image, *size), atol=1e-5)

    @pytest.mark.parametrize("size", [(3, 5), (7, 8), (9, 20)])
    def test_shrinking_without_antialiasing(self, size):
        image = noise(7, 13, 2)
        expected = skimage.transform.resize(
            *(image, size), order=1, mode="edge", anti_aliasing=False
        )
        found = to_numpy(resize(image, *size, antialias=False))
        np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_from_one_pixel(self):
        found = to_numpy(resize(noise(1, 1, 2), 3, 4))
        assert np.allclose(found, noise(1, 1, 2))

    @pytest.mark.parametrize("size", [(13, 5), (8, 8)])
    @pytest.mark.parametrize("offset", [0.5, 0.125])
    def test_constant_stays_constant(self, size, offset):
        image = np.full((8, 9, 1), 3.5, "float32")
        found = to_numpy(resize(image, *size, offset=offset))
        assert np.allclose(found, 3.5, atol=1e-5)

    @pytest.mark.parametrize("size", [20, 48, 6, 5])
    @pytest.mark.parametrize("offset", [0.5, 0.25, 0.125])
    def test_ramp_stays_a_ramp(self, size, offset):
        # The value at a position, in pixels of the old image, is the position.
        old = 12
        image = np.arange(old, dtype="float32")[:, None, None] + 0.5
        found = to_numpy(resize(image, size, 1, offset=offset))[:, 0, 0]
        if size > old:
            # An old pixel's value was taken at `offset` in its cell.
            expected = (np.arange(size) + 0.5) * old / size + 0.5 - offset
        else:
            # A new pixel's value is taken at `offset` in its cell.
            expected = (np.arange(size) + offset) * old / size
        reach = 1 if size > old else old / size / 2
        inner = (expected >= reach) & (expected <= old - reach)
        assert inner.sum() >= size // 2
        # Where cells cut pixels the mean is of steps, not of a line.
        near = 0.05 if old % size and size < old else 1e-5
        assert np.allclose(found[inner], expected[inner], atol=near)

    @pytest.mark.parametrize("leading", [(2,), (2, 1, 3)])
    def test_leading_dimensions(self, leading):
        images = noise(*leading, 4, 5, 2)
        found = to_numpy(resize(images, 8, 3))
        assert found.shape == (*leading, 8, 3, 2)
        flat = images.reshape(-1, 4, 5, 2)
        expected = [resize_image(image, 8, 3) for image in flat]
        assert np.allclose(found.reshape(-1, 8, 3, 2), expected, atol=1e-5)

    def test_uint8_gives_float32(self):
        image = np.arange(12, dtype="uint8").reshape(3, 4, 1)
        found = to_numpy(resize(image, 6, 8))
        assert found.dtype == "float32"
        assert np.allclose(found, resize_image(image, 6, 8), atol=1e-5)

    def test_gradient_shares_out_the_weight(self):
        # Every new pixel's weights sum to 1.
        (found,) = gradients(lambda x: resize(x, 9, 2), noise(4, 5, 1))
        assert np.isclose(found.sum(), 18, atol=1e-4)
        assert (found >= 0).all()


class TestUpsampleChroma:
    @pytest.mark.parametrize("factor", [2, 3, 4])
    @pytest.mark.parametrize("method", ["area", "subsample"])
    def test_bilinear_by_hand(self, factor, method):
        chroma = noise(4, 5, 2)
        offset = 0.5 if method == "area" else 0.5 / factor
        found = to_numpy(
            upsample_chroma(
                chroma,
                np.zeros((4 * factor, 5 * factor, 1), "float32"),
                "bilinear",
                offset,
            )
        )
        for row, column in np.ndindex(4 * factor, 5 * factor):
            # Block centers for "area", its first pixels for "subsample".
            start = (factor - 1) / 2 if method == "area" else 0
            y = min(max((row - start) / factor, 0), 3)
            x = min(max((column - start) / factor, 0), 4)
            i, j = min(int(y), 2), min(int(x), 3)
            y, x = y - i, x - j
            expected = (1 - y) * (
                (1 - x) * chroma[i, j] + x * chroma[i, j + 1]
            ) + y * ((1 - x) * chroma[i + 1, j] + x * chroma[i + 1, j + 1])
            assert np.allclose(found[row, column], expected, atol=1e-5)

    @pytest.mark.parametrize("upsampling", ["bilinear", "guided"])
    @pytest.mark.parametrize("factor", [2, 4])
    @pytest.mark.parametrize("method", ["area", "subsample"])
    @pytest.mark.parametrize("guide", ["flat", "unrelated", "related"])
    def test_is_aligned(self, upsampling, factor, method, guide):
        true = smooth()
        y, x = np.mgrid[: true.shape[0], : true.shape[1]]
        luminance = {
            "flat": np.full(true.shape[:2], 50.0),
            "unrelated": 50 + 20 * np.sin(x / 7) * np.cos(y / 13),
            "related": 50 + 0.5 * true[..., 0],
        }[guide][..., None].astype("float32")
        offset = 0.5 if method == "area" else 0.5 / factor
        small = downsample(true, factor, method)
        found = to_numpy(upsample_chroma(small, luminance, upsampling, offset))
        inner = slice(12, -12), slice(12, -12)
        error = np.abs(found - true)[inner].mean()
        for move in [(0, 1), (0, -1), (1, 0), (-1, 0)]:
            moved = np.roll(true, move, axis=(0, 1))
            assert error < np.abs(found - moved)[inner].mean()
        # Zero but for the guide's own structure; a wrong offset gives
        # (factor - 1) / 2, half a pixel or more.
        for axis in (0, 1):
            assert abs(shift_of(found, true, axis)) < 0.1
        assert abs((found - true)[inner].mean()) < 1

    @pytest.mark.parametrize("factor", [2, 4])
    def test_the_wrong_offset_is_seen(self, factor):
        true = smooth()
        luminance = np.zeros((*true.shape[:2], 1), "float32")
        small = downsample(true, factor, "subsample")
        found = to_numpy(upsample_chroma(small, luminance, "bilinear", 0.5))
        for axis in (0, 1):
            shift = shift_of(found, true, axis)
            assert shift == pytest.approx((factor - 1) / 2, rel=0.15)

    def test_guided_is_as_by_hand(self):
        rng = np.random.default_rng(0)
        chroma = rng.normal(0, 20, (4, 5, 2))
        luminance = rng.uniform(0, 100, (8, 10, 1))
        guide = block_mean(luminance, 2)

        def window(values, i, j):
            return values[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2]

        # He, Sun and Tang 2013, equations 5 and 8, slopes alone.
        slope, means = np.zeros((2, 4, 5, 2))
        for i, j, c in np.ndindex(4, 5, 2):
            x, y = window(guide, i, j)[..., 0], window(chroma, i, j)[..., c]
            covariance = ((x - x.mean()) * (y - y.mean())).mean()
            slope[i, j, c] = covariance / (x.var() + 25)
        for i, j in np.ndindex(4, 5):
            means[i, j] = window(slope, i, j).mean((0, 1))
        detail = luminance - resize_image(guide, 8, 10)
        expected = resize_image(chroma, 8, 10)
        expected += resize_image(means, 8, 10) * detail
        found = to_numpy(upsample_chroma(chroma, luminance))
        assert np.allclose(found, expected, atol=1e-2)

    @pytest.mark.parametrize(
        "method, edge",
        [("area", 15), ("area", 16), ("area", 18), ("subsample", 18)],
    )
    def test_guided_follows_an_edge(self, method, edge):
        left = (np.arange(32) < edge)[None, :, None] * np.ones((32, 1, 1))
        luminance = (20 + 50 * left).astype("float32")
        true = np.concatenate([40 * left, -30 * left], -1).astype("float32")
        small = downsample(true, 4, method)
        offset = 0.5 if method == "area" else 0.125
        errors = {
            upsampling: np.abs(
                to_numpy(upsample_chroma(small, luminance, upsampling, offset))
                - true
            ).mean()
            for upsampling in ("bilinear", "guided")
        }
        assert errors["guided"] < 0.6 * errors["bilinear"]

    @pytest.mark.parametrize("method", ["guided", "bilinear"])
    def test_constant_stays_constant(self, method):
        chroma = np.full((3, 4, 2), -12.5, "float32")
        luminance = 50 + 20 * noise(11, 13, 1)
        found = to_numpy(upsample_chroma(chroma, luminance, method))
        assert found.shape == (11, 13, 2)
        assert np.allclose(found, -12.5, atol=1e-2)

    @pytest.mark.parametrize("method", ["guided", "bilinear"])
    def test_leading_dimensions(self, method):
        chroma, luminance = noise(2, 3, 4, 5, 2), 50 + 9 * noise(3, 8, 10, 1)
        found = to_numpy(upsample_chroma(chroma, luminance, method))
        assert found.shape == (2, 3, 8, 10, 2)
        for i, j in np.ndindex(2, 3):
            alone = upsample_chroma(chroma[i, j], luminance[j], method)
            assert np.allclose(found[i, j], to_numpy(alone), atol=1e-4)

    def test_refuses_other_methods(self):
        with pytest.raises(ValueError, match="nearest"):
            upsample_chroma(noise(2, 2, 2), noise(4, 4, 1), "nearest")

    def test_gradient_is_finite_where_luminance_is_flat(self):
        levels = np.array([0.0, 50, 100])[:, None, None, None]
        luminance = levels * np.ones((6, 6, 1))
        for found in gradients(upsample_chroma, noise(3, 3, 3, 2), luminance):
            assert np.isfinite(found).all()


class TestCorners:
    def test_outermost_pixels_stay_outermost(self):
        rng = np.random.default_rng(0)
        chroma = rng.random((3, 4, 2)).astype("float32")
        luminance = np.zeros((13, 22, 1), "float32")
        found = to_numpy(upsample_chroma(chroma, luminance, "corners"))
        rows, columns = np.linspace(0, 2, 13), np.linspace(0, 3, 22)
        for channel in (0, 1):
            expected = scipy.ndimage.map_coordinates(
                chroma[..., channel],
                np.meshgrid(rows, columns, indexing="ij"),
                order=1,
            )
            np.testing.assert_allclose(found[..., channel], expected, atol=1e-5)
