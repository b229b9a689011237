"""Reusable Keras layers."""

from keras_colorize.layers.categorical_bins import (
    CategoricalBins as CategoricalBins,
)
from keras_colorize.layers.chroma_input import ChromaInput as ChromaInput
from keras_colorize.layers.discretized_logistic_mixture import (
    DiscretizedLogisticMixture as DiscretizedLogisticMixture,
)
from keras_colorize.layers.distribution import Distribution as Distribution
from keras_colorize.layers.gated_res_block import GatedResBlock as GatedResBlock
from keras_colorize.layers.gated_res_block import concat_elu as concat_elu
from keras_colorize.layers.loop_level import LoopLevel as LoopLevel
from keras_colorize.layers.loop_level import (
    UncacheableError as UncacheableError,
)
from keras_colorize.layers.random_luminance import (
    RandomLuminance as RandomLuminance,
)
from keras_colorize.layers.shifted_conv2d import ShiftedConv2D as ShiftedConv2D
from keras_colorize.layers.top_left_upsampling import (
    TopLeftUpsampling2D as TopLeftUpsampling2D,
)
from keras_colorize.layers.weight_norm_conv2d import (
    WeightNormConv2D as WeightNormConv2D,
)
from keras_colorize.layers.weight_norm_conv2d import (
    data_dependent_initialization as data_dependent_initialization,
)
from keras_colorize.layers.weight_norm_conv2d import (
    folded_weights as folded_weights,
)
