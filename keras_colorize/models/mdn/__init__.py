"""VAE + mixture density network (Deshpande et al. 2017)."""

from keras_colorize.models.mdn.color_field_vae import (
    ColorFieldVAE as ColorFieldVAE,
)
from keras_colorize.models.mdn.colorizer_mdn import (
    ColorizerMDN as ColorizerMDN,
)
