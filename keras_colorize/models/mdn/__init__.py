"""VAE + mixture density network (Deshpande et al. 2017)."""

from keras_colorize.models.mdn.cached_training import fit_cached as fit_cached
from keras_colorize.models.mdn.color_field_vae import (
    ColorFieldVAE as ColorFieldVAE,
)
from keras_colorize.models.mdn.colorizer_cvae import (
    ColorizerCVAE as ColorizerCVAE,
)
from keras_colorize.models.mdn.colorizer_mdn import ColorizerMDN as ColorizerMDN
from keras_colorize.models.mdn.mdn_presets import presets as presets
from keras_colorize.models.mdn.principal_components import (
    principal_components as principal_components,
)
from keras_colorize.models.mdn.released_checkpoint import (
    RELEASED_MDN as RELEASED_MDN,
)
from keras_colorize.models.mdn.released_checkpoint import (
    RELEASED_VAE as RELEASED_VAE,
)
from keras_colorize.models.mdn.released_checkpoint import (
    convert_checkpoint as convert_checkpoint,
)
from keras_colorize.presets import register_presets

register_presets(presets, ColorizerMDN)
