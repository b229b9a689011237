"""Probabilistic colorization of gray photographs with Keras 3."""

from keras_colorize import callbacks as callbacks
from keras_colorize import color as color
from keras_colorize import encoders as encoders
from keras_colorize import evaluation as evaluation
from keras_colorize import layers as layers
from keras_colorize import metrics as metrics
from keras_colorize import models as models
from keras_colorize import transfer as transfer
from keras_colorize._version import __version__ as __version__
from keras_colorize.models import ColorFieldVAE as ColorFieldVAE
from keras_colorize.models import ColorfulnessFilter as ColorfulnessFilter
from keras_colorize.models import Colorizer as Colorizer
from keras_colorize.models import ColorizerCIC as ColorizerCIC
from keras_colorize.models import ColorizerCVAE as ColorizerCVAE
from keras_colorize.models import ColorizerHypercolumn as ColorizerHypercolumn
from keras_colorize.models import ColorizerMDN as ColorizerMDN
from keras_colorize.models import ColorizerPIC as ColorizerPIC
from keras_colorize.models import ColorizerPixColor as ColorizerPixColor
from keras_colorize.models import RefinementNetwork as RefinementNetwork
from keras_colorize.models import push_preset as push_preset
