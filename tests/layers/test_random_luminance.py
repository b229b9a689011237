import keras
import numpy as np
import pytest
import skimage.color

from keras_colorize.layers import RandomLuminance
from tests.layers.layer_checks import dtype_of

RANGE = (0, 1)


def photos(count=6, size=8, seed=0):
    """Images of moderate colors, so that darker or lighter ones exist, too."""
    rng = np.random.default_rng(seed)
    return rng.integers(90, 160, (count, size, size, 3)).astype("uint8")


def lab_of(images):
    return skimage.color.rgb2lab(np.asarray(images, "float64") / 255)


def changed(layer, images):
    found = layer(images, training=True)
    return np.asarray(keras.ops.convert_to_numpy(found))


def darker():
    """Half of every value: L as scikit-image has it of the gray picture."""
    return keras.layers.Rescaling(0.5)


class TestRandomLuminance:
    def test_luminance_is_that_of_the_layers_and_chroma_stays(self):
        images = photos()
        found = lab_of(changed(RandomLuminance([darker()], rate=1.0), images))
        before = lab_of(images)
        gray = before * [1, 0, 0]
        half = skimage.color.rgb2lab(skimage.color.lab2rgb(gray) / 2)
        # To the rounding of 8 bits, which is coarser where it is dark.
        assert np.abs(found[..., 0] - half[..., 0]).max() < 1
        assert np.abs(found[..., 1:] - before[..., 1:]).max() < 3
        assert np.abs(found[..., 1:] - before[..., 1:]).mean() < 0.8

    def test_layers_follow_each_other(self):
        layer = RandomLuminance([darker(), keras.layers.Rescaling(2.0)], 1.0)
        found = changed(layer, photos().astype("float32"))
        assert np.abs(found - photos()).max() < 0.1

    def test_what_leaves_the_range_is_clipped(self):
        layer = RandomLuminance([keras.layers.Rescaling(9.0)], 1.0)
        found = changed(layer, photos())
        assert (found == 255).all()

    @pytest.mark.parametrize("dtype", ["uint8", "float32"])
    def test_each_image_by_its_own_chance(self, dtype):
        images = photos(400, 2).astype(dtype)
        layer = RandomLuminance([darker()], rate=0.3, seed=1)
        found = changed(layer, images)
        assert dtype_of(layer(images, training=True)) == dtype
        same = (found == images).all(axis=(1, 2, 3))
        # 120 expected, with a standard deviation of 9.
        assert 80 < (~same).sum() < 160
        assert (found[~same].mean() / images[~same].mean()) < 0.7

    def test_each_layer_by_its_own_chance(self):
        never = keras.layers.Rescaling(0.0)
        layer = RandomLuminance([darker(), never], rate=[1.0, 0.0])
        expected = changed(RandomLuminance([darker()], rate=1.0), photos())
        assert np.array_equal(changed(layer, photos()), expected)

    def test_same_seed_same_choice(self):
        found = [
            changed(RandomLuminance([darker()], 0.5, seed=3), photos())
            for _ in range(2)
        ]
        assert np.array_equal(*found)

    def test_nothing_is_changed_when_not_training(self):
        images = photos()
        layer = RandomLuminance([darker()], rate=1.0)
        for found in (layer(images), RandomLuminance([])(images)):
            assert np.array_equal(keras.ops.convert_to_numpy(found), images)

    def test_layers_of_keras(self):
        layers = [
            keras.layers.RandomContrast(0.4, value_range=RANGE, seed=0),
            keras.layers.RandomBrightness(0.2, value_range=RANGE, seed=1),
            keras.layers.RandomGaussianBlur(
                kernel_size=5, sigma=0.8, value_range=RANGE, seed=2
            ),
            keras.layers.GaussianNoise(0.05, seed=3),
        ]
        self.check_layers(layers)

    @pytest.mark.skipif(
        keras.backend.backend() != "tensorflow",
        reason="keras_cv makes JPEG with tensorflow",
    )
    def test_layers_of_keras_cv(self):
        import keras_cv

        layers = [
            keras_cv.layers.RandomJpegQuality((20, 60)),
            keras_cv.layers.RandomContrast(value_range=RANGE, factor=0.4),
        ]
        self.check_layers(layers)

    def check_layers(self, layers):
        images = photos(4, 16)
        before = lab_of(images)
        for layer in layers:
            found = lab_of(changed(RandomLuminance([layer], 1.0), images))
            difference = np.abs(found - before).mean(axis=(0, 1, 2))
            assert difference[0] > 0.5
            assert difference[1:].max() < 1.5

    @pytest.mark.skipif(
        keras.backend.backend() != "tensorflow", reason="tf.data"
    )
    def test_in_a_pipeline(self):
        import tensorflow as tf

        layer = RandomLuminance(
            [darker(), keras.layers.GaussianNoise(0.1)], rate=0.5, seed=0
        )
        data = tf.data.Dataset.from_tensor_slices(photos(8)).batch(4).repeat(3)
        data = data.map(lambda images: layer(images, training=True))
        batches = [batch.numpy() for batch in data]
        assert all(batch.shape == (4, 8, 8, 3) for batch in batches)
        assert all(batch.dtype == np.uint8 for batch in batches)
        # Every batch has its own noise.
        assert not np.array_equal(batches[0], batches[2])

    def test_config(self):
        layer = RandomLuminance([darker()], rate=[0.25], seed=4, name="old")
        stored = keras.saving.serialize_keras_object(layer)
        revived = keras.saving.deserialize_keras_object(stored)
        assert stored["registered_name"] == "keras_colorize>RandomLuminance"
        assert revived.get_config() == layer.get_config()
        assert np.array_equal(
            changed(revived, photos()), changed(layer, photos())
        )

    @pytest.mark.parametrize("rate", [-0.1, 1.5, [0.5, 2.0]])
    def test_refuses_rates(self, rate):
        with pytest.raises(ValueError, match="Expected 0 to 1"):
            RandomLuminance([darker()] * 2, rate=rate)

    def test_refuses_rates_for_other_layers(self):
        with pytest.raises(ValueError, match="2 rates for 1 layers"):
            RandomLuminance([darker()], rate=[0.5, 0.5])

    def test_refuses_gray(self):
        with pytest.raises(ValueError, match=r"\(2, 8, 8, 1\).*Expected RGB"):
            RandomLuminance([darker()])(photos(2)[..., :1], training=True)
