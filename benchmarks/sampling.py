"""Times the cached sampler against the full sampler.

    KERAS_BACKEND=jax python benchmarks/sampling.py --json results.json

The full sampler is the baseline: it runs the whole network for every pixel.
The script times one row of pixels of the full sampler and extrapolates. The
encoder runs once a photograph and is timed apart.

`--sides` draws chroma grids of other sizes with the same network: the cost of a
pixel does not depend on the grid with the cached sampler.
"""

from common import build
from common import name_of
from common import parser
from common import positive
from common import report
from common import seconds
from drawing import Drawing
from drawing import group_size

PRESETS = ("pic_cifar10", "pic_imagenet128", "pic_tinyimagenet64")


def measure(model, side, counts, runs):
    """Times the samplers of a model on one grid.

    Args:
        model: An `AutoregressiveColorizer`.
        side: int. Rows and columns of the chroma grid.
        counts: list of int. Numbers of samples.
        runs: int. Timed runs of the cached sampler; the full sampler has one.

    Yields:
        A row for each number of samples.
    """
    cached, full = (Drawing(model, name, side) for name in ("cached", "full"))
    first_s = seconds(cached.draw)
    full.extrapolated()
    full_s = full.extrapolated()
    encoder_s = [seconds(cached.encode) for _ in range(runs)]
    for count in counts:
        groups = -(-count // group_size())
        yield {
            "side": side,
            "samples": count,
            "groups": groups,
            "first_s": first_s,
            "encoder_s": encoder_s,
            "cached_s": [seconds(cached.draw, groups) for _ in range(runs)],
            "full_s": groups * full_s,
        }


def arguments():
    options = parser(__doc__, PRESETS, runs=5)
    options.add_argument(
        "--samples",
        nargs="+",
        type=positive,
        default=(5, 25),
        help="samples of the photograph (default: 5 25)",
    )
    options.add_argument(
        "--sides",
        nargs="+",
        type=positive,
        help="rows of the chroma grid (default: the grid of each preset)",
    )
    return options


def main():
    args = arguments().parse_args()
    rows = []
    for preset in args.presets:
        model = build(preset)
        own = model.image_size // model.chroma_factor
        for side in args.sides or (own,):
            print(f"{name_of(preset)}, {side} x {side} ...", flush=True)
            for row in measure(model, side, args.samples, args.runs):
                rows.append({"network": name_of(preset), **row})
    report("sampling", rows, args.json)


if __name__ == "__main__":
    main()
