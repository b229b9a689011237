"""Color maths in `keras.ops`."""

from keras_colorize.color.lab import denormalize_lab as denormalize_lab
from keras_colorize.color.lab import lab_to_rgb as lab_to_rgb
from keras_colorize.color.lab import luminance as luminance
from keras_colorize.color.lab import normalize_lab as normalize_lab
from keras_colorize.color.lab import rgb_to_lab as rgb_to_lab
from keras_colorize.color.resample import downsample as downsample
from keras_colorize.color.resample import resize as resize
from keras_colorize.color.resample import upsample_chroma as upsample_chroma
from keras_colorize.color.spaces import ColorSpace as ColorSpace
from keras_colorize.color.spaces import HueChromaSpace as HueChromaSpace
from keras_colorize.color.spaces import LabSpace as LabSpace
from keras_colorize.color.spaces import YCbCrSpace as YCbCrSpace
from keras_colorize.color.ycbcr import rgb_to_ycbcr as rgb_to_ycbcr
from keras_colorize.color.ycbcr import ycbcr_to_rgb as ycbcr_to_rgb
