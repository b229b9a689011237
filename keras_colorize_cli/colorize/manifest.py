"""The manifest of an output folder: what was made, from what and how."""

import dataclasses
import hashlib
import json
import os

from keras_colorize_cli.arguments import UsageError

NAME = "keras_colorize.jsonl"

_START = b'{"input": '
_NO_RECORD = (ValueError, LookupError, TypeError, AttributeError)


@dataclasses.dataclass(slots=True)
class Entry:
    """What the manifest says of the colorings of a photograph.

    Args:
        made: frozenset of str. The ends of the names of all files that the
            command made, such as `"_1.png"`. The command may replace them.
        sha256: bytes or None. Of the photograph that was colored. None if no
            photograph was colored without an error.
        settings: str. See `settings_of`.
        seed: int or None.
        current: frozenset of str. The ends of the files of this photograph,
            these settings and this seed.
    """

    made: frozenset = frozenset()
    sha256: bytes | None = None
    settings: str = ""
    seed: int | None = None
    current: frozenset = frozenset()

    def is_of(self, sha256, settings, seed=None):
        """Whether it is of a photograph, settings and, if given, a seed."""
        return (
            self.sha256 == sha256
            and self.settings == settings
            and seed in (None, self.seed)
        )


class Manifest:
    """The manifest of an output folder: a file of JSON lines.

    A line is an object of these keys:

    - `input`: the path of the photograph, as it was given;
    - `sha256`: of the file;
    - `name`: what the names of the outputs begin with;
    - `outputs`: the files, relative to the output folder;
    - `preset`, and `preset_sha256`, of the model's config and weights;
    - `arguments`: the arguments that decide the colors. Pictures, such as
      that of `--like`, are there by their SHA-256;
    - `seed`;
    - `seconds`: of reading, drawing and writing;
    - `error`: a text, or null.

    Later lines of a name count more. A line is written at once and whole. If
    the process is killed, the last line may be torn; it is removed.

    The entry of a photograph takes about 300 bytes of memory.

    Args:
        folder: path. The output folder, which need not exist yet.

    Raises:
        UsageError: The file is a link, or no manifest.
    """

    def __init__(self, folder):
        self.folder = folder
        self.path = folder / NAME
        self._file = None
        self._whole_lines = None
        self._entries = {}
        # Photographs share settings and endings.
        self._shared = {}
        if self.path.is_symlink():
            raise UsageError(
                f"{self.path} is a link. The manifest must be a file: remove "
                "the link, or choose another folder with -o."
            )
        if self.path.exists():
            self._read()

    def _read(self):
        size = 0
        with open(self.path, "rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    if not line.endswith(b"\n"):
                        raise ValueError("The line is torn.")
                    self._add(json.loads(line))
                except _NO_RECORD as error:
                    is_ours = line.startswith(_START[: len(line)])
                    if is_ours and not file.read(1):
                        # The process was killed while it wrote the last line.
                        self._whole_lines = size
                        return
                    raise UsageError(
                        f"{self.path} is damaged, or not a manifest of this "
                        f"command: line {number}. Move the file away, or "
                        "choose another folder with -o."
                    ) from error
                size += len(line)

    def _add(self, record):
        name, error = record["name"], record["error"]
        if not all(output.startswith(name) for output in record["outputs"]):
            raise ValueError(f"The outputs are not of {name}.")
        ends = [output[len(name) :] for output in record["outputs"]]
        ends = self._same(frozenset(ends))
        old = self._entries.get(name, Entry())
        made = self._same(old.made | ends)
        if error is not None:
            self._entries[name] = dataclasses.replace(old, made=made)
            return
        new = Entry(
            made,
            bytes.fromhex(record["sha256"]),
            self._same(settings_of(record)),
            int(record["seed"]),
            ends,
        )
        if old.is_of(new.sha256, new.settings, new.seed):
            new.current = self._same(ends | old.current)
        self._entries[name] = new

    def _same(self, value):
        return self._shared.setdefault(value, value)

    def entry(self, name):
        """The `Entry` of a name of `name_outputs`."""
        return self._entries.get(name.as_posix()) or Entry()

    def append(self, record):
        """Writes a record and keeps its entry.

        Raises:
            OSError: The record cannot be written. Nothing of it is left.
        """
        # In ASCII: names of files need not be valid text.
        line = json.dumps(record).encode() + b"\n"
        if self._file is None:
            self._open()
        size = os.fstat(self._file.fileno()).st_size
        try:
            written = self._file.write(line)
            if written < len(line):
                # The disk is full, and this raises the error.
                self._file.write(line[written:])
        except OSError:
            self._file.truncate(size)
            raise
        self._add(record)

    def _open(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        # Without a buffer, a line is in the file when `write` returns.
        self._file = open(self.path, "ab", buffering=0)
        if self._whole_lines is not None:
            self._file.truncate(self._whole_lines)

    def close(self):
        if self._file is not None:
            self._file.close()


def settings_of(record):
    """The hash of the preset and the arguments of a record, as JSON."""
    settings = [record["preset_sha256"], record["arguments"]]
    return json.dumps(settings, sort_keys=True)


def file_sha256(path):
    """The SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256")
