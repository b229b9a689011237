"""`keras-colorize colorize`."""

from keras_colorize_cli.colorize.command import DESCRIPTION as DESCRIPTION
from keras_colorize_cli.colorize.command import EXAMPLES as EXAMPLES
from keras_colorize_cli.colorize.command import add_arguments as add_arguments
from keras_colorize_cli.colorize.command import run as run
