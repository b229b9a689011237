"""Keras metrics for colorings. They know colors, but no model.

Each metric has `result()` and `standard_error()`. The standard error is over
images: samples of one image are averaged first. The class of a metric says
which published numbers are comparable.
"""

from keras_colorize.metrics.absolute_error import AbsoluteError as AbsoluteError
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
