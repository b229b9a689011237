"""Finding the photographs that the arguments name."""

import dataclasses
import os
import pathlib

from keras_colorize.cli.display import shown
from keras_colorize.cli.errors import UsageError
from keras_colorize.images.formats import SUFFIXES


@dataclasses.dataclass(frozen=True)
class Source:
    """A photograph to color.

    Args:
        path: Path. The file.
        folder: Path. Where it is inside the folder that was given.
        root: str. The name of that folder; of a file's own, if the file was.
    """

    path: pathlib.Path
    folder: pathlib.Path
    root: str


def find_photographs(inputs, recursive, output):
    """The photographs in files and folders, each once, in order.

    Files that are named are taken as they are. Of a folder those are taken
    that have a photograph's suffix, hidden ones left out.

    Args:
        inputs: list of Paths.
        recursive: bool. Whether to look into sub-folders.
        output: Path. The output folder, which is not looked into.

    Returns:
        A list of `Source`.

    Raises:
        UsageError: If an input is missing, cannot be looked into or is the
            output folder; if there are no photographs.
    """
    found = {}
    for path in inputs:
        if path.is_dir():
            sources = _in_folder(path, recursive, output)
        elif path.is_file():
            root = path.resolve().parent.name
            sources = [Source(path, pathlib.Path(), root)]
        elif os.path.lexists(path):
            raise UsageError(
                f"{shown(path)} is neither a file nor a folder. Give "
                "photographs or folders of photographs."
            )
        else:
            raise UsageError(f"There is no file or folder {shown(path)}.")
        for source in sources:
            found.setdefault(os.path.realpath(source.path), source)
    if not found:
        hint = "" if recursive else " --recursive looks into sub-folders."
        raise UsageError(
            f"There are no photographs in {', '.join(map(shown, inputs))}. "
            f"Expected files that end in {', '.join(SUFFIXES)}.{hint}"
        )
    return list(found.values())


def _in_folder(top, recursive, output):
    if _same(top, output):
        raise UsageError(
            f"{shown(output)} is both an input and the output folder: its "
            "colorings would be taken for photographs the next time. Choose "
            "another folder with -o."
        )

    def refuse(error):
        raise UsageError(f"Cannot look into a folder: {error}.") from error

    sources = []
    for place, folders, files in os.walk(top, onerror=refuse):
        place = pathlib.Path(place)
        # Changed in place: where the walk goes next.
        folders[:] = [
            name
            for name in sorted(folders)
            if recursive
            and not name.startswith(".")
            and not _same(place / name, output)
        ]
        for name in sorted(files):
            path = place / name
            if (
                path.suffix.lower() in SUFFIXES
                and not name.startswith(".")
                and path.is_file()
            ):
                inside = place.relative_to(top)
                sources.append(Source(path, inside, top.resolve().name))
    return sources


def _same(a, b):
    return os.path.realpath(a) == os.path.realpath(b)
