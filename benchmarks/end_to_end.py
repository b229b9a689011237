"""Times a photograph in, five colorings out, and where the time goes.

    KERAS_BACKEND=jax python benchmarks/end_to_end.py --json results.json

It does what `keras-colorize colorize` does with each photograph, and writes
into a temporary folder: the colorings, in the photograph's own format, and a
sheet of them. The parts are timed by wrapping the package's functions; each
part is without those inside it. The first call compiles.

The photograph is one of examples/photos, enlarged. That makes it smoother than
a real one, so that grain is added, which costs PNG time as it does in reality.
"""

import contextlib
import math
import pathlib
import tempfile
import time
from unittest import mock

import numpy as np
from common import at_least_one
from common import name_of
from common import parser
from measure import wait
from PIL import Image
from record import Results
from tables import show

import keras_colorize
from keras_colorize.cli import arguments
from keras_colorize.cli import color_file
from keras_colorize.models import drawing
from keras_colorize.models import generation
from keras_colorize.models import group_drawing

PHOTOGRAPH = (
    pathlib.Path(__file__).parents[1] / "examples/photos/camera_gray.jpg"
)
FORMATS = {"jpeg": ".jpg", "png": ".png"}
# Standard deviation of the grain, of 255 levels.
GRAIN = 4.0


class Stopwatch:
    """Seconds spent in functions, those inside others apart."""

    def __init__(self):
        self.seconds = {}
        self._inside = []

    def wrap(self, stack, owner, name, part):
        """Times calls of `owner.name` as a part while `stack` is open.

        Args:
            stack: `contextlib.ExitStack`.
            owner: Module or object.
            name: str. Of its function.
            part: str.
        """
        function = getattr(owner, name)

        def timed(*args, **kwargs):
            return self.time(part, function, *args, **kwargs)

        stack.enter_context(mock.patch.object(owner, name, timed))

    def time(self, part, function, *args, **kwargs):
        """Calls a function and adds its time to a part."""
        self._inside.append(0.0)
        start = time.perf_counter()
        try:
            result = function(*args, **kwargs)
            wait(result)
        finally:
            elapsed = time.perf_counter() - start
            inside = self._inside.pop()
            if self._inside:
                self._inside[-1] += elapsed
            spent = self.seconds.get(part, 0.0)
            self.seconds[part] = spent + elapsed - inside
        return result


def make_photograph(folder, format, megapixels):
    """Writes a gray photograph of a size; returns its path."""
    side = round(1000 * math.sqrt(megapixels))
    with Image.open(PHOTOGRAPH) as photo:
        large = photo.convert("L").resize((side, side), Image.LANCZOS)
    grain = np.random.default_rng(0).normal(0.0, GRAIN, (side, side))
    pixels = np.clip(np.round(large + grain), 0, 255).astype("uint8")
    path = folder / f"photograph{FORMATS[format]}"
    Image.fromarray(pixels).save(path)
    return path


def color(model, path, args):
    """One photograph to its files, as the command does it."""
    photograph = color_file.read_photograph(path)
    outputs = color_file.plan_outputs(photograph, pathlib.Path(path.stem), args)
    color_file.color_file(
        model,
        photograph,
        outputs,
        overwrite=True,
        seed=0,
        temperature=args.temperature,
        batch_size=args.batch_size,
        upsampling=args.upsampling,
        # The command shows it, and draws in several calls for it.
        progress=lambda done, total: None,
    )


def timed_parts(model, path, args):
    """Colors a photograph; the seconds of each part."""
    watch = Stopwatch()
    sampler = watch.time("sampling", model.sampler)

    with contextlib.ExitStack() as stack:
        for owner, name, part in (
            (color_file, "read_photograph", "read"),
            (group_drawing, "luminance", "gray"),
            (group_drawing, "resize", "gray"),
            (model, "encode", "embedding"),
            (sampler, "prepare", "embedding"),
            (sampler, "fold", "sampling"),
            # Groups are drawn on threads, for which it waits here.
            (drawing, "joined", "sampling"),
            (generation, "render", "render"),
            (color_file, "write_all", "write"),
            (color_file, "write_sheet", "sheet"),
        ):
            watch.wrap(stack, owner, name, part)
        watch.time("other", color, model, path, args)
    return watch.seconds


def measure(model, format, megapixels, samples, runs):
    """Times a photograph's way, the first time and later ones.

    Yields:
        The key and the values of each row: lists of seconds by part.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = make_photograph(pathlib.Path(folder), format, megapixels)
        args = arguments.parser().parse_args(
            ["colorize", str(path), "-o", f"{folder}/colored", "--overwrite"]
            + ["--num-samples", str(samples)]
        )
        times = [timed_parts(model, path, args) for _ in range(1 + runs)]
    for call, calls in (("first", times[:1]), ("later", times[1:])):
        parts = {
            f"{part}_s": [seconds[part] for seconds in calls]
            for part in calls[0]
        }
        parts["total_s"] = [sum(seconds.values()) for seconds in calls]
        yield {"format": format, "call": call}, parts


def main():
    options = parser(__doc__, presets=("pic_tinyimagenet64",))
    options.add_argument(
        "--formats",
        nargs="+",
        choices=FORMATS,
        default=tuple(FORMATS),
        help="of the photograph and the colorings (default: both)",
    )
    options.add_argument(
        "--megapixels",
        type=float,
        default=1.0,
        help="size of the photograph (default: %(default)s)",
    )
    options.add_argument(
        "--samples",
        type=at_least_one,
        default=5,
        help="colorings (default: %(default)s)",
    )
    options.set_defaults(dtypes=("float32",))
    args = options.parse_args()
    results = Results("end_to_end", args.json)
    for preset in args.presets:
        for dtype in args.dtypes:
            for format in args.formats:
                print(f"{name_of(preset)}, {dtype}, {format} ...", flush=True)
                # A new model, or the first call would not compile.
                model = keras_colorize.ColorizerPIC.from_preset(
                    preset, dtype=dtype
                )
                network = {
                    "network": name_of(preset),
                    "dtype": dtype,
                    "megapixels": args.megapixels,
                    "samples": args.samples,
                }
                rows = measure(
                    model, format, args.megapixels, args.samples, args.runs
                )
                for key, values in rows:
                    results.add({**network, **key}, values)
    show(results.content)


if __name__ == "__main__":
    main()
