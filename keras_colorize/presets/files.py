"""The files of a preset."""

import json
import pathlib

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
