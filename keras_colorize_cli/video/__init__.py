"""`keras-colorize video`."""

from keras_colorize_cli.video.command import DESCRIPTION as DESCRIPTION
from keras_colorize_cli.video.command import EXAMPLES as EXAMPLES
from keras_colorize_cli.video.command import add_arguments as add_arguments
from keras_colorize_cli.video.command import run as run
