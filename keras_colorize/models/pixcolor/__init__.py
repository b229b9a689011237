"""PixColor: pixel recursive colorization (Guadarrama et al. 2017)."""

from keras_colorize.models.pixcolor.gradient_multiplier import (
    GradientMultiplierSchedule as GradientMultiplierSchedule,
)
from keras_colorize.models.pixcolor.pixcolor_colorizer import (
    ColorizerPixColor as ColorizerPixColor,
)
from keras_colorize.models.pixcolor.refinement_network import (
    RefinementNetwork as RefinementNetwork,
)
