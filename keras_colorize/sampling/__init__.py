"""Exact autoregressive sampling of a network from a given noise tensor."""

from keras_colorize.sampling.arrays import nothing_known as nothing_known
from keras_colorize.sampling.cached import CachedSampler as CachedSampler
from keras_colorize.sampling.compiled import compiled as compiled
from keras_colorize.sampling.full import FullSampler as FullSampler

SAMPLERS = {"cached": CachedSampler, "full": FullSampler}
