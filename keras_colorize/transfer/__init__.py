"""Gives colorings the colors of a reference (Larsson et al. 2016, 3.4).

`generate(like=...)` uses both ways. Models that give each pixel a histogram
minimize an energy; the colorings of other models are matched by quantiles.
"""

from keras_colorize.transfer.energy import energy as energy
from keras_colorize.transfer.energy import minimize_energy as minimize_energy
from keras_colorize.transfer.quantiles import HISTOGRAM_SHAPE as HISTOGRAM_SHAPE
from keras_colorize.transfer.quantiles import color_histogram as color_histogram
from keras_colorize.transfer.quantiles import match_quantiles as match_quantiles
