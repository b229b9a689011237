"""The files of a photograph's colorings. Imports Keras."""

import contextlib
import dataclasses
import json
import os
import pathlib

from keras_colorize import images
from keras_colorize.atomic_write import atomic_write
from keras_colorize.images.write import cannot_hold


@dataclasses.dataclass(frozen=True)
class Outputs:
    """The output files of a photograph.

    Args:
        format: str. Of the colorings.
        colorings: list of paths.
        sheet: path or None.
        uncertainty: path or None.
        missing: frozenset of paths. The files to make.
        replaced: frozenset of paths. Those of them that exist.
    """

    format: str
    colorings: list[pathlib.Path]
    sheet: pathlib.Path | None
    uncertainty: pathlib.Path | None
    missing: frozenset[pathlib.Path] = frozenset()
    replaced: frozenset[pathlib.Path] = frozenset()

    @property
    def all(self):
        """All paths, whether they are missing or not."""
        others = filter(None, (self.sheet, self.uncertainty))
        return [*self.colorings, *others]

    def __str__(self):
        text = str(self.colorings[0])
        if len(self.colorings) > 1:
            text += f" to {self.colorings[-1].name}"
        others = self.all[len(self.colorings) :]
        return ", ".join([text, *(path.name for path in others)])


def name_files(name, format, args):
    """The `Outputs` of a name of `name_outputs`, of which none are missing."""
    suffix = images.FORMATS[format][0]
    start = args.output / name
    ends = [f"_{k}{suffix}" for k in range(1, args.num_samples + 1)]
    return Outputs(
        format,
        [_with_end(start, end) for end in ends],
        _with_end(start, "_sheet.png") if args.sheet else None,
        _with_end(start, "_uncertainty.png") if args.uncertainty else None,
    )


def _with_end(start, end):
    return start.with_name(start.name + end)


def kept_outputs(path, name, current, args):
    """The `Outputs` of a photograph if nothing is to be made, else None.

    The photograph is not read. So this may be None though `plan_outputs` finds
    nothing missing.

    Args:
        path: path. Of the photograph.
        name: path. From `name_outputs`.
        current: frozenset of str. From `Entry`.
        args: The arguments of the command.
    """
    try:
        format = args.format.upper() if args.format else images.format_of(path)
    except ValueError:
        return None
    outputs = name_files(name, format, args)
    start = args.output / name
    is_kept = (
        not args.overwrite
        and not claim_of(start).exists()
        and all(
            path.name.removeprefix(start.name) in current and path.exists()
            for path in outputs.all
        )
    )
    return outputs if is_kept else None


def plan_outputs(photograph, name, entry, changes, inputs, args):
    """Plans the `Outputs` of a photograph.

    Args:
        photograph: `Photograph`.
        name: path. From `name_outputs`.
        entry: `Entry` of the name.
        changes: str. What has changed since the files of `entry.current` were
            made, or "".
        inputs: set of str. The real paths of all photographs. No output may
            replace one of them.
        args: The arguments of the command.

    Raises:
        ValueError: A file exists that the command did not make; or that it
            made in another way, without `--overwrite`.
    """
    outputs = name_files(name, choose_format(photograph, args.format), args)
    start = args.output / name
    claimed = _claimed(start)
    missing, replaced = [], []
    for path in outputs.all:
        end = path.name.removeprefix(start.name)
        is_claimed = path.name in claimed
        if not os.path.lexists(path):
            missing.append(path)
            continue
        if end not in entry.made and not is_claimed:
            raise ValueError(
                f"{path} exists and was not made by this command, so the file "
                "is not replaced. Choose another folder with -o, or move the "
                "file away."
            )
        is_current = end in entry.current and not changes and not is_claimed
        # Sheets show all colorings.
        is_stale = path == outputs.sheet and missing
        if is_current and not is_stale and not args.overwrite:
            continue
        if not (is_claimed or is_current or args.overwrite):
            raise ValueError(
                f"{path} exists and was made "
                f"{changes or 'with other arguments'}. --overwrite replaces "
                "the file; or choose another folder with -o."
            )
        if path.is_symlink() or os.path.realpath(path) in inputs:
            kind = "a link" if path.is_symlink() else "a photograph to color"
            raise ValueError(
                f"{path} is {kind}, which is never replaced. Choose another "
                "folder with -o."
            )
        missing.append(path)
        replaced.append(path)
    return dataclasses.replace(
        outputs, missing=frozenset(missing), replaced=frozenset(replaced)
    )


def choose_format(photograph, format):
    """Chooses the file format of a photograph's colorings.

    By default this is the photograph's own format, or PNG if its own cannot
    hold it. Another format may lose depth alone.
    """
    if format is None:
        own = photograph.format
        return "PNG" if cannot_hold(own, photograph) else own
    format = format.upper()
    problem = cannot_hold(format, photograph)
    if problem and problem != "depth":
        raise ValueError(
            f"{format} cannot hold its {problem}. Choose another --format."
        )
    return format


def claim_of(start):
    """The file that names the outputs that are being written."""
    return start.with_name(f".{start.name}.keras_colorize")


def _claimed(start):
    with contextlib.suppress(FileNotFoundError, ValueError):
        return set(json.loads(claim_of(start).read_bytes()))
    return set()


def claim(start, outputs):
    """Claims the missing files until `release`.

    If the process fails or is killed meanwhile, the claim stays. So the next
    run knows that the files are the command's own, and makes them again.
    """
    path = claim_of(start)
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [file.name for file in outputs.missing]
    atomic_write(path, json.dumps(names).encode())


def release(start):
    """Ends a claim: the manifest has the files."""
    claim_of(start).unlink()
