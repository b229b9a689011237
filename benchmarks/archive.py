"""Times many photographs: read, colored once and written as JPEG.

    python benchmarks/archive.py --presets default --jobs 1 2

The photograph is that of end_to_end.py, many times. As in the command, a thread
for each job reads, colors and writes one photograph after the other. Runs of
the numbers of jobs take turns. The script prints wall seconds and CPU seconds:
other programs on the machine change the first more than the second. The first
call compiles.
"""

import concurrent.futures
import pathlib
import resource
import tempfile
import time

from common import name_of
from common import parser
from common import positive
from common import report
from end_to_end import make_photograph

import keras_colorize
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph


def clock():
    """Wall seconds and CPU seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), usage.ru_utime + usage.ru_stime


def color(model, paths, jobs):
    """Colors files to files. Returns wall seconds and CPU seconds."""

    def color_one(path):
        photograph = read_photograph(path)
        (pixels,) = model.generate(photograph.pixels, seed=0, verbose=0)
        write_photograph(
            path.with_suffix(".colored.jpg"),
            photograph.with_pixels(pixels),
            overwrite=True,
        )

    wall, cpu = clock()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(color_one, paths))
    return [end - start for end, start in zip(clock(), (wall, cpu))]


def measure(model, megapixels, count, runs, jobs):
    """Times the photographs: a row of results for each number of jobs."""
    with tempfile.TemporaryDirectory() as folder:
        first = pathlib.Path(folder) / "0.jpg"
        make_photograph(first, megapixels)
        paths = [first.with_stem(str(k)) for k in range(count)]
        for path in paths[1:]:
            path.write_bytes(first.read_bytes())
        first_s, _ = color(model, paths[:1], 1)
        times = [[color(model, paths, n) for n in jobs] for _ in range(runs)]
    rows = []
    for number, runs_of_number in zip(jobs, zip(*times)):
        wall, cpu = zip(*runs_of_number)
        rows.append(
            {
                "megapixels": megapixels,
                "photographs": count,
                "jobs": number,
                "total_s": list(wall),
                "cpu_s": list(cpu),
                "first_s": first_s,
            }
        )
    return rows


def arguments():
    options = parser(__doc__, ("default",), runs=3)
    options.add_argument(
        "--megapixels",
        type=float,
        default=1.0,
        help="size of the photographs (default: %(default)s)",
    )
    options.add_argument(
        "--photographs",
        type=positive,
        default=40,
        help="number of photographs (default: %(default)s)",
    )
    options.add_argument(
        "--jobs",
        nargs="+",
        type=positive,
        default=(1, 2),
        help="photographs in work at a time (default: 1 2)",
    )
    return options


def main():
    args = arguments().parse_args()
    rows = []
    for preset in args.presets:
        model = keras_colorize.Colorizer.from_preset(preset)
        found = measure(
            model, args.megapixels, args.photographs, args.runs, args.jobs
        )
        rows += [{"network": name_of(preset), **row} for row in found]
    report("archive", rows, args.json)


if __name__ == "__main__":
    main()
