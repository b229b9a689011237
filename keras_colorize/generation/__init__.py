"""Coloring gray photographs with any colorizer."""

from keras_colorize.generation.generate import generate as generate
from keras_colorize.generation.reference import (
    color_histogram as color_histogram,
)
from keras_colorize.generation.rendering import color_images as color_images
from keras_colorize.generation.rendering import render as render
from keras_colorize.generation.request import Request as Request
