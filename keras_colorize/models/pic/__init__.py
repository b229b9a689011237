"""PIC: probabilistic image colorization (Royer, Kolesnikov, Lampert 2017)."""

from keras_colorize.models.pic.pic_colorizer import ColorizerPIC as ColorizerPIC
from keras_colorize.models.pic.pic_presets import presets as presets
from keras_colorize.models.pic.released_card import (
    released_card as released_card,
)
from keras_colorize.models.pic.released_checkpoint import (
    convert_checkpoint as convert_checkpoint,
)
from keras_colorize.presets import register_presets

register_presets(presets, ColorizerPIC)
