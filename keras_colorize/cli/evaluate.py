"""`keras-colorize evaluate`."""

import importlib.util
import os
import pathlib

from keras_colorize.cli.display import shown
from keras_colorize.cli.errors import UsageError
from keras_colorize.cli.errors import message_of
from keras_colorize.cli.loading import load_model
from keras_colorize.cli.outputs import check_output
from keras_colorize.cli.quiet import import_quietly
from keras_colorize.cli.stage_display import StageDisplay

_MOST_TRAINING_IMAGES = 20_000
_FILES = ("report.json", "report.md", "report.html")


def evaluate(args):
    """Evaluates a preset, as the arguments say; returns the exit code."""
    for path in filter(None, (args.data, args.baseline, args.curve)):
        if not path.exists():
            raise UsageError(f"There is no file or folder {shown(path)}.")
    if args.output is not None:
        _check_report(args.output, args.overwrite)
    evaluation = import_quietly("keras_colorize.evaluation")
    try:
        source = evaluation.ImageSource(args.data, args.limit)
        training = _training_source(evaluation, args)
        curve = _curve(args)
        if curve is not None:
            curve = evaluation.read_curve(curve)
    except (OSError, ValueError) as error:
        raise UsageError(message_of(error)) from error
    display = StageDisplay()
    display.remark(f"Loading {shown(args.preset)} ...")
    model = load_model(args.preset, args.revision, display)
    with display:
        try:
            images = source.load(model.image_size)
            if training is not None:
                training = training.load(model.image_size)
        except (OSError, ValueError) as error:
            raise UsageError(message_of(error)) from error
        report = evaluation.evaluate(
            model,
            images,
            num_samples=args.num_samples,
            num_colored=min(args.num_colored, len(images)),
            seed=args.seed,
            temperature=args.temperature,
            training_images=training,
            preset=_name(args.preset),
            data=source.name,
            progress=display.progress,
        )
    print(report.table(), end="")
    if args.output is not None:
        _write(report, curve, args)
    return 0


def _check_report(folder, overwrite):
    """Refuses an output folder that the report cannot be written into."""
    check_output(folder)
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError(
            "argument --output: the page's plots need matplotlib. Install it "
            'with pip install "keras-colorize[demo]", or leave --output out.'
        )
    for name in _FILES:
        if not overwrite and os.path.lexists(folder / name):
            raise UsageError(
                f"{shown(folder / name)} exists already. Choose another "
                "folder with -o, or pass --overwrite."
            )


def _training_source(evaluation, args):
    """The images of `--baseline`, without those that are evaluated."""
    if args.baseline is None:
        return None
    skip = 0
    if os.path.realpath(args.baseline) == os.path.realpath(args.data):
        if args.limit is None:
            raise UsageError(
                "argument --baseline: it is --data itself, of which all images "
                "are evaluated. Say with --limit how many are, so that the "
                "rest is the baseline's."
            )
        skip = args.limit
    every = evaluation.ImageSource(args.baseline, skip=skip)
    limit = min(len(every), _MOST_TRAINING_IMAGES)
    return evaluation.ImageSource(args.baseline, limit, skip)


def _curve(args):
    """The learning curve that was given or lies with the preset, or None."""
    if args.curve is not None:
        return args.curve
    preset = pathlib.Path(args.preset)
    if preset.is_dir():
        for folder in (preset, preset.absolute().parent):
            if (folder / "curve.csv").is_file():
                return folder / "curve.csv"
    return None


def _name(preset):
    """A preset's name, without where it is."""
    path = pathlib.Path(preset)
    return path.absolute().name if path.is_dir() else preset


def _write(report, curve, args):
    args.output.mkdir(parents=True, exist_ok=True)
    paths = [args.output / name for name in _FILES]
    for path in paths:
        report.save(path, curve, overwrite=args.overwrite)
    print(f"Written: {', '.join(map(shown, paths))}")
