"""Evaluates a colorizer with every measure of the field, in one report."""

from keras_colorize.evaluation import turing_test as turing_test
from keras_colorize.evaluation.classifier import Classifier as Classifier
from keras_colorize.evaluation.classifier import (
    load_classifier as load_classifier,
)
from keras_colorize.evaluation.evaluating import evaluate as evaluate
from keras_colorize.evaluation.image_source import ImageSource as ImageSource
from keras_colorize.evaluation.measures import Colorings as Colorings
from keras_colorize.evaluation.plots import plot_curve as plot_curve
from keras_colorize.evaluation.plots import read_curve as read_curve
from keras_colorize.evaluation.report import Number as Number
from keras_colorize.evaluation.report import Report as Report
