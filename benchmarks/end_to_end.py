"""Times the way of a photograph: a file in, five colorings and a sheet out.

    KERAS_BACKEND=jax python benchmarks/end_to_end.py --json results.json

The script reads a photograph, colors it with `generate`, and writes the
colorings and their contact sheet to a temporary folder. The first call
compiles. The baseline is the same `generate` with `sampler="full"`, one run
after a run that compiles.

The photograph is an enlarged one of examples/photos. Enlarging makes a
photograph smoother than a real one, and grain makes up for that: a PNG file of
a smooth photograph would be written too fast.
"""

import math
import pathlib
import tempfile
import time

import numpy as np
from common import name_of
from common import parser
from common import positive
from common import report
from PIL import Image

import keras_colorize
from keras_colorize.images import contact_sheet
from keras_colorize.images import read_photograph

PHOTOGRAPH = (
    pathlib.Path(__file__).parents[1] / "examples/photos/camera_gray.jpg"
)
# The standard deviation of the grain, of 255 levels.
GRAIN = 4.0


def make_photograph(path, megapixels):
    """Writes a gray photograph of a size."""
    side = round(1000 * math.sqrt(megapixels))
    with Image.open(PHOTOGRAPH) as photo:
        large = photo.convert("L").resize((side, side), Image.LANCZOS)
    grain = np.random.default_rng(0).normal(0.0, GRAIN, (side, side))
    pixels = np.clip(np.round(large + grain), 0, 255).astype("uint8")
    Image.fromarray(pixels).save(path)


def color(model, path, samples, sampler="cached"):
    """Colors a file to files beside it.

    Returns:
        The seconds of each part, by name.
    """
    times = [time.perf_counter()]
    pixels = read_photograph(path).pixels
    times.append(time.perf_counter())
    colored = model.generate(
        pixels, samples, seed=0, verbose=0, sampler=sampler
    )
    times.append(time.perf_counter())
    for index, image in enumerate(colored):
        name = f"{path.stem}_{index}{path.suffix}"
        Image.fromarray(image).save(path.with_name(name))
    times.append(time.perf_counter())
    sheet = Image.fromarray(contact_sheet([pixels, *colored]))
    sheet.save(path.with_name(f"sheet{path.suffix}"))
    times.append(time.perf_counter())
    parts = ("read", "generate", "write", "sheet")
    return dict(zip(parts, np.diff(times).tolist()))


def measure(model, format, megapixels, samples, runs):
    """Times the calls for a file of a format: a row of results."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"photograph.{format}"
        make_photograph(path, megapixels)
        first, *calls = (color(model, path, samples) for _ in range(1 + runs))
        color(model, path, samples, "full")
        full = color(model, path, samples, "full")
    parts = {f"{part}_s": [call[part] for call in calls] for part in first}
    return {
        "format": format,
        "megapixels": megapixels,
        "samples": samples,
        **parts,
        "total_s": [sum(call.values()) for call in calls],
        "first_s": sum(first.values()),
        "full_s": sum(full.values()),
    }


def arguments():
    options = parser(__doc__, ("pic_tinyimagenet64",), runs=5)
    options.add_argument(
        "--formats",
        nargs="+",
        choices=("jpg", "png"),
        default=("jpg", "png"),
        help="formats of the files (default: jpg png)",
    )
    options.add_argument(
        "--megapixels",
        type=float,
        default=1.0,
        help="size of the photograph (default: %(default)s)",
    )
    options.add_argument(
        "--samples",
        type=positive,
        default=5,
        help="colorings (default: %(default)s)",
    )
    return options


def main():
    args = arguments().parse_args()
    rows = []
    for preset in args.presets:
        for format in args.formats:
            print(f"{name_of(preset)}, {format} ...", flush=True)
            # A new model: the first call has to compile.
            model = keras_colorize.ColorizerPIC.from_preset(preset)
            row = measure(
                model, format, args.megapixels, args.samples, args.runs
            )
            rows.append({"network": name_of(preset), **row})
    report("end_to_end", rows, args.json)


if __name__ == "__main__":
    main()
