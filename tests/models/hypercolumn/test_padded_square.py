"""Colorings by the released program's ways, against scikit-image's."""

import keras
import numpy as np
import pytest
from keras import ops
from skimage.transform import rescale
from skimage.transform import resize

from keras_colorize import ColorizerHypercolumn
from keras_colorize.models.hypercolumn.padded_square import PaddedSquare
from tests.models.hypercolumn.test_hypercolumn_colorizer import small_model
from tests.models.released_hypercolumn import transposed_convolution

SIZE = 128
# Shrunk for its shorter side, for its longer side, and not at all.
PHOTOGRAPHS = [(100, 131), (40, 201), (33, 50)]
SCALES = {(100, 131): 0.64, (40, 201): 116 / 201, (33, 50): 1.0}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    model = small_model(
        "hue_chroma",
        image_size=SIZE,
        border="zeros",
        pad_to_square=True,
        antialias=False,
        released_readouts=True,
    )
    # Histograms that differ, of certain and of uncertain hue.
    kernel = ops.convert_to_numpy(model.logits.kernel)
    model.logits.kernel.assign(20.0 * kernel)
    return model


def photograph(height, width):
    rng = np.random.default_rng(0)
    coarse = rng.random((5, 5))
    return np.float32(resize(coarse, (height, width), order=1))


