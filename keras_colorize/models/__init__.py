"""The colorizers."""

from keras_colorize.models.cic.cic_colorizer import ColorizerCIC as ColorizerCIC
from keras_colorize.models.colorizer import Colorizer as Colorizer
from keras_colorize.models.hypercolumn.hypercolumn_colorizer import (
    ColorizerHypercolumn as ColorizerHypercolumn,
)
from keras_colorize.models.mdn.color_field_vae import (
    ColorFieldVAE as ColorFieldVAE,
)
from keras_colorize.models.mdn.colorizer_cvae import (
    ColorizerCVAE as ColorizerCVAE,
)
from keras_colorize.models.mdn.colorizer_mdn import ColorizerMDN as ColorizerMDN
from keras_colorize.models.pic.pic_colorizer import ColorizerPIC as ColorizerPIC
from keras_colorize.models.pixcolor.colorfulness_filter import (
    ColorfulnessFilter as ColorfulnessFilter,
)
from keras_colorize.models.pixcolor.pixcolor_colorizer import (
    ColorizerPixColor as ColorizerPixColor,
)
from keras_colorize.models.pixcolor.refinement_network import (
    RefinementNetwork as RefinementNetwork,
)
from keras_colorize.presets import push_preset as push_preset
