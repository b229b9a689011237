"""Hypercolumns (Larsson, Maire, Shakhnarovich 2016)."""

from keras_colorize.models.hypercolumn.hypercolumn import (
    Hypercolumn as Hypercolumn,
)
from keras_colorize.models.hypercolumn.hypercolumn_colorizer import (
    ColorizerHypercolumn as ColorizerHypercolumn,
)
