"""The files of a preset."""

import json
import pathlib
import shutil
import tempfile

from keras_colorize._version import __version__
from keras_colorize.presets.weights import STORAGE_DTYPES
from keras_colorize.presets.weights import save_weights

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
CARD = "README.md"


def embedded_directory(name):
    """The directory of a preset that ships inside the package."""
    return pathlib.Path(__file__).parent / "embedded" / name


def read_config(directory):
    """Reads a preset's class name and arguments.

    Args:
        directory: Path of the preset.

    Returns:
        The class name, and a dictionary of arguments.

    Raises:
        FileNotFoundError: If there is no config.json.
        ValueError: If it is not what `save_preset` writes.
    """
    path = pathlib.Path(directory) / CONFIG
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no {CONFIG} in {directory}. Expected a preset: a "
            f"directory of {CONFIG}, {WEIGHTS} and {CARD}."
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}.") from error
    if (
        not isinstance(config, dict)
        or not isinstance(config.get("class_name"), str)
        or not isinstance(config.get("config"), dict)
    ):
        raise ValueError(
            f"{path} is no preset's config. Expected an object with a string "
            "'class_name' and an object 'config'."
        )
    return config["class_name"], config["config"]


def save_preset(model, directory, class_name, config, card, dtype=None):
    """Writes a preset beside its place, then moves it there.

    Args:
        model: Keras model.
        directory: Path; must not exist, or be an empty directory.
        class_name: str. The model's class.
        config: dict. Its arguments, in JSON's types.
        card: str. The model card, Markdown.
        dtype: str or None. Storage of float weights.
    """
    directory = pathlib.Path(directory)
    if dtype not in STORAGE_DTYPES:
        raise ValueError(
            f"dtype is {dtype!r}. Expected one of {STORAGE_DTYPES}."
        )
    if directory.exists() and not (
        directory.is_dir() and not any(directory.iterdir())
    ):
        raise FileExistsError(
            f"{directory} exists already. Choose another place or remove it."
        )
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = pathlib.Path(
        tempfile.mkdtemp(prefix=".keras_colorize-", dir=directory.parent)
    )
    try:
        content = {
            "class_name": class_name,
            "config": config,
            "keras_colorize_version": __version__,
        }
        text = json.dumps(content, indent=2) + "\n"
        (partial / CONFIG).write_text(text, encoding="utf-8")
        (partial / CARD).write_text(card, encoding="utf-8")
        save_weights(model, partial / WEIGHTS, dtype)
        # mkdtemp and safetensors make theirs private; a preset is shared.
        partial.chmod(0o755)
        (partial / WEIGHTS).chmod((partial / CONFIG).stat().st_mode)
        partial.replace(directory)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
