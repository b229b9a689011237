import keras
import numpy as np
import pytest
import skimage.color
from keras import ops

from keras_colorize.color import denormalize_lab
from keras_colorize.color import lab_to_rgb
from keras_colorize.color import luminance
from keras_colorize.color import normalize_lab
from keras_colorize.color import rgb_to_lab
from tests.gradients import gradients

INTEGERS = ("int8", "int32", "int64", "bool")


def to_numpy(tensor):
    return ops.convert_to_numpy(tensor)


def rgb_grid(levels=17):
    """All combinations of `levels` values a channel, uint8 (n, 3)."""
    values = np.linspace(0, 255, levels).round().astype("uint8")
    return np.stack(np.meshgrid(values, values, values), -1).reshape(-1, 3)


def numeric_gradient(function, points, step=1e-6):
    """d sum(function(point)) / d point of float64 points (n, 3)."""
    columns = []
    for channel in range(3):
        move = step * np.eye(3)[channel]
        change = function(points + move) - function(points - move)
        columns.append(change.sum(-1) / (2 * step))
    return np.stack(columns, -1)


class TestRGBToLab:
    def test_uint8_as_scikit_image(self):
        rgb = rgb_grid()
        assert len(rgb) == 17**3
        lab = to_numpy(rgb_to_lab(rgb))
        assert lab.dtype == "float32"
        assert np.abs(lab - skimage.color.rgb2lab(rgb)).max() < 1e-3

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_float_as_scikit_image(self, dtype):
        rgb = rgb_grid() / 255.0
        lab = to_numpy(rgb_to_lab(rgb.astype(dtype)))
        assert np.abs(lab - skimage.color.rgb2lab(rgb)).max() < 1e-3

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
    def test_half_floats_are_read_as_they_are(self, dtype):
        rgb = ops.cast(rgb_grid(5) / 255.0, dtype)
        lab = to_numpy(rgb_to_lab(rgb))
        rounded = to_numpy(ops.cast(rgb, "float32")).astype("float64")
        assert lab.dtype == "float32"
        assert np.abs(lab - skimage.color.rgb2lab(rounded)).max() < 1e-3

    def test_uint16_as_scikit_image(self):
        rgb = np.random.default_rng(0).integers(0, 65536, (500, 3), "uint16")
        reference = skimage.color.rgb2lab(rgb / 65535.0)
        assert np.abs(to_numpy(rgb_to_lab(rgb)) - reference).max() < 1e-3

    def test_known_colors(self):
        lab = to_numpy(rgb_to_lab(np.eye(3, dtype="uint8") * 255))
        # CIE Lab (D65) of sRGB red, green and blue, from the literature.
        known = [[53.24, 80.09, 67.20], [87.73, -86.18, 83.18]]
        known += [[32.30, 79.19, -107.86]]
        assert np.allclose(lab, known, atol=0.03)

    @pytest.mark.parametrize("leading", [(), (5,), (2, 3), (2, 1, 3, 2)])
    def test_leading_dimensions(self, leading):
        rgb = np.random.default_rng(0).random((*leading, 3))
        lab = to_numpy(rgb_to_lab(rgb))
        assert lab.shape == rgb.shape
        reference = skimage.color.rgb2lab(rgb.reshape(-1, 3))
        assert np.allclose(lab, reference.reshape(rgb.shape), atol=1e-3)

    @pytest.mark.parametrize("dtype", INTEGERS)
    def test_refuses_other_dtypes(self, dtype):
        with pytest.raises(TypeError, match="uint8"):
            rgb_to_lab(np.zeros((2, 3), dtype))

    def test_symbolic(self):
        inputs = keras.Input((None, None, 3), dtype="uint8")
        lab = rgb_to_lab(inputs)
        assert lab.shape == (None, None, None, 3)
        assert lab.dtype == "float32"

    def test_gradient_is_the_derivative(self):
        rgb = np.random.default_rng(0).uniform(0.01, 1, (200, 3))
        # Away from where the two branches of sRGB meet.
        rgb[np.abs(rgb - 0.04045) < 0.001] = 0.5
        (found,) = gradients(rgb_to_lab, rgb)
        expected = numeric_gradient(skimage.color.rgb2lab, rgb)
        assert np.allclose(found, expected, rtol=1e-2, atol=0.5)

    def test_gradient_is_finite_at_the_ends_and_branch_points(self):
        points = [0.0, 0.0031308, 0.04045, 0.0809, 1.0]
        rgb = np.repeat(np.array(points)[:, None], 3, axis=1)
        rgb = np.concatenate([rgb, np.eye(3), 1 - np.eye(3)])
        (found,) = gradients(rgb_to_lab, rgb)
        assert np.isfinite(found).all()
        # L rises with every channel everywhere.
        (found,) = gradients(lambda x: rgb_to_lab(x)[..., 0], rgb)
        assert (found > 0).all()


