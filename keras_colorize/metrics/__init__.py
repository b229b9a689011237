"""Keras metrics for colorings. They know colors, but no model.

Each metric has `result()` and `standard_error()`. The standard error is over
images: samples of one image are averaged first.

What compares with published numbers:

- `BitsPerDimension`: Royer et al. (2017) only with their chroma, which is
  every k-th pixel (`chroma_method="subsample"`). Area means score lower.
- `AlphaBetaRMSE`: with no published number yet. Gray pictures score 0.333 on
  ctest10k in Larsson et al. (2016), but 0.57 on Tiny ImageNet here. The text
  leaves open whether they average or sum alpha and beta, and dark pixels
  weigh most. Compare only where gray pictures score the same.
- `PSNR`: Larsson et al. (2016) on their ctest10k, with `match_lightness=True`
  and their gray (R + G + B) / 3 as the baseline.
- `PerceptualSaturation`: Royer et al. (2017) on the same kind of images: 36.4%
  for PIC on ImageNet.
- `Diversity`: PixColor (Guadarrama et al. 2017) at the same image size.
  MS-SSIM of small images has fewer scales.
- `ErrorOfBest` with `error="absolute"`: the per-pixel error of Deshpande et al.
  (2017), whose Figure 5 has no printed numbers.
- `HistogramIntersection`: PixColor does not print its bins; compare values of
  this metric with each other.
"""

from keras_colorize.metrics.alpha_beta_rmse import (
    AlphaBetaRMSE as AlphaBetaRMSE,
)
from keras_colorize.metrics.bits_per_dimension import (
    BitsPerDimension as BitsPerDimension,
)
from keras_colorize.metrics.colorfulness import Colorfulness as Colorfulness
from keras_colorize.metrics.colorfulness_difference import (
    ColorfulnessDifference as ColorfulnessDifference,
)
from keras_colorize.metrics.diversity import Diversity as Diversity
from keras_colorize.metrics.error_of_best import ErrorOfBest as ErrorOfBest
from keras_colorize.metrics.histogram_intersection import (
    HistogramIntersection as HistogramIntersection,
)
from keras_colorize.metrics.mean_over_images import (
    MeanOverImages as MeanOverImages,
)
from keras_colorize.metrics.perceptual_saturation import (
    PerceptualSaturation as PerceptualSaturation,
)
from keras_colorize.metrics.psnr import PSNR as PSNR
from keras_colorize.metrics.sample_variance import (
    SampleVariance as SampleVariance,
)
