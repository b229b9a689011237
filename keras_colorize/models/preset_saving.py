"""From colorers, which are models, to presets, which are files or online."""

import pathlib
import tempfile

import keras
import numpy as np

from keras_colorize.generation.photographs import photographs_of
from keras_colorize.images import Photograph
from keras_colorize.images.encode import encode
from keras_colorize.models.config_arguments import LOCAL
from keras_colorize.models.config_arguments import check_arguments
from keras_colorize.models.config_arguments import plain
from keras_colorize.presets import publishing
from keras_colorize.presets import save_preset
from keras_colorize.presets.card import SHEET
from keras_colorize.presets.card import model_card
from keras_colorize.presets.card_facts import card_facts
from keras_colorize.presets.repository import checked_repository


def save_to_preset(model, path, dtype, max_shard_size, card):
    """See `Colorizer.save_to_preset`."""
    class_name = _class_name(model)
    config = _config(model)
    facts = card_facts(card)
    pictures = {}
    if facts.sheet is not None:
        pictures[SHEET] = _png(facts.sheet)
    name = pathlib.Path(path).absolute().name
    text = model_card(model, class_name, config, facts, name, name, dtype)
    save_preset(
        model, path, class_name, config, text, dtype, max_shard_size, pictures
    )


def push_to_hub(
    model, repo_id, private, token, commit_message, create_pr, **saving
):
    """See `Colorizer.push_to_hub`."""
    repo_id = checked_repository(repo_id, publishing.OWN_REPOSITORY)
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


def _class_name(model):
    """The name by which loading finds a model's class, and no other."""
    name = type(model).__name__
    registered = f"keras_colorize>{name}"
    if keras.saving.get_registered_object(registered) is not type(model):
        raise ValueError(
            f"The model's class is {type(model).__module__}.{name}, which "
            "loading would not find: no class, or another one, is registered "
            f"as {registered!r}. Expected a class of keras_colorize, or one "
            "with the decorator keras.saving.register_keras_serializable("
            "package='keras_colorize')."
        )
    return name


def _config(model):
    """A model's arguments in JSON's types, checked as loading does."""
    config = {
        name: plain(value)
        for name, value in model.get_config().items()
        if name not in LOCAL
    }
    check_arguments(type(model), config, f"The model {model.name}")
    return config


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