class TestLabToRGB:
    def test_gives_back_uint8_colors(self):
        rng = np.random.default_rng(0)
        rgb = rng.integers(0, 256, (100_000, 3), "uint8")
        back = to_numpy(lab_to_rgb(rgb_to_lab(rgb)))
        assert np.array_equal(np.round(255 * back), rgb)

    def test_gives_back_the_gray_ramp(self):
        rgb = np.repeat(np.arange(256, dtype="uint8")[:, None], 3, axis=1)
        lab = rgb_to_lab(rgb)
        assert np.abs(to_numpy(lab)[:, 1:]).max() < 0.01
        back = to_numpy(lab_to_rgb(lab))
        assert np.array_equal(np.round(255 * back), rgb)

    @pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB")
    def test_as_scikit_image_where_xyz_is_possible(self):
        # Elsewhere XYZ would be negative; the nearest that exists is taken.
        axes = np.linspace(0, 100, 13), *[np.linspace(-127, 127, 25)] * 2
        lab = np.stack(np.meshgrid(*axes), -1).reshape(-1, 3)
        f_y = (lab[:, 0] + 16) / 116
        f = np.stack([f_y + lab[:, 1] / 500, f_y - lab[:, 2] / 200], -1)
        lab = lab[(f >= 16 / 116).all(-1)]
        assert len(lab) > 4000
        rgb = to_numpy(lab_to_rgb(lab))
        assert np.abs(rgb - skimage.color.lab2rgb(lab)).max() < 1e-4

    def test_stays_in_range_for_any_input(self):
        rng = np.random.default_rng(0)
        rgb = to_numpy(lab_to_rgb(rng.normal(0, 300, (1000, 3))))
        assert rgb.min() == 0 and rgb.max() == 1
        assert rgb.dtype == "float32"

    @pytest.mark.parametrize("leading", [(), (2, 1, 3, 2)])
    def test_leading_dimensions(self, leading):
        rgb = np.random.default_rng(0).random((*leading, 3))
        lab = skimage.color.rgb2lab(rgb.reshape(-1, 3)).reshape(rgb.shape)
        back = to_numpy(lab_to_rgb(lab))
        assert back.shape == rgb.shape
        assert np.allclose(back, rgb, atol=1e-4)

    def test_gradient_is_the_derivative(self):
        rgb = np.random.default_rng(0).uniform(0.1, 0.9, (200, 3))
        lab = skimage.color.rgb2lab(rgb)
        (found,) = gradients(lab_to_rgb, lab)
        expected = numeric_gradient(skimage.color.lab2rgb, lab, 1e-4)
        assert np.allclose(found, expected, rtol=1e-2, atol=1e-4)

    def test_gradient_is_finite_at_the_ends_and_branch_points(self):
        lab = [
            (0, 0, 0),
            (100, 0, 0),
            (8.0, 0, 0),  # 116 * 0.2068966 - 16: the branches meet
            (0, -127, 127),
            (100, 128, -128),
            (2.828, 0, 0),  # linear RGB 0.0031308 is near
        ]
        (found,) = gradients(lab_to_rgb, lab)
        assert np.isfinite(found).all()

    def test_desaturating_keeps_luminance(self):
        rng = np.random.default_rng(0)
        lab = rng.uniform([0, -128, -128], [100, 128, 128], (5000, 3))
        rgb = to_numpy(lab_to_rgb(lab, gamut="desaturate"))
        assert rgb.min() >= 0 and rgb.max() <= 1
        found = skimage.color.rgb2lab(rgb.astype("float64"))
        assert np.abs(found[:, 0] - lab[:, 0]).max() < 0.05
        # The hue of a mixture with gray is between the two in linear light,
        # so a color outside the gamut ends on its boundary.
        outside = np.abs(found - lab).max(-1) > 1
        assert outside.mean() > 0.5
        edge = np.minimum(rgb, 1 - rgb).min(-1)
        assert edge[outside].max() < 1e-3

    def test_desaturating_leaves_colors_of_the_gamut(self):
        rgb = np.random.default_rng(0).random((5000, 3))
        lab = skimage.color.rgb2lab(rgb)
        found = to_numpy(lab_to_rgb(lab, gamut="desaturate"))
        assert np.abs(found - rgb).max() < 1e-3

    def test_refuses_other_gamuts(self):
        with pytest.raises(ValueError, match="fold"):
            lab_to_rgb(np.zeros((2, 3)), gamut="fold")


