"""One histogram of a and b a pixel: the 313 bins of Zhang et al. (2016)."""

import numpy as np
from keras import ops

from keras_colorize.color import LabSpace
from keras_colorize.color.cic_bins import CENTERS
from keras_colorize.color.cic_bins import bin_weights
from keras_colorize.models.hypercolumn.heads import Histograms
from keras_colorize.models.hypercolumn.heads import quantile

# Of the soft encoding: the bins that share a color, and the deviation.
_NEIGHBORS = 5
_SIGMA = 5.0


class BinHistogram(Histograms):
    """A histogram of the 313 bins of `keras_colorize.color.cic_bins`.

    Args:
        annealing: float. The temperature of `"annealed_mean"`.
    """

    color_space = LabSpace()
    names = ("ab",)
    loss_weights = {"cross_entropy": 1.0}
    readouts = ("annealed_mean", "mode", "sample")

    # The bins of the base class are equal in number for a and b.
    def __init__(self, annealing):
        self.annealing = annealing
        self.joint = True
        self.temperatures = 1
        self.num_outputs = len(CENTERS)
        self.histogram_shape = (1, len(CENTERS))

    def bins_of(self, chroma):
        """The number of the nearest bin: `(..., 1)`."""
        return ops.argmin(self._distances(chroma), axis=-1)[..., None]

    def soft_bins(self, chroma):
        """The soft encoding of colors (Zhang et al. 2016, section 2.1).

        Args:
            chroma: Tensor `(..., 2)`, normalized.

        Returns:
            The numbers of the 5 nearest bins, the nearest first, `(..., 5)`;
            and their shares `(..., 5)`, which sum to 1: Gaussians of the
            distance, of deviation 5.
        """
        nearest, index = ops.top_k(-self._distances(chroma), _NEIGHBORS)
        return index, ops.softmax(nearest / (2.0 * _SIGMA**2), axis=-1)

    def losses(self, logits, chroma):
        """The weighted cross-entropy, equation 2: `(...)`."""
        index, shares = self.soft_bins(chroma)
        log_p = self.log_probabilities(logits)[..., 0, :]
        log_p = ops.take_along_axis(log_p, index, axis=-1)
        # Equation 3: the weight is that of the likeliest bin.
        weights = ops.convert_to_tensor(bin_weights(), "float32")
        weights = ops.take(weights, index[..., 0])
        return {"cross_entropy": -weights * ops.sum(shares * log_p, axis=-1)}

    def uncertainty(self, logits):
        return self.entropies(logits)[..., 0]

    def read(self, logits, readout, noise, temperature):
        """Chooses chroma.

        Args:
            logits: Tensor `(1, h, w, 313)`.
            readout: str. One of `readouts`.
            noise: Tensor `(B, h, w, 1)`, uniform in [0, 1).
            temperature: float, or a tuple of one.

        Returns:
            A tensor `(1 or B, h, w, 2)`, normalized.
        """
        temperature = np.ravel(temperature)[0]
        if readout == "annealed_mean":
            temperature = self.annealing * temperature
        if readout == "mode" or not temperature:
            p = ops.one_hot(ops.argmax(logits, axis=-1), self.num_outputs)
        else:
            # A number near 0 would make infinite logits.
            temperature = max(float(temperature), 1e-4)
            p = ops.exp(self.log_probabilities(logits, temperature)[..., 0, :])
            if readout == "sample":
                _, p = quantile(p, noise[..., 0])
        ab = ops.matmul(p, ops.convert_to_tensor(CENTERS))
        return self.color_space.normalize(ab)

    def _distances(self, chroma):
        """Squared distances of colors and bins: `(..., 313)`."""
        ab = self.color_space.denormalize(chroma)
        a, b = (ops.convert_to_tensor(column) for column in CENTERS.T)
        return ops.square(ab[..., :1] - a) + ops.square(ab[..., 1:] - b)
