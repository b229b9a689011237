"""Colors many photographs, several at once."""

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
from keras_colorize_cli.colorize.outputs import release

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class Pipeline:
    """Colors photographs on `args.jobs` threads and counts results.

    A thread reads, draws and writes one photograph after the other. So at most
    `args.jobs` photographs are in memory. Results are reported in the order of
    the photographs.

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
        self._stop = threading.Event()
        # libvips keeps the errors of all threads in one text.
        self._reading = threading.Lock()
        # The photograph that a thread works on, and all that are drawn.
        self._at_work = threading.local()
        self._drawn = []

    def run(self, sources, names):
        """Colors photographs.

        Args:
            sources: list of `Source`.
            names: list of paths. From `name_outputs`.
        """
        self.inputs = {os.path.realpath(source.path) for source in sources}
        self._show_progress()
        finishing = collections.deque()
        with (
            self._warnings_shown(),
            concurrent.futures.ThreadPoolExecutor(1) as finisher,
            concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool,
        ):
            try:
                for source, name in zip(sources, names):
                    work = _Work(source.path, name)
                    future = pool.submit(self._color, work)
                    finishing.append(finisher.submit(self._finish, future))
                    # Some photographs ahead: a large one holds up no others.
                    if len(finishing) == 2 * self.args.jobs:
                        finishing.popleft().result()
                    if self._stop.is_set():
                        break
                while finishing:
                    finishing.popleft().result()
            finally:
                # After an interrupt, too: what is being written is finished.
                self._stop.set()
                pool.shutdown(cancel_futures=True)

    def _color(self, work):
        """Reads, draws and writes a photograph. Returns `work`."""
        self._at_work.work = work
        start = time.perf_counter()
        try:
            self._go_on()
            photograph = self._read(work)
            if work.outputs.missing:
                self._go_on()
                drawn = self._draw(work, photograph)
                self._go_on()
                self._write(work, photograph, drawn)
        except concurrent.futures.CancelledError:
            raise
        except Exception as error:
            work.error = error
        work.seconds = time.perf_counter() - start
        return work

    def _go_on(self):
        """Raises CancelledError if no more is to be done."""
        if self._stop.is_set():
            raise concurrent.futures.CancelledError

    def _read(self, work):
        """Plans `work.outputs`. Returns the photograph if one is missing."""
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
            if work.outputs is not None:
                return None
        with self._reading:
            photograph = read_photograph(work.path, self.args.max_pixels)
        work.outputs = plan_outputs(
            photograph,
            work.name,
            entry,
            "" if is_same else self._changes(entry, sha256.digest()),
            self.inputs,
            self.args,
        )
        return photograph

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

    def _draw(self, work, photograph):
        title = f"{work.name} (rows)"

        def show(*rows):
            self._go_on()
            self.display.progress(title, *rows)

        self._drawn.append(work)
        try:
            return coloring.draw(
                self.model,
                photograph,
                work.outputs,
                self.args.keep_border,
                seed=work.seed,
                progress=show,
                **self.options,
            )
        finally:
            self._drawn.remove(work)
            self.display.remove(title)

    def _write(self, work, photograph, drawn):
        note = None
        if self.args.note:
            note = coloring.name_of(self.args.preset), work.seed
        claim(self.args.output / work.name, work.outputs)
        # Warnings in its threads are of this photograph.
        with concurrent.futures.ThreadPoolExecutor(
            initializer=setattr, initargs=(self._at_work, "work", work)
        ) as pool:
            coloring.write(
                photograph,
                work.outputs,
                drawn,
                note,
                pool,
                work.written.append,
            )

    def _finish(self, future):
        """Writes the record of a photograph and reports the result."""
        try:
            work = future.result()
        except concurrent.futures.CancelledError:
            return
        status = "kept"
        if work.error is None and work.outputs.missing:
            status = "colored"
            try:
                self.manifest.append(self._record_of(work))
                release(self.args.output / work.name)
            except OSError as error:
                work.error = error
        if work.error is not None:
            status = "failed"
            self._report_error(work)
        elif status == "colored":
            self.display.result(f"{work.path}: {work.outputs}")
        else:
            self.display.result(f"{work.path}: kept {work.outputs}")
        self.count[status] += 1
        self.count["files"] += len(work.written)
        self._show_progress()
        if self.args.json:
            self.display.json({**self._record_of(work), "status": status})

    def _show_progress(self):
        done = sum(self.count[x] for x in ("colored", "kept", "failed"))
        self.display.progress("Photographs", done, len(self.inputs))

    def _record_of(self, work):
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
            "seconds": round(work.seconds, 3),
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
            self._stop.set()

    @contextlib.contextmanager
    def _warnings_shown(self):
        """Shows each warning of `keras_colorize` once for a photograph.

        Warnings of other libraries are for programmers.
        `loading.show_warnings` cannot tell the threads' photographs apart.
        """
        # The name of the command's folder begins as the package's.
        folder = os.path.join(keras_colorize.__path__[0], "")

        def show(message, category, filename, *_):
            if not filename.startswith(folder):
                return
            text = str(message)
            work = getattr(self._at_work, "work", None)
            # A thread that the model started draws one of these.
            works = list(self._drawn) if work is None else [work]
            new = [work for work in works if text not in work.warnings]
            for work in new:
                work.warnings.add(text)
            if new:
                paths = " or ".join(str(work.path) for work in new)
                self.display.problem("warning", paths, text)

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
    """What is known of a photograph: without pixels, since it may wait."""

    def __init__(self, path, name):
        self.path = path
        self.name = name
        self.sha256 = self.seed = self.outputs = self.error = None
        self.written = []
        self.warnings = set()
        self.seconds = 0.0


def _text_of(error):
    is_plain = isinstance(error, (OSError, ValueError))
    return str(error) if is_plain else repr(error)
