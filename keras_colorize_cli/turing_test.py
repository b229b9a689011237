"""`keras-colorize turing-test`."""

import argparse
import os
import pathlib

from keras_colorize_cli import arguments
from keras_colorize_cli import loading
from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.arguments import at_least
from keras_colorize_cli.display import Display

_PAGE = "turing_test.html"
_LIMIT = 50

DESCRIPTION = """\
Ask people whether they can tell colorings from originals: the visual Turing
test of Guadarrama et al. (2017).

With --data, the command writes one HTML page, which raters open in a browser.
The page shows an original and a coloring for one second each, in random order,
and asks which one has the true colors. It sends nothing: raters download their
answers and give you the file. A rater sees each photograph once, with one
sample of one preset, chosen at random.

With --score, the command prints how often raters took a coloring for the
original, for each sample of each preset. "oracle" is the sample of each
photograph that most raters liked, scored by other raters.
"""

EXAMPLES = """\
examples:
  keras-colorize turing-test --preset pic_tinyimagenet64 --data my_photos \\
      -o study
        write study/turing_test.html with 50 photographs and three samples of
        each
  keras-colorize turing-test --preset mine --preset hf://me/other \\
      --data my_photos --limit 200 -o study
        compare two presets on 200 photographs
  keras-colorize turing-test --score answers/*.json
        score the answers of all raters of a study

"""


def add_arguments(command):
    """Adds the arguments to the command's parser."""
    task = command.add_mutually_exclusive_group(required=True)
    task.add_argument(
        "--data",
        type=pathlib.Path,
        metavar="DIR|NPY",
        help="write a study of these images: a folder of photographs, or a "
        ".npy file",
    )
    task.add_argument(
        "--score",
        nargs="+",
        type=pathlib.Path,
        metavar="JSON",
        help="score these files of answers, one of each rater",
    )
    add = command.add_argument_group("the study").add_argument
    add(
        "--preset",
        action="append",
        help="name of a preset, directory of a preset, or hf://owner/name; "
        "repeat it to compare presets",
    )
    add(
        "-o",
        "--output",
        type=pathlib.Path,
        metavar="DIR",
        help=f"folder for {_PAGE}; it is made if it does not exist",
    )
    add("--overwrite", action="store_true", help="replace an older page")
    add(
        "--limit",
        type=at_least(1),
        metavar="N",
        help="take the first N images in the random order, which is always the "
        f"same (default: {_LIMIT}, or all if there are fewer)",
    )
    add(
        "--size",
        type=at_least(1),
        default=256,
        metavar="PIXELS",
        help="photographs of a folder become squares of this side, cropped in "
        "the middle; images of a .npy file keep their size (default: "
        "%(default)s)",
    )
    arguments.add_samples(add, 3)
    add(
        "--seed",
        type=at_least(0),
        default=0,
        metavar="N",
        help="seed of the samples (default: %(default)s)",
    )


def run(args):
    """Writes or scores a study and returns the exit code."""
    given = [args.preset is not None, args.output is not None]
    if args.score and any(given):
        raise UsageError(
            "arguments --preset and -o belong to --data. --score prints a "
            "table and needs only the files of answers."
        )
    if args.data and not all(given):
        raise UsageError("argument --data: pass --preset and -o, too.")
    return _score(args) if args.score else _write(args)


def _score(args):
    turing_test = loading.import_package().evaluation.turing_test
    try:
        scores = turing_test.score(args.score)
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from error
    raters = len(args.score)
    print(f"{raters} rater{'s' * (raters > 1)}")
    print(turing_test.score_table(scores), end="")
    return 0


def _write(args):
    arguments.check_output(args.output)
    page = args.output / _PAGE
    if not args.overwrite and os.path.lexists(page):
        raise UsageError(
            f"{page} exists already. Choose another folder with -o, or pass "
            "--overwrite."
        )
    names = _names(args.preset)
    evaluation = loading.import_package().evaluation
    display = Display()
    try:
        source = evaluation.ImageSource(args.data, args.limit)
        if args.limit is None and len(source) > _LIMIT:
            source = evaluation.ImageSource(args.data, _LIMIT)
        pixels = len(source) * source.read(0, args.size)[..., 0].size
        num_colorings = len(names) * args.num_samples
        evaluation.turing_test.check_size(pixels, num_colorings)
        images = source.load(args.size)
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from error
    models = {
        name: loading.load_model(
            argparse.Namespace(preset=preset, revision=None),
            display,
            num_samples=args.num_samples,
            temperature=args.temperature,
        )
        for name, preset in names.items()
    }
    args.output.mkdir(parents=True, exist_ok=True)
    with display:
        evaluation.turing_test.write_study(
            page,
            models,
            images,
            num_samples=args.num_samples,
            seed=args.seed,
            temperature=args.temperature,
            overwrite=args.overwrite,
            progress=display.progress,
        )
    size = page.stat().st_size / 1e6
    print(f"Written: {page} ({len(images)} photographs, {size:.1f} MB)")
    return 0


def _names(presets):
    """The presets by short names, which raters may find in their files.

    A directory is called by its last folder, or by as many folders as make the
    names differ, as in runs/a/preset and runs/b/preset.
    """
    paths = [pathlib.Path(preset) for preset in presets]
    parts = [
        path.resolve().parts if path.is_dir() else (preset,)
        for path, preset in zip(paths, presets)
    ]
    for depth in range(1, max(map(len, parts)) + 1):
        names = {"/".join(p[-depth:]): x for p, x in zip(parts, presets)}
        if len(names) == len(presets):
            return names
    raise UsageError("argument --preset: a preset is given twice.")
