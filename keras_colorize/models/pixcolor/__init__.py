"""PixColor: pixel recursive colorization (Guadarrama et al. 2017)."""

from keras_colorize.models.pixcolor.colorfulness_filter import (
    ColorfulnessFilter as ColorfulnessFilter,
)
from keras_colorize.models.pixcolor.gradient_multiplier import (
    GradientMultiplierSchedule as GradientMultiplierSchedule,
)
from keras_colorize.models.pixcolor.pixcolor_colorizer import (
    ColorizerPixColor as ColorizerPixColor,
)
from keras_colorize.models.pixcolor.pixcolor_presets import presets as presets
from keras_colorize.models.pixcolor.refinement_network import (
    RefinementNetwork as RefinementNetwork,
)
from keras_colorize.presets import register_presets

register_presets(presets, ColorizerPixColor)
