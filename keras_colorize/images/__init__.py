"""Photographs in and out of arrays: formats, orientation, depth, metadata.

NumPy and Pillow only; pyvips is imported when a 16-bit file appears.
"""

from keras_colorize.images.contact_sheet import contact_sheet
from keras_colorize.images.formats import ALPHA_FORMATS
from keras_colorize.images.formats import DEEP_FORMATS
from keras_colorize.images.formats import FORMATS
from keras_colorize.images.formats import format_of
from keras_colorize.images.from_pil import photograph_from_pil
from keras_colorize.images.photograph import Photograph
from keras_colorize.images.read import MAX_PIXELS
from keras_colorize.images.read import read_photograph
from keras_colorize.images.write import write_photograph

__all__ = [
    "ALPHA_FORMATS",
    "DEEP_FORMATS",
    "FORMATS",
    "MAX_PIXELS",
    "Photograph",
    "contact_sheet",
    "format_of",
    "photograph_from_pil",
    "read_photograph",
    "write_photograph",
]
