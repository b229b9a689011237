"""Presets: directories of config.json, model.safetensors and README.md.

Nothing in a preset is ever executed.
"""

from keras_colorize.presets.card_facts import CardFacts as CardFacts
from keras_colorize.presets.loading import load_preset as load_preset
from keras_colorize.presets.publishing import push_model as push_model
from keras_colorize.presets.publishing import push_preset as push_preset
from keras_colorize.presets.registry import PresetsProperty as PresetsProperty
from keras_colorize.presets.registry import register_presets as register_presets
from keras_colorize.presets.saving import save_preset as save_preset
from keras_colorize.presets.shape_check import weights_of as weights_of
