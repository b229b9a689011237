"""`keras-colorize convert`."""

import math
import os
import sys

from keras_colorize.cli.display import shown
from keras_colorize.cli.errors import UsageError
from keras_colorize.cli.errors import message_of
from keras_colorize.cli.outputs import check_output
from keras_colorize.cli.quiet import import_quietly
from keras_colorize.cli.quiet import quiet


def convert(args):
    """Converts a checkpoint to a preset; returns the exit code."""
    checkpoint, output = shown(args.checkpoint), shown(args.output)
    places = (args.checkpoint, f"{args.checkpoint}.index")
    if not any(map(os.path.exists, places)):
        raise UsageError(
            f"there is no checkpoint {checkpoint}. Expected the prefix of a "
            "TensorFlow checkpoint, its directory or its tar archive."
        )
    if os.path.lexists(args.output):
        raise UsageError(
            f"{output} exists already. Choose another place or remove it."
        )
    check_output(args.output)
    pic = import_quietly("keras_colorize.models.pic")
    print(f"Converting {checkpoint} ...", file=sys.stderr)
    ema = not args.raw
    try:
        with quiet():
            model = pic.convert_checkpoint(args.checkpoint, args.config, ema)
            card = pic.released_card(args.checkpoint, args.config, ema)
            model.save_to_preset(args.output, card=card)
    except (OSError, ValueError) as error:
        raise UsageError(message_of(error)) from error
    count = sum(math.prod(v.shape) for v in model.trainable_variables)
    print(f"{output}: a preset of {count:,} parameters.")
    return 0
