"""Photographs in and out of arrays: formats, orientation, depth, metadata.

NumPy and Pillow only; pyvips is imported when a 16-bit file appears.
"""

from .contact_sheet import contact_sheet
from .formats import ALPHA_FORMATS
from .formats import DEEP_FORMATS
from .formats import FORMATS
from .formats import format_of
from .from_pil import photograph_from_pil
from .photograph import Photograph
from .read import MAX_PIXELS
from .read import read_photograph
from .write import write_photograph

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
