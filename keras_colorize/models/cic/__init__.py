"""Colorful Image Colorization (Zhang, Isola, Efros 2016)."""

from keras_colorize.models.cic.cic_colorizer import ColorizerCIC as ColorizerCIC
from keras_colorize.models.cic.released_checkpoint import (
    convert_checkpoint as convert_checkpoint,
)
