"""The photographs in files and folders, and names of their colorings."""

import collections
import os
import pathlib
import typing
import unicodedata

from keras_colorize_cli.arguments import UsageError

# `keras_colorize.images` has them too, but takes seconds to import.
WRITTEN = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
SUFFIXES = (*WRITTEN, ".gif", ".jp2", ".j2k", ".heic", ".heif")


class Source(typing.NamedTuple):
    """A photograph to color."""

    path: pathlib.Path
    folder: pathlib.Path  # the file's folder, relative to the input folder
    root: str  # the name of the input folder, or of the input file's folder


def find_photographs(inputs, recursive, output):
    """Finds the photographs in files and folders, in order.

    Input files may have any name. Files of a folder need the suffix of a
    photograph. Hidden files and the output folder are left out.

    Returns:
        A list of `Source`, and a `Counter` of the suffixes of other files in
        the folders.
    """
    found, others = {}, collections.Counter()
    for path in inputs:
        if path.is_dir():
            sources = _in_folder(
                path, recursive, os.path.realpath(output), others
            )
        elif path.is_file():
            root = path.resolve().parent.name
            sources = [Source(path, pathlib.Path(), root)]
        else:
            raise UsageError(f"There is no file or folder {path}.")
        for source in sources:
            found.setdefault(os.path.realpath(source.path), source)
    if not found:
        hint = "" if recursive else " --recursive looks into sub-folders."
        there = f" There are others: {named(others)}." if others else ""
        raise UsageError(
            f"There are no photographs in {', '.join(map(str, inputs))}. "
            f"Expected files that end in {', '.join(SUFFIXES)}.{there}{hint}"
        )
    return list(found.values()), others


def named(suffixes):
    """Counts of suffixes as a text: the most common first."""
    return ", ".join(
        f"{count} {suffix or 'without an ending'}"
        for suffix, count in suffixes.most_common()
    )


def _in_folder(top, recursive, output, others):
    if os.path.realpath(top) == output:
        raise UsageError(
            f"{top} is both an input and the output folder, so the next run "
            "would color the colorings. Choose another output folder with -o."
        )

    def refuse(error):
        raise UsageError(f"A folder cannot be read: {error}.") from error

    sources = []
    for place, folders, files in os.walk(top, onerror=refuse):
        place = pathlib.Path(place)
        # `os.walk` enters the folders of this list.
        folders[:] = [
            name
            for name in sorted(folders)
            if recursive
            and not name.startswith(".")
            and os.path.realpath(place / name) != output
        ]
        folder, root = place.relative_to(top), top.resolve().name
        for name in sorted(files):
            if name.startswith(".") or not (place / name).is_file():
                continue
            if name.lower().endswith(SUFFIXES):
                sources.append(Source(place / name, folder, root))
            else:
                others[os.path.splitext(name)[1].lower()] += 1
    return sources


def name_outputs(sources):
    """Names the outputs of each photograph, before `_1.png` and so on.

    A photograph keeps its name and its sub-folder. If photographs share a name,
    their suffixes are appended, then the names of the input folders are put
    first, then numbers are appended. Names that differ in case alone, or in
    the Unicode form of their accents, are the same, as on many disks. The
    names are relative to the output folder.
    """
    suffixes = [source.path.suffix.lower() for source in sources]
    names = [source.path.stem for source in sources]
    paths = [source.folder / name for source, name in zip(sources, names)]
    ways = [
        lambda i: names[i] + suffixes[i].replace(".", "_"),
        lambda i: f"{sources[i].root}_{names[i]}",
    ]
    while True:
        keys = [_on_disk(path) for path in paths]
        count = collections.Counter(keys)
        shared = [i for i, key in enumerate(keys) if count[key] > 1]
        if not shared:
            return paths
        way = ways.pop(0) if ways else lambda i: f"{names[i]}_{i + 1}"
        for i in shared:
            names[i] = way(i)
            paths[i] = sources[i].folder / names[i]


def _on_disk(path):
    """A path as disks compare it that ignore case and Unicode forms."""
    text = unicodedata.normalize("NFD", str(path)).casefold()
    return unicodedata.normalize("NFD", text)
