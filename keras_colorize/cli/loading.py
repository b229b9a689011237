"""Loading the preset that the arguments name."""

import os
import warnings

from keras_colorize.cli.display import shown
from keras_colorize.cli.errors import UsageError
from keras_colorize.cli.errors import message_of
from keras_colorize.cli.quiet import import_quietly
from keras_colorize.cli.quiet import quiet

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def load_model(preset, revision, display):
    """The model of a preset, loaded quietly but for progress of downloads.

    Args:
        preset: str. What `from_preset` finds it by.
        revision: str or None. Of a preset on the Hub.
        display: A display, whose `remark` shows warnings.

    Raises:
        UsageError: If it cannot be loaded.
    """
    models = import_quietly("keras_colorize.models")
    try:
        with quiet(bars=True), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = models.Colorizer.from_preset(preset, revision=revision)
    except (OSError, ValueError) as error:
        raise UsageError(f"argument --preset: {message_of(error)}") from error
    for text in own_warnings(caught):
        display.remark(f"warning: {shown(preset)}: {text}")
    return model


def own_warnings(caught):
    """The texts of warnings of this package, each once.

    Those of libraries are for programmers.
    """
    ours = (w for w in caught if w.filename.startswith(_PACKAGE))
    return dict.fromkeys(str(w.message) for w in ours)
