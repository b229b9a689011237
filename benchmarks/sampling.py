"""Times drawing one photograph's chroma: the cached sampler and the full one.

    KERAS_BACKEND=jax python benchmarks/sampling.py --json results.json

Samples are drawn as `generate` draws them, in groups of 5, on a thread for each
core or one after the other; and all in one program of just that many. The
full sampler is timed for one row of pixels in between, and the rest of the
image is extrapolated. The embedding and folding the weights, once a photograph
and once a call, are timed apart.

Under a mixed policy the loop computes in float32; under bfloat16 it does not.
"""

import os

from common import at_least_one
from common import build
from common import name_of
from common import parser
from drawing import Drawing
from measure import seconds
from record import Results
from tables import show

from keras_colorize.sampling import lanes


def ways(samples):
    """The ways to draw that many samples: (batch, groups, threads)."""
    groups = lanes(samples)
    batch = len(groups[0])
    threads = min(len(groups), os.cpu_count())
    grouped = [(batch, len(groups), 1), (batch, len(groups), threads)]
    return list(dict.fromkeys([*grouped, (samples, 1, 1)]))


def measure(model, counts, runs, full_runs):
    """Times a model's samplers.

    Args:
        model: A `Colorizer`.
        counts: list of int. Samples of the photograph.
        runs: int.
        full_runs: int. Those in which the full sampler is timed, too.

    Yields:
        The key and the values of each row.
    """
    side = model.image_size // model.chroma_factor
    cached, full = (Drawing(model, x, side) for x in ("cached", "full"))
    cases = [(n, way) for n in counts for way in ways(n)]
    batches = sorted({batch for _, (batch, _, _) in cases})
    once = {"fold_s": [], "embedding_s": []}
    cached_s = {case: [] for case in cases}
    full_s = {batch: [] for batch in batches}

    for drawing in (cached, full):
        drawing.fold()
        drawing.embed()
    # A program is compiled for each size of a group.
    first_s = {batch: seconds(cached.draw, batch) for batch in batches}
    if full_runs:
        for batch in batches:
            full.extrapolated(batch)
    for run in range(runs):
        once["fold_s"].append(seconds(cached.fold))
        once["embedding_s"].append(seconds(cached.embed))
        for case in cases:
            cached_s[case].append(seconds(cached.draw, *case[1]))
        if run < full_runs:
            for batch in batches:
                full_s[batch].append(full.extrapolated(batch))

    for samples, (batch, groups, threads) in cases:
        case = samples, (batch, groups, threads)
        key = {"samples": samples, "batch": batch, "threads": threads}
        yield (
            {"side": side, **key},
            {
                "first_s": first_s[batch],
                "cached_s": cached_s[case],
                "full_s": [groups * x for x in full_s[batch]],
                **once,
            },
        )


def main():
    options = parser(__doc__)
    options.set_defaults(dtypes=("float32", "bfloat16"))
    options.add_argument(
        "--samples",
        nargs="+",
        type=at_least_one,
        default=(1, 5, 25),
        help="samples of the photograph (default: 1 5 25)",
    )
    options.add_argument(
        "--full-runs",
        type=int,
        default=2,
        help="runs in which the full sampler is timed; 0 leaves it out "
        "(default: %(default)s)",
    )
    args = options.parse_args()
    results = Results("sampling", args.json)
    for preset in args.presets:
        for dtype in args.dtypes:
            network = {"network": name_of(preset), "dtype": dtype}
            print(f"{name_of(preset)}, {dtype} ...", flush=True)
            rows = measure(
                build(preset, dtype), args.samples, args.runs, args.full_runs
            )
            for key, values in rows:
                results.add({**network, **key}, values)
    show(results.content)


if __name__ == "__main__":
    main()
