import numpy as np
import pytest
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.color.cic_bins import CENTERS
from keras_colorize.color.cic_bins import PRIOR
from keras_colorize.color.cic_bins import bin_weights
from keras_colorize.color.cic_bins import color_weights


def weights_by_hand(ab, weights):
    """The rule of the program: nearest values of the two lists of 313."""
    a, b = CENTERS.T
    nearest_a = a[np.abs(ab[0] - a).argmin()]
    nearest_b = b[np.abs(ab[1] - b).argmin()]
    (index,) = np.flatnonzero((a == nearest_a) & (b == nearest_b))
    return weights[index]


class TestBins:
    def test_bins(self):
        assert CENTERS.shape == (313, 2) and PRIOR.shape == (313,)
        assert len({tuple(center) for center in CENTERS}) == 313
        assert PRIOR.sum() == pytest.approx(1) and PRIOR.min() > 0
        assert tuple(CENTERS[PRIOR.argmax()]) == (0, 0)

    def test_weights(self):
        prior = bin_weights("prior")
        assert prior.min() == pytest.approx(5.0, abs=0.05)
        assert prior.max() == pytest.approx(1.6e8, rel=0.05)
        assert np.sum(PRIOR * prior) == pytest.approx(313)
        smoothed = bin_weights()
        assert np.sum(PRIOR * smoothed) == pytest.approx(1)
        # By the formula, the ratio of the rarest to the most frequent bin.
        mixed = 0.5 * PRIOR + 0.5 / 313
        ratio = mixed.max() / mixed.min()
        assert smoothed.max() / smoothed.min() == pytest.approx(ratio)
        with pytest.raises(ValueError, match="rarity is 'raw'"):
            bin_weights("raw")

    @pytest.mark.parametrize("rarity", ["smoothed", "prior"])
    def test_weights_of_colors(self, rarity):
        rng = np.random.default_rng(0)
        ab = ops.convert_to_numpy(rgb_to_lab(rng.random((200, 3))))[:, 1:]
        # The program has whole numbers, with ties at those that end in 5.
        ab = np.concatenate([ab, [(5, 5), (-5, 15), (15, 45), (5, -15)]])
        found = color_weights(ops.convert_to_tensor(ab, "float32"), rarity)
        expected = [weights_by_hand(pair, bin_weights(rarity)) for pair in ab]
        np.testing.assert_allclose(
            ops.convert_to_numpy(found), expected, rtol=1e-5
        )

    def test_a_pair_that_is_no_bin_takes_the_nearest(self):
        ab = ops.convert_to_tensor([[-90.0, -110.0]])
        squares = np.square(CENTERS - [-90, -110]).sum(1)
        expected = bin_weights()[squares.argmin()]
        found = ops.convert_to_numpy(color_weights(ab))
        np.testing.assert_allclose(found, [expected], rtol=1e-5)