def padded(gray, antialias=False):
    """The gray square, by scikit-image."""
    small = gray
    if SCALES[gray.shape] != 1:
        small = rescale(gray, SCALES[gray.shape], 1, anti_aliasing=antialias)
    square = np.zeros((SIZE, SIZE))
    y, x = ((SIZE - size) // 2 for size in small.shape)
    square[y : y + small.shape[0], x : x + small.shape[1]] = small
    return square


def stated_histograms(model, gray):
    """Histograms at each pixel of a photograph, `(H, W, 2, 32)`."""
    square = padded(gray)[None, ..., None].astype("float32")
    logits = model.network(2.0 * square - 1.0)["logits"][0]
    logits = ops.convert_to_numpy(logits).astype("float64")
    exp = np.exp(logits.reshape(SIZE // 4, SIZE // 4, 2, 32))
    p = exp / exp.sum(-1, keepdims=True)
    p = transposed_convolution(p.reshape(SIZE // 4, SIZE // 4, 64), 4)
    if SCALES[gray.shape] != 1:
        p = rescale(p, 1 / SCALES[gray.shape], 1, channel_axis=-1)
    y, x = ((a - b) // 2 for a, b in zip(p.shape, gray.shape))
    p = p[y : y + gray.shape[0], x : x + gray.shape[1]]
    return p.reshape(*gray.shape, 2, 32)


def direction(p):
    z = p[..., 0, :] @ np.exp(2j * np.pi * (np.arange(32) + 0.5) / 32) / 32
    hue = z / np.abs(z)
    return hue * np.minimum(np.abs(z), 0.03) / 0.03


def count(p, level):
    below = np.cumsum(p[..., 1, :], -1) < np.asarray(level)[..., None]
    return (below.sum(-1) + 0.5) / 32


def drawn(model, gray, readout, seed=0):
    photos, chroma = model.generate(
        gray,
        num_samples=2,
        readout=readout,
        seed=seed,
        return_chroma=True,
        verbose=0,
    )
    assert photos.shape == (2, *gray.shape, 3)
    assert chroma.shape == (2, *gray.shape, 2)
    return chroma[..., 0] + 1j * chroma[..., 1]


def almost_all_close(found, expected):
    """Rounding changes the bin of few pixels."""
    assert np.mean(np.abs(found - expected) < 1e-3) > 0.995


@pytest.mark.parametrize("size", PHOTOGRAPHS)
class TestGenerate:
    def test_gray_square(self, model, size):
        gray = photograph(*size)
        square = ops.convert_to_numpy(model.gray_picture(gray[..., None]))
        assert square.shape == (1, SIZE, SIZE, 1)
        np.testing.assert_allclose(square[0, ..., 0], padded(gray), atol=1e-5)

    def test_expectation_and_quartiles(self, model, size):
        gray = photograph(*size)
        p = stated_histograms(model, gray)
        centers = (np.arange(32) + 0.5) / 32
        for sample in drawn(model, gray, "expectation"):
            expected = direction(p) * (p[..., 1, :] @ centers)
            np.testing.assert_allclose(sample, expected, atol=2e-4)
        for readout, level in (("median", 0.5), ("q75", 0.75)):
            expected = direction(p) * count(p, level)
            almost_all_close(drawn(model, gray, readout)[1], expected)

    def test_mode(self, model, size):
        gray = photograph(*size)
        p = stated_histograms(model, gray)
        hue = (p[..., 0, :].argmax(-1) + 0.5) / 32
        chroma = p[..., 1, :].argmax(-1) / 32
        expected = chroma * np.exp(2j * np.pi * hue)
        almost_all_close(drawn(model, gray, "mode")[0], expected)


class TestSamples:
    def test_coherent_samples_take_one_quantile(self, model):
        gray = photograph(40, 201)
        p = stated_histograms(model, gray)[..., 1, :]
        edges = np.pad(np.cumsum(p, -1), [(0, 0), (0, 0), (1, 0)])
        levels = []
        for sample in drawn(model, gray, "coherent"):
            bins = np.rint(32 * np.abs(sample) - 0.5).astype(int)[..., None]
            low, high = (
                np.take_along_axis(edges, bins + i, -1) for i in (0, 1)
            )
            levels.append(np.quantile(low, 0.998))
            fits = (low <= levels[-1] + 1e-4) & (levels[-1] <= high + 1e-4)
            assert fits.mean() > 0.995
        assert abs(levels[0] - levels[1]) > 0.01

    def test_samples_are_centers_of_bins(self, model):
        first, second = drawn(model, photograph(33, 50), "sample")
        assert not np.array_equal(first, second)
        for values in (np.abs(first), np.angle(first) / (2 * np.pi) % 1):
            bins = 32 * values - 0.5
            np.testing.assert_allclose(bins, np.rint(bins), atol=1e-3)

    def test_bands_change_nothing(self, model, monkeypatch):
        gray = photograph(33, 50)
        readouts = ("median", "sample", "coherent")
        whole = [drawn(model, gray, readout) for readout in readouts]
        module = "keras_colorize.models.hypercolumn.padded_square"
        monkeypatch.setattr(f"{module}._PIECE", 200)
        for readout, expected in zip(readouts, whole):
            almost_all_close(drawn(model, gray, readout), expected)


class TestOptions:
    def test_antialias(self, model):
        config = {**model.get_config(), "antialias": True}
        gray = np.zeros((256, 256, 1), "float32")
        gray[1::4] = 1.0
        # The mean of four rows, or of the two in the middle.
        for other, expected in (
            (ColorizerHypercolumn(**config), 0.25),
            (model, 0.5),
        ):
            square = ops.convert_to_numpy(other.gray_picture(gray))
            np.testing.assert_allclose(
                square[0, 32:96, 32:96], expected, atol=1e-6
            )

    def test_only_the_photograph_is_matched(self, model):
        gray = photograph(33, 50)
        target = np.random.default_rng(1).dirichlet(np.ones(32), 2)
        luminance = model.gray_picture(gray[..., None])
        context = model.encode(2.0 * luminance - 1.0)
        matched = model.match(context, target, (33, 50))
        # The photograph begins at row 47 and column 39.
        window = np.s_[:, 11:20, 9:23]
        alone = model.head.match(context[window], target)
        np.testing.assert_allclose(
            ops.convert_to_numpy(matched[window]),
            ops.convert_to_numpy(alone),
            atol=1e-4,
        )
        everywhere = model.head.match(context, target)
        assert np.abs(ops.convert_to_numpy(matched - everywhere)).max() > 0.01

    def test_uncertainty(self, model):
        gray = photograph(33, 50)
        found = model.uncertainty(gray)
        assert found.shape == (33, 50)
        assert 0 <= found.min() < found.max() <= 1

    @pytest.mark.parametrize(
        "overrides", [{"distribution": "lab"}, {"image_size": 100}]
    )
    def test_other_distributions_and_sizes_are_refused(self, overrides):
        arguments = {"distribution": "hue_chroma", "image_size": 128}
        with pytest.raises(ValueError, match="'hue_chroma' and a multiple of"):
            small_model(**{**arguments, **overrides}, pad_to_square=True)

    def test_other_readouts_of_the_same_weights(self, model):
        config = {**model.get_config(), "released_readouts": False}
        other = ColorizerHypercolumn(**config)
        assert "q75" not in other.readouts
        with pytest.raises(ValueError, match="readout is 'q75'"):
            other.generate(photograph(33, 50), readout="q75", verbose=0)


class TestPaddedSquare:
    # Of 512: the program's photograph of 480 x 640 runs at 256 x 341.
    @pytest.mark.parametrize(
        "size, scale, small",
        [
            ((480, 640), 256 / 480, (256, 341)),
            ((3000, 1000), 500 / 3000, (500, 167)),
            ((90, 499), 1.0, (90, 499)),
            ((90, 500), 1.0, (90, 500)),
            ((90, 505), 500 / 505, (89, 500)),
            ((1, 9000), 500 / 9000, (1, 500)),
        ],
    )
    def test_scale(self, size, scale, small):
        square = PaddedSquare(512, *size)
        assert square.scale == pytest.approx(scale)
        gray = square.gray(np.ones((*size, 1), "float32"), False)
        rows, columns = np.nonzero(ops.convert_to_numpy(gray)[0, ..., 0])
        found = [np.ptp(x) + 1 for x in (rows, columns)]
        assert tuple(found) == small
        assert rows.min() == (512 - small[0]) // 2
        assert columns.min() == (512 - small[1]) // 2
