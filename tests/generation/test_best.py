import numpy as np
import pytest

from keras_colorize.color import LabSpace
from keras_colorize.color import lab_to_rgb
from keras_colorize.generation import Request
from keras_colorize.generation.best import keep_best
from keras_colorize.generation.rendering import DrawnPhotograph
from keras_colorize.models import ColorizerCIC
from tests.models.small import small_pic


@pytest.fixture(scope="module")
def model():
    return small_pic(embedding_blocks=(0, 0), embedding_dilations=(1, 1))


def gray():
    return np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)


def hasler_suesstrunk(rgb):
    """M^(3) of an RGB image in [0, 255]."""
    r, g, b = np.moveaxis(rgb.astype("float64"), -1, 0)
    rg, yb = r - g, 0.5 * (r + g) - b
    spread = np.hypot(rg.std(), yb.std())
    return spread + 0.3 * np.hypot(rg.mean(), yb.mean())


class TestBestOf:
    @pytest.mark.parametrize("kept", [1, 3])
    def test_likeliest(self, model, kept):
        options = {"seed": 1, "return_log_likelihood": True, "verbose": 0}
        images, bits = model.generate(gray(), num_samples=7, **options)
        order = np.argsort(-bits)[:kept]
        found, found_bits = model.generate(
            gray(), num_samples=kept, best_of=7, **options
        )
        np.testing.assert_array_equal(found, images[order])
        np.testing.assert_array_equal(found_bits, bits[order])

    def test_most_colorful(self):
        """Of chroma as large as the photograph, and of a smaller one."""

        class Model:
            color_space = LabSpace()

        rng = np.random.default_rng(0)
        ab = rng.normal(0, 1, (6, 4, 5, 2)) * rng.permutation(
            np.arange(3, 33, 5)
        ).reshape(6, 1, 1, 1)
        ab = ab.astype("float32")
        luminance = np.full((4, 5, 1), 60, "float32")
        lab = np.concatenate([np.full((6, 4, 5, 1), 60), ab], -1)
        rgb = 255 * np.array(lab_to_rgb(lab.astype("float32"), "clip"))
        scores = [hasler_suesstrunk(image) for image in rgb]
        expected = ab[np.argsort(scores)[::-1][:2]]
        request = Request(
            num_samples=2, best_of=6, best_by="colorfulness", gamut="clip"
        )
        for scale in (1, 3):
            large = luminance.repeat(scale, 0).repeat(scale, 1)
            drawn = DrawnPhotograph(large, None, ab)
            keep_best(Model(), drawn, request)
            np.testing.assert_array_equal(drawn.chroma, expected)

    def test_lists(self, model):
        photos = [gray(), gray()[::-1]]
        found = model.generate(photos, seed=2, best_of=4, verbose=0)
        for photo, image in zip(photos, found):
            alone = model.generate(photo, seed=2, best_of=4, verbose=0)
            np.testing.assert_array_equal(image, alone)

    def test_refused(self, model):
        with pytest.raises(ValueError, match="best_of is 2, and num_samples"):
            model.generate(gray(), num_samples=3, best_of=2)
        with pytest.raises(TypeError, match="best_of is 2.5"):
            model.generate(gray(), best_of=2.5)
        with pytest.raises(ValueError, match="best_by is 'price'"):
            model.generate(gray(), best_of=2, best_by="price")

    def test_without_likelihood(self):
        model = ColorizerCIC(width=0.05, image_size=16)
        with pytest.raises(ValueError, match="Choose best_by='colorfulness'"):
            model.generate(gray(), best_of=3)
        found = model.generate(
            gray(), seed=1, best_of=3, best_by="colorfulness", verbose=0
        )
        samples = model.generate(gray(), seed=1, num_samples=3, verbose=0)
        assert any((found[0] == sample).all() for sample in samples)
