"""Photographs in and out of arrays: formats, orientation, depth, metadata.

Two libraries divide the work. libvips (pyvips) decodes PNG, JPEG, TIFF and
WebP files, encodes TIFF and 16-bit PNG, and applies color profiles. Pillow does
the rest: it decodes PIL images and BMP, GIF, JPEG 2000 and (by pillow-heif)
HEIC files, encodes 8-bit PNG, JPEG, WebP and BMP files, and reads and writes
all EXIF data.

pyvips is imported when it is first needed, and Keras is not. libvips runs
threads, so a process that has read a photograph must not fork: start workers
with "spawn" or "forkserver".
"""

from keras_colorize.images.border import border_mask as border_mask
from keras_colorize.images.border import keep_border as keep_border
from keras_colorize.images.contact_sheet import contact_sheet as contact_sheet
from keras_colorize.images.formats import ALPHA_FORMATS as ALPHA_FORMATS
from keras_colorize.images.formats import DEEP_FORMATS as DEEP_FORMATS
from keras_colorize.images.formats import FORMATS as FORMATS
from keras_colorize.images.formats import format_of as format_of
from keras_colorize.images.photograph import Photograph as Photograph
from keras_colorize.images.read import MAX_PIXELS as MAX_PIXELS
from keras_colorize.images.read import (
    photograph_from_pil as photograph_from_pil,
)
from keras_colorize.images.read import read_photograph as read_photograph
from keras_colorize.images.write import write_photograph as write_photograph
