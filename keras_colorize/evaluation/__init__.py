"""Evaluating a colorizer: every measure of the field, in one report."""

from keras_colorize.evaluation.curve import read_curve as read_curve
from keras_colorize.evaluation.evaluating import evaluate as evaluate
from keras_colorize.evaluation.image_source import ImageSource as ImageSource
from keras_colorize.evaluation.number import Number as Number
from keras_colorize.evaluation.report import Report as Report
