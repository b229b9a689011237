"""Colors many photographs, each in three steps on three threads."""

import collections
import concurrent.futures
import contextlib
import errno
import json
import os
import threading
import time
import warnings

import keras_colorize
from keras_colorize.images import read_photograph
from keras_colorize_cli.colorize import coloring
from keras_colorize_cli.colorize.manifest import file_sha256
from keras_colorize_cli.colorize.manifest import settings_of
from keras_colorize_cli.colorize.outputs import claim
from keras_colorize_cli.colorize.outputs import kept_outputs
from keras_colorize_cli.colorize.outputs import plan_outputs

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class Pipeline:
    """Colors one photograph after the other and counts results.

    While a photograph is drawn, the next one is read and the one before is
    written. So at most three photographs are in memory.

    Args:
        args: The arguments of the command.
        model: `Colorizer`.
        options: dict. Arguments of `generate`.
        record: dict. What the records of all photographs have in common:
            `preset`, `preset_sha256`, `arguments` and `seed`.
        manifest: `Manifest` of the output folder.
        display: `Display`.
    """

    def __init__(self, args, model, options, record, manifest, display):
        self.args = args
        self.model = model
        self.options = options
        self.record = record
        self.settings = settings_of(record)
        self.manifest = manifest
        self.display = display
        self.count = collections.Counter()
        self.failed = []
        self.disk_is_full = False
        # The photograph that a thread works on.
        self._at_work = threading.local()
        self._drawn = None

    def run(self, sources, names):
        """Colors photographs.

        Args:
            sources: list of `Source`.
            names: list of paths. From `name_outputs`.
        """
        self.inputs = {os.path.realpath(source.path) for source in sources}
        works = (_Work(s.path, n) for s, n in zip(sources, names))
        with (
            self._warnings_shown(),
            concurrent.futures.ThreadPoolExecutor(1) as reader,
            concurrent.futures.ThreadPoolExecutor(1) as writer,
        ):
            reading = reader.submit(self._step, self._read, next(works))
            writing = None
            for done in range(len(sources)):
                self.display.progress("Photographs", done, len(sources))
                work = reading.result()
                if (following := next(works, None)) is not None:
                    reading = reader.submit(self._step, self._read, following)
                self._step(self._draw, work)
                if writing is not None:
                    writing.result()
                if self.disk_is_full:
                    break
                writing = writer.submit(self._finish, work)
            writing.result()

    def _step(self, step, work):
        """Does a step of a photograph, unless an earlier step failed."""
        self._at_work.work = work
        start = time.perf_counter()
        if work.error is None:
            try:
                step(work)
            except Exception as error:
                work.error = error
        work.seconds += time.perf_counter() - start
        return work

    def _read(self, work):
        sha256 = file_sha256(work.path)
        work.sha256 = sha256.hexdigest()
        entry = self.manifest.entry(work.name)
        is_same = entry.is_of(sha256.digest(), self.settings, self.args.seed)
        work.seed = self.record["seed"]
        if is_same:
            if not self.args.overwrite:
                # Other files of the photograph have it.
                work.seed = entry.seed
            work.outputs = kept_outputs(
                work.path, work.name, entry.current, self.args
            )
        if work.outputs is None:
            work.photograph = read_photograph(work.path, self.args.max_pixels)
            changes = "" if is_same else self._changes(entry, sha256.digest())
            work.outputs = plan_outputs(
                work.photograph,
                work.name,
                entry,
                changes,
                self.inputs,
                self.args,
            )

    def _changes(self, entry, sha256):
        """How files of an entry were made in another way than now."""
        if entry.sha256 is None:
            return "before an error"
        if entry.sha256 != sha256:
            return "of another version of the photograph"
        if entry.settings == self.settings:
            return f"with seed {entry.seed}"
        (old_preset, old), (preset, new) = map(
            json.loads, (entry.settings, self.settings)
        )
        texts = [
            f"{name} {old.get(name)} (now {value})"
            for name, value in new.items()
            if old.get(name) != value
        ]
        if old_preset != preset:
            texts.append("another preset")
        return f"with {', '.join(texts)}"

    def _draw(self, work):
        if not work.outputs.missing:
            return
        self._drawn = work
        title = f"{work.path.name} (rows)"
        try:
            work.drawn = coloring.draw(
                self.model,
                work.photograph,
                work.outputs,
                self.args.keep_border,
                seed=work.seed,
                progress=lambda *rows: self.display.progress(title, *rows),
                **self.options,
            )
        finally:
            self.display.remove(title)

    def _finish(self, work):
        """Writes a photograph's outputs and its record, and reports them."""
        self._step(self._write, work)
        status = "failed"
        if work.error is not None:
            self._report_error(work)
        elif work.outputs.missing:
            status = "colored"
            self.display.result(f"{work.path}: {work.outputs}")
        else:
            status = "kept"
            self.display.result(f"{work.path}: kept {work.outputs}")
        self.count[status] += 1
        self.count["files"] += len(work.written)
        if self.args.json:
            self.display.json({**self._record_of(work), "status": status})

    def _write(self, work):
        if not work.outputs.missing:
            return
        start = time.perf_counter()
        note = None
        if self.args.note:
            note = coloring.name_of(self.args.preset), work.seed
        with claim(self.args.output / work.name, work.outputs):
            # Warnings in its threads are of this photograph.
            with concurrent.futures.ThreadPoolExecutor(
                initializer=setattr, initargs=(self._at_work, "work", work)
            ) as pool:
                coloring.write(
                    work.photograph,
                    work.outputs,
                    work.drawn,
                    note,
                    pool,
                    work.written.append,
                )
            seconds = work.seconds + time.perf_counter() - start
            self.manifest.append(self._record_of(work, seconds))

    def _record_of(self, work, seconds=None):
        """A photograph's record, with the outputs that are there."""
        paths = work.written if work.error else work.outputs.all
        text = None if work.error is None else _text_of(work.error)
        return {
            "input": str(work.path),
            "sha256": work.sha256,
            "name": work.name.as_posix(),
            "outputs": [
                path.relative_to(self.args.output).as_posix() for path in paths
            ],
            **self.record,
            "seed": work.seed,
            "seconds": round(seconds or work.seconds, 3),
            "error": text,
        }

    def _report_error(self, work):
        text = _text_of(work.error)
        self.failed.append((str(work.path), text))
        self.display.problem("error", work.path, text)
        error = work.error
        try:
            self.manifest.append(self._record_of(work))
        except OSError as failure:
            self.display.problem("error", self.manifest.path, str(failure))
            error = failure
        if getattr(error, "errno", None) in _DISK_FULL:
            self.disk_is_full = True

    @contextlib.contextmanager
    def _warnings_shown(self):
        """Shows each warning of `keras_colorize` once for a photograph.

        Warnings of other libraries are for programmers.
        `loading.show_warnings` cannot tell the threads' photographs apart.
        """
        # The name of the command's folder begins as the package's.
        folder = os.path.join(keras_colorize.__path__[0], "")

        def show(message, category, filename, *_):
            # Threads that the model starts are those of the drawn photograph.
            work = getattr(self._at_work, "work", self._drawn)
            text = str(message)
            if filename.startswith(folder) and text not in work.warnings:
                work.warnings.add(text)
                self.display.problem("warning", work.path, text)

        with warnings.catch_warnings(action="always"):
            warnings.showwarning = show
            yield

    def summarize(self):
        """Lists failures; prints the numbers of photographs and files."""
        if self.failed:
            self.display.remark(f"Failed: {len(self.failed)}")
        for path, text in self.failed:
            self.display.remark(f"  {path}: {text}")
        count = self.count
        text = f"Photographs colored: {count['colored']}"
        if count["kept"]:
            text += f", kept: {count['kept']} (--overwrite draws them again)"
        if count["failed"]:
            text += f", failed: {count['failed']}"
        if self.disk_is_full:
            self.display.remark(
                "The disk is full. Make room and run the same command again to "
                "go on."
            )
        self.display.result(
            f"{text}. Files written: {count['files']} in {self.args.output}."
        )


class _Work:
    """A photograph on its way through the steps."""

    def __init__(self, path, name):
        self.path = path
        self.name = name
        self.sha256 = self.seed = None
        self.photograph = self.outputs = self.drawn = self.error = None
        self.written = []
        self.warnings = set()
        self.seconds = 0.0


def _text_of(error):
    is_plain = isinstance(error, (OSError, ValueError))
    return str(error) if is_plain else repr(error)
