"""Hypercolumns (Larsson, Maire, Shakhnarovich 2016)."""

from keras_colorize.models.hypercolumn.hypercolumn import (
    Hypercolumn as Hypercolumn,
)
from keras_colorize.models.hypercolumn.hypercolumn_colorizer import (
    ColorizerHypercolumn as ColorizerHypercolumn,
)
from keras_colorize.models.hypercolumn.hypercolumn_presets import (
    presets as presets,
)
from keras_colorize.models.hypercolumn.released_checkpoint import (
    convert_checkpoint as convert_checkpoint,
)
from keras_colorize.presets import register_presets

register_presets(presets, ColorizerHypercolumn)
