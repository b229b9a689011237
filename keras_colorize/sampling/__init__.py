"""Exact autoregressive sampling of a network from a given noise tensor."""

from keras_colorize.sampling.cached import CachedSampler as CachedSampler
from keras_colorize.sampling.compiled import compiled as compiled
from keras_colorize.sampling.full import FullSampler as FullSampler
from keras_colorize.sampling.hints import no_hints as no_hints
from keras_colorize.sampling.lanes import lane_count as lane_count
from keras_colorize.sampling.lanes import lanes as lanes
from keras_colorize.sampling.noise import uniform_noise as uniform_noise

SAMPLERS = {"cached": CachedSampler, "full": FullSampler}
