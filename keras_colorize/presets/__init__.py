"""Finding, loading and saving a preset: a directory of config.json,
model.safetensors and README.md, from which nothing is ever executed."""

from keras_colorize.presets.card_facts import CardFacts as CardFacts
from keras_colorize.presets.files import CARD as CARD
from keras_colorize.presets.files import DirectoryFiles as DirectoryFiles
from keras_colorize.presets.files import (
    embedded_directory as embedded_directory,
)
from keras_colorize.presets.files import read_config as read_config
from keras_colorize.presets.hub import HubFiles as HubFiles
from keras_colorize.presets.saving import save_preset as save_preset
from keras_colorize.presets.weights import check_weights as check_weights
from keras_colorize.presets.weights import find_weights as find_weights
from keras_colorize.presets.weights import load_weights as load_weights
from keras_colorize.presets.weights import weights_of as weights_of
