"""The files of a preset, in a directory or in a cache of the Hub."""

import json
import pathlib

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
# Names the files of weights where there are several.
INDEX = f"{WEIGHTS}.index.json"
CARD = "README.md"
# The largest JSON file of our own presets has about 0.1 MB.
MAX_JSON_BYTES = 10_000_000


class DirectoryFiles:
    """The files of a preset in a directory.

    Args:
        directory: str or path. Its files may be links.
    """

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def __str__(self):
        return str(self.directory)

    def first_of(self, *names):
        """The path of the first of some files that is there.

        Raises:
            FileNotFoundError: If none is there as a regular file.
        """
        for name in names:
            path = self.directory / name
            if path.is_file():
                return path
        raise FileNotFoundError(
            f"There is no {names[0]} in {self.directory}. Expected a preset: "
            f"a directory of {CONFIG}, {WEIGHTS} and {CARD}."
        )


def embedded_directory(name):
    """The directory of a preset that ships inside the package."""
    return pathlib.Path(__file__).parent / "embedded" / name


def read_config(files):
    """Reads a preset's class name and arguments."""
    path = files.first_of(CONFIG)
    content = read_json(path)
    class_name, config = content.get("class_name"), content.get("config")
    if not isinstance(class_name, str) or not isinstance(config, dict):
        raise ValueError(
            f"{path} is no preset's config. Expected an object with a string "
            "'class_name' and an object 'config'."
        )
    return class_name, config


def read_json(path):
    """Reads a JSON object from a file of at most 10 MB."""
    with open(path, "rb") as file:
        data = file.read(MAX_JSON_BYTES + 1)
    if len(data) > MAX_JSON_BYTES:
        raise ValueError(
            f"{path} is too large: expected at most {MAX_JSON_BYTES:,} bytes. "
            "It belongs to no preset of keras_colorize."
        )
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path} is damaged or not JSON: {error}. Fetch the preset again."
        ) from error
    if not isinstance(content, dict):
        raise ValueError(
            f"{path} is a JSON {type(content).__name__}. Expected an object."
        )
    return content
