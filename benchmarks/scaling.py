"""Times the samplers on chroma grids of several sizes: the cost of a pixel.

    KERAS_BACKEND=jax python benchmarks/scaling.py --json results.json

The network is the same on each. With cached activations the cost of a pixel
does not depend on the grid; a full pass for each pixel grows with it. Of the
full sampler one row is timed, and the rest of the image is extrapolated.
"""

from common import at_least_one
from common import build
from common import name_of
from common import parser
from drawing import Drawing
from measure import seconds
from record import Results
from tables import show


def measure(model, sides, batch, runs, full_runs):
    """Times a model's samplers on several grids.

    Args:
        model: A `Colorizer`.
        sides: list of int. Rows and columns of each grid.
        batch: int. Samples, drawn in one program.
        runs: int.
        full_runs: int. Those in which the full sampler is timed, too.

    Yields:
        The key and the values of each row.
    """
    drawings = {}
    values = {side: {"cached_s": [], "full_s": []} for side in sides}
    for side in sides:
        cached, full = (Drawing(model, x, side) for x in ("cached", "full"))
        for drawing in (cached, full):
            drawing.fold()
            drawing.embed()
        values[side]["first_s"] = seconds(cached.draw, batch)
        if full_runs:
            full.extrapolated(batch)
        drawings[side] = cached, full
    for run in range(runs):
        for side, (cached, full) in drawings.items():
            values[side]["cached_s"].append(seconds(cached.draw, batch))
            if run < full_runs:
                values[side]["full_s"].append(full.extrapolated(batch))
    for side in sides:
        yield {"side": side, "samples": batch}, values[side]


def main():
    options = parser(__doc__, presets=("pic_imagenet128",))
    options.add_argument(
        "--sides",
        nargs="+",
        type=at_least_one,
        default=(16, 32, 64),
        help="rows and columns of the chroma (default: 16 32 64)",
    )
    options.add_argument(
        "--samples",
        type=at_least_one,
        default=5,
        help="samples, drawn in one program (default: %(default)s)",
    )
    options.add_argument(
        "--full-runs",
        type=int,
        default=1,
        help="runs in which the full sampler is timed; 0 leaves it out "
        "(default: %(default)s)",
    )
    options.set_defaults(dtypes=("float32",))
    args = options.parse_args()
    results = Results("scaling", args.json)
    for preset in args.presets:
        for dtype in args.dtypes:
            network = {"network": name_of(preset), "dtype": dtype}
            print(f"{name_of(preset)}, {dtype} ...", flush=True)
            rows = measure(
                build(preset, dtype),
                args.sides,
                args.samples,
                args.runs,
                args.full_runs,
            )
            for key, values in rows:
                results.add({**network, **key}, values)
    show(results.content)


if __name__ == "__main__":
    main()
