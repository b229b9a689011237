"""Coloring gray photographs with any colorizer."""

from keras_colorize.generation.film import FilmColoring as FilmColoring
from keras_colorize.generation.film import color_film as color_film
from keras_colorize.generation.film import flicker as flicker
from keras_colorize.generation.generate import generate as generate
from keras_colorize.generation.reference import (
    color_histogram as color_histogram,
)
from keras_colorize.generation.rendering import color_images as color_images
from keras_colorize.generation.rendering import render as render
from keras_colorize.generation.request import Request as Request
