import numpy as np
import pytest
from skimage.color import rgb2lab

from keras_colorize.color.cic_bins import CENTERS
from keras_colorize.color.cic_bins import bin_weights
from keras_colorize.metrics import AbsoluteError
from tests.metrics.metric_checks import MetricChecks
from tests.metrics.metric_checks import pictures

TRUE = pictures(6)
PRED = pictures(6, samples=3, seed=1)
# Of 12 rows and 16 columns: the middles of 2 x 2 cells of the central half.
ROWS, COLUMNS = [4, 7], [6, 10]


def errors(rarity=None):
    """The definition, with scikit-image: (6, 3, 12, 16)."""
    true, pred = rgb2lab(TRUE)[:, None, ..., 1:], rgb2lab(PRED)[..., 1:]
    error = np.abs(pred - true).mean(-1) / 128
    if rarity is None:
        return error
    a, b = CENTERS.T
    near_a = a[np.abs(true[..., :1] - a).argmin(-1)]
    near_b = b[np.abs(true[..., 1:] - b).argmin(-1)]
    is_bin = (near_a[..., None] == a) & (near_b[..., None] == b)
    return error * bin_weights(rarity)[is_bin.argmax(-1)]


class TestAbsoluteError(MetricChecks):
    @pytest.mark.parametrize("rarity", [None, "smoothed"])
    @pytest.mark.parametrize("grid", [None, 2])
    def test_samples(self, rarity, grid):
        expected = errors(rarity)
        if grid is not None:
            expected = expected[:, :, ROWS][..., COLUMNS]
        self.check_metric(
            AbsoluteError(rarity, grid),
            TRUE,
            PRED,
            per_image=expected.mean((1, 2, 3)),
        )

    def test_arguments(self):
        with pytest.raises(ValueError, match="rarity is 'raw'"):
            AbsoluteError("raw")
        with pytest.raises(ValueError, match="grid is 0"):
            AbsoluteError(grid=0)
