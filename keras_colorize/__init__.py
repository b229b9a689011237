"""Probabilistic colorization of gray photographs with Keras 3."""

import pathlib
import sys

from keras_colorize._version import __version__ as __version__

# Keras and its backend take seconds to import, and the command has arguments
# to check and help to give before. Everyone else gets all of it at once: only
# what has been imported can `keras.saving.load_model` find.
if pathlib.Path(sys.argv[0] if sys.argv else "").stem != "keras-colorize":
    from keras_colorize import color as color
    from keras_colorize import evaluation as evaluation
    from keras_colorize import layers as layers
    from keras_colorize import metrics as metrics
    from keras_colorize import models as models
    from keras_colorize.models import Colorizer as Colorizer
    from keras_colorize.models import ColorizerPIC as ColorizerPIC
    from keras_colorize.models import push_preset as push_preset