class TestLuminance:
    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
    def test_of_rgb_as_scikit_image(self, dtype):
        rgb = np.random.default_rng(0).random((4, 5, 3))
        top = {"uint8": 255, "uint16": 65535}.get(dtype)
        stored = (rgb * top).astype(dtype) if top else rgb.astype(dtype)
        found = to_numpy(luminance(stored))
        assert found.shape == (4, 5, 1)
        reference = skimage.color.rgb2lab(stored / (top or 1))
        assert np.allclose(found, reference[..., :1], atol=1e-3)

    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
    def test_of_gray_as_scikit_image(self, dtype):
        top = {"uint8": 255, "uint16": 65535}.get(dtype, 1)
        gray = (np.linspace(0, 1, 256)[:, None] * top).astype(dtype)
        found = to_numpy(luminance(gray))
        assert found.shape == (256, 1)
        reference = skimage.color.rgb2lab(np.repeat(gray, 3, 1) / top)
        assert np.allclose(found, reference[:, :1], atol=1e-3)

    def test_ends(self):
        found = to_numpy(luminance(np.array([[0], [255]], "uint8")))
        assert np.allclose(found, [[0], [100]], atol=1e-3)

    @pytest.mark.parametrize("dtype", INTEGERS)
    def test_refuses_other_dtypes(self, dtype):
        with pytest.raises(TypeError, match="uint8"):
            luminance(np.zeros((2, 2, 1), dtype))

    @pytest.mark.parametrize("channels", [1, 3])
    def test_gradient_is_finite_and_positive(self, channels):
        points = [0.0, 0.04045, 0.0809, 1.0]
        rgb = np.repeat(np.array(points)[:, None], channels, axis=1)
        (found,) = gradients(luminance, rgb)
        assert np.isfinite(found).all()
        assert (found > 0).all()


class TestNormalizeLab:
    def test_by_hand(self):
        lab = [[0, -127, -128], [50, 0.5, -0.5], [100, 128, 127], [75, 0, 0]]
        expected = [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
        expected += [[0.5, -0.5 / 127.5, 0.5 / 127.5]]
        for channels in (3, 2):
            part = np.array(lab, "float32")[:, 3 - channels :]
            found = to_numpy(normalize_lab(part))
            wanted = np.array(expected)[:, 3 - channels :]
            assert np.allclose(found, wanted, atol=1e-6)

    def test_neighboring_integers_are_a_bin_apart(self):
        a = np.arange(-127, 129, dtype="float32")
        lab = np.stack([a, a, a - 1], -1)
        steps = np.diff(to_numpy(normalize_lab(lab))[:, 1:], axis=0)
        assert len(steps) == 255
        assert np.allclose(steps, 2 / 255, atol=1e-6)

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
    def test_keeps_the_dtype(self, dtype):
        found = normalize_lab(ops.ones((2, 3), dtype))
        assert keras.backend.standardize_dtype(found.dtype) == dtype

    def test_gradient(self):
        (found,) = gradients(normalize_lab, np.zeros((1, 3)))
        assert np.allclose(found, [[1 / 50, 1 / 127.5, 1 / 127.5]])


class TestDenormalizeLab:
    def test_by_hand(self):
        normalized = [[-1, -1, -1], [0, 0, 0], [1, 1, 1], [0.5, 0.2, -0.2]]
        expected = [[0, -127, -128], [50, 0.5, -0.5], [100, 128, 127]]
        expected += [[75, 26, -26]]
        for channels in (3, 2):
            part = np.array(normalized, "float32")[:, 3 - channels :]
            found = to_numpy(denormalize_lab(part))
            wanted = np.array(expected)[:, 3 - channels :]
            assert np.allclose(found, wanted, atol=1e-4)

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
    def test_keeps_the_dtype(self, dtype):
        found = denormalize_lab(ops.ones((2, 3), dtype))
        assert keras.backend.standardize_dtype(found.dtype) == dtype

    def test_gradient(self):
        (found,) = gradients(denormalize_lab, np.zeros((1, 3)))
        assert np.allclose(found, [[50, 127.5, 127.5]])
