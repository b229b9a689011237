import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize import ColorfulnessFilter

# JFIF: Cb and Cr of RGB in [0, 255], minus 128.
MATRIX = np.array(
    [[-0.168735892, -0.331264108, 0.5], [0.5, -0.418687589, -0.081312411]]
)


def images(count=600, size=5):
    """Images from gray to colorful."""
    rng = np.random.default_rng(0)
    gray = rng.integers(60, 200, (count, size, size, 1))
    color = rng.normal(size=(count, size, size, 3))
    spread = np.linspace(0, 30, count)[:, None, None, None]
    return np.uint8(np.clip(gray + spread * color, 0, 255))


def colorfulness(rgb):
    chroma = rgb.astype("float64") @ MATRIX.T
    return np.sqrt((chroma**2).sum(-1)).mean((1, 2)) / 128


class TestColorfulnessFilter:
    def test_numpy(self):
        rgb = images()
        expected = colorfulness(rgb) >= 0.05
        mask = ColorfulnessFilter()(rgb)
        assert isinstance(mask, np.ndarray) and 0.1 < mask.mean() < 0.9
        np.testing.assert_array_equal(mask, expected)
        assert rgb[mask].shape == (expected.sum(), 5, 5, 3)

    def test_kinds_of_images(self):
        rgb = images(50)
        expected = colorfulness(rgb) >= 0.1
        for x, value_range in (
            (rgb.astype("float32") / 255, (0, 1)),
            (rgb.astype("float32"), (0, 255)),
            (rgb.astype("uint16") * 257, (0, 1)),
        ):
            found = ColorfulnessFilter(0.1, value_range)(x)
            np.testing.assert_array_equal(found, expected)
        found = ColorfulnessFilter(0.1)(ops.convert_to_tensor(rgb))
        assert ops.is_tensor(found)
        np.testing.assert_array_equal(ops.convert_to_numpy(found), expected)
        assert bool(ColorfulnessFilter(0.1)(rgb[-1])) == expected[-1]

    def test_gray_and_the_ends_of_the_threshold(self):
        gray = np.full((1, 4, 4, 3), 77, "uint8")
        assert not ColorfulnessFilter(1e-4)(gray)[0]
        assert ColorfulnessFilter(0)(gray)[0]

    def test_tf_data(self):
        tf = pytest.importorskip("tensorflow")
        if keras.backend.backend() != "tensorflow":
            pytest.skip("the filter needs the backend of tf.data")
        rgb = images(60)
        expected = rgb[colorfulness(rgb) >= 0.05]
        keep = ColorfulnessFilter()
        found = tf.data.Dataset.from_tensor_slices(rgb).filter(keep)
        np.testing.assert_array_equal(list(found.as_numpy_iterator()), expected)
        labeled = tf.data.Dataset.from_tensor_slices((rgb, np.arange(60)))
        kept = [int(label) for _, label in labeled.filter(keep)]
        np.testing.assert_array_equal(rgb[kept], expected)

    @pytest.mark.parametrize(
        "arguments, images, message",
        [
            ((2.0,), None, "threshold is 2.0. Expected 0 to 1"),
            ((0.1, (0, 2)), None, "value_range"),
            ((), np.zeros((2, 4, 4, 1), "uint8"), "Expected RGB images"),
            ((), np.full((2, 4, 4, 3), 9.0), "values from 9 to 9"),
            ((), np.full((4, 4, 3), 9.0), "values from 9 to 9"),
        ],
    )
    def test_errors(self, arguments, images, message):
        with pytest.raises(ValueError, match=message):
            ColorfulnessFilter(*arguments)(images)
