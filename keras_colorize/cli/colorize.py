"""`keras-colorize colorize`."""

import os
import random
import warnings

from keras_colorize.cli.color_file import color_file
from keras_colorize.cli.color_file import plan_outputs
from keras_colorize.cli.color_file import refuse_inputs
from keras_colorize.cli.display import Display
from keras_colorize.cli.display import shown
from keras_colorize.cli.errors import message_of
from keras_colorize.cli.inputs import find_photographs
from keras_colorize.cli.loading import load_model
from keras_colorize.cli.loading import own_warnings
from keras_colorize.cli.names import name_outputs
from keras_colorize.cli.outputs import check_output
from keras_colorize.images import read_photograph


def colorize(args):
    """Colors photographs, as the arguments say; returns the exit code."""
    sources = find_photographs(args.inputs, args.recursive, args.output)
    check_output(args.output)
    names = name_outputs(sources)
    display = Display(len(sources))
    display.remark(f"Loading {shown(args.preset)} ...")
    model = load_model(args.preset, args.revision, display)
    run = _Run(args, sources, model, display)
    try:
        with display:
            for source, name in zip(sources, names):
                run.photograph(source.path, name)
    finally:  # when interrupted, too
        run.summarize()
    return 1 if run.failed else 0


class _Run:
    """What is done with each photograph, and what became of them."""

    def __init__(self, args, sources, model, display):
        self.args = args
        self.model = model
        self.display = display
        self.inputs = {os.path.realpath(source.path) for source in sources}
        self.seed = args.seed
        self.colored = self.kept = self.failed = self.files = 0

    def photograph(self, path, name):
        """Colors one photograph, or says why it cannot be."""
        self.display.begin(shown(path.name))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                self._color(path, name)
            except Exception as error:
                self.failed += 1
                self._report("error", path, message_of(error))
        for text in own_warnings(caught):
            self._report("warning", path, text)
        self.display.end()

    def summarize(self):
        """Says what has been done."""
        parts = [
            f"{_count(self.colored, 'photograph')} colored "
            f"({_count(self.files, 'file')} in {shown(self.args.output)})"
        ]
        if self.kept:
            parts.append(f"{self.kept} kept (--overwrite draws them anew)")
        if self.failed:
            parts.append(f"{self.failed} failed")
        self.display.result(f"{', '.join(parts)}.")

    def _color(self, path, name):
        photograph = read_photograph(path)
        outputs = plan_outputs(photograph, name, self.args)
        if not outputs.missing:
            self.kept += 1
            self.display.result(f"{shown(path)}: kept {outputs}")
            return
        refuse_inputs(outputs, self.inputs)
        color_file(
            self.model,
            photograph,
            outputs,
            overwrite=self.args.overwrite,
            seed=self._seed() if outputs.to_draw else None,
            temperature=self.args.temperature,
            batch_size=self.args.batch_size,
            upsampling=self.args.upsampling,
            progress=self.display.rows,
        )
        self.colored += 1
        self.files += len(outputs.missing)
        self.display.result(f"{shown(path)}: {outputs}")

    def _seed(self):
        """The seed; drawn and told when it is first needed."""
        if self.seed is None:
            self.seed = random.SystemRandom().getrandbits(32)
            self.display.result(
                f"Seed {self.seed} (--seed {self.seed} draws the same again)"
            )
        return self.seed

    def _report(self, kind, path, text):
        # Most say which file it is.
        if repr(str(path)) not in text:
            text = f"{shown(path)}: {text}"
        self.display.remark(f"{kind}: {text}")


def _count(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
