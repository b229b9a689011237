"""Exact autoregressive sampling of a network from a given noise tensor."""

from keras_colorize.sampling.compiled import compiled as compiled
from keras_colorize.sampling.full import sample_rows as sample_rows
from keras_colorize.sampling.noise import uniform_noise as uniform_noise
