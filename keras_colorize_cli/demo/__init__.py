"""`keras-colorize demo`."""

import argparse
import importlib.util
import signal
import threading

from keras_colorize_cli import loading
from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.arguments import at_least
from keras_colorize_cli.display import Display

_MAX_PIXELS = 24_000_000

DESCRIPTION = """\
Serve a web page that colors photographs, until Ctrl-C. Drop a photograph on the
page to see its best single coloring and five samples. Strokes of color on the
photograph are hints for the model.

Only this machine can open the page, unless you pass --host. The page sends
nothing to other machines. Photographs and colorings lie in a temporary folder
until their tab is closed.
"""

EXAMPLES = """\
examples:
  keras-colorize demo
        the presets of the package, on a page that opens in the browser
  keras-colorize demo --preset mine --preset default --port 8000 --no-browser
        two presets, on http://127.0.0.1:8000

"""


def add_arguments(command):
    """Adds the arguments to the command's parser."""
    add = command.add_argument
    add(
        "--preset",
        action="append",
        help="name of a preset, directory of a preset, or hf://owner/name; "
        "repeat it to offer a choice (default: all presets in the package)",
    )
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen on. 0.0.0.0 lets everyone who reaches this "
        "machine open the page (default: %(default)s)",
    )
    add(
        "--port",
        type=at_least(1),
        metavar="N",
        help="port to listen on (default: the first free one from 7860)",
    )
    add(
        "--max-pixels",
        type=at_least(1),
        default=_MAX_PIXELS,
        metavar="N",
        help="largest photograph that the page accepts, in pixels; its file "
        "may have 8 bytes for each (default: %(default)s)",
    )
    add(
        "--browser",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="open the page in the browser",
    )


def run(args):
    """Serves the page until it is interrupted, and returns the exit code."""
    if importlib.util.find_spec("gradio") is None:
        raise UsageError(
            "The page needs gradio. Install it with pip install "
            '"keras-colorize[demo]".'
        )
    models = _load_models(args.preset)
    # Imports Keras.
    from keras_colorize_cli.demo import page

    # The end of a service or container must empty the temporary folder, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with page.serve(
            models, args.host, args.port, args.max_pixels, args.browser
        ) as address:
            print(f"The page is at {address} (Ctrl-C ends it)", flush=True)
            threading.Event().wait()
    except OSError as error:
        raise UsageError(f"The page cannot be served: {error}") from error
    except KeyboardInterrupt:
        return 0


def _load_models(presets):
    """The models by the names of their presets."""
    package = loading.import_package()
    from keras_colorize.presets.registry import DEFAULT

    if presets is None:
        inside = [
            name
            for name, entry in package.Colorizer.presets.items()
            if entry["weights"] == "embedded"
        ]
        presets = sorted(inside, key=lambda name: name != DEFAULT)
    display = Display()
    return {
        preset: loading.load_model(
            argparse.Namespace(preset=preset, revision=None), display
        )
        for preset in presets
    }
