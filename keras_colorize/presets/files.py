"""The files of a preset, and a directory that has them."""

import pathlib

from keras_colorize.presets.strict_json import read_json

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
# Names the files of weights where they are several.
INDEX = f"{WEIGHTS}.index.json"
CARD = "README.md"


class DirectoryFiles:
    """The files of a preset in a directory.

    They may be links, as those in a cache of the Hub are; only names of this
    module's and of shards are ever asked for.

    Args:
        directory: Path.
    """

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def __str__(self):
        return str(self.directory)

    def first_of(self, *names, max_bytes=None):
        """The path of the first of some files that is there.

        Args:
            *names: Names of files.
            max_bytes: Not used: nothing is fetched.

        Raises:
            FileNotFoundError: If none is, or none that is a regular file.
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
    """Reads a preset's class name and arguments.

    Args:
        files: `DirectoryFiles` or `HubFiles`.

    Returns:
        The class name, and a dictionary of arguments.

    Raises:
        FileNotFoundError: If there is no config.json.
        ValueError: If it is not what `save_preset` writes.
    """
    path = files.first_of(CONFIG)
    content = read_json(path)
    class_name, config = content.get("class_name"), content.get("config")
    if not isinstance(class_name, str) or not isinstance(config, dict):
        raise ValueError(
            f"{path} is no preset's config. Expected an object with a string "
            "'class_name' and an object 'config'."
        )
    return class_name, config
