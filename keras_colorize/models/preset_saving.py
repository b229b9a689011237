"""From colourers, which are models, to presets, which are files or online."""

import pathlib
import tempfile

import numpy as np

from keras_colorize.images import Photograph
from keras_colorize.images.encode import encode
from keras_colorize.models.photographs import photographs_of
from keras_colorize.presets import publishing
from keras_colorize.presets import save_preset
from keras_colorize.presets.card import SHEET
from keras_colorize.presets.card import model_card
from keras_colorize.presets.card_facts import card_facts

# Arguments that belong to a process, not to a preset.
_LOCAL = ("name", "trainable", "dtype")


def save_to_preset(model, path, dtype, max_shard_size, card):
    """See `Colorizer.save_to_preset`."""
    facts = card_facts(card)
    pictures = {}
    if facts.sheet is not None:
        pictures[SHEET] = _png(facts.sheet)
    config = {k: v for k, v in model.get_config().items() if k not in _LOCAL}
    class_name = type(model).__name__
    name = pathlib.Path(path).absolute().name
    text = model_card(model, class_name, config, facts, name, name, dtype)
    save_preset(
        model, path, class_name, config, text, dtype, max_shard_size, pictures
    )


def push_to_hub(
    model, repo_id, private, token, commit_message, create_pr, **saving
):
    """See `Colorizer.push_to_hub`."""
    repo_id = publishing.checked_repository(repo_id)
    token = publishing.checked_token(token)
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder) / repo_id.split("/")[1]
        save_to_preset(model, directory, **saving)
        return publishing.publish(
            directory,
            type(model).__name__,
            repo_id,
            private,
            token,
            commit_message,
            create_pr,
        )


def _png(picture):
    pixels, kind = photographs_of(picture)
    if kind != "one":
        raise ValueError(
            "The card's sheet is several pictures. Expected one: "
            "keras_colorize.images.contact_sheet makes one of them."
        )
    pixels = pixels[0]
    if pixels.dtype.kind == "f":
        pixels = np.rint(pixels * 255).astype("uint8")
    return encode(Photograph(pixels), "PNG")
