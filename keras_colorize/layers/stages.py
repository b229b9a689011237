"""When the parts of an autoregressive network are known while sampling."""

import enum


class Stage(enum.IntEnum):
    """When a tensor's value at a pixel is known, in raster order.

    What a layer tells the cached sampler is in these terms (see
    `keras_colorize.sampling.CachedSampler`).
    """

    PHOTOGRAPH = 0
    """Before anything is drawn: nothing drawn goes into it."""
    ROW = 1
    """When the pixel's row begins: only rows above go into it."""
    PIXEL = 2
    """Just before the pixel is drawn: so do pixels to its left."""
    DRAWN = 3
    """Once the pixel itself is drawn."""


class UncacheableError(ValueError):
    """A network that cannot be sampled exactly from cached activations."""
