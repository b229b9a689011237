"""Times many photographs: read, colored once and written as JPEG.

    python benchmarks/archive.py --presets default

The photograph is that of end_to_end.py, many times. A photograph is colored
while the one before it is written. The script prints wall seconds and CPU
seconds: other programs on the machine change the first more than the second.
The first call compiles.
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


def color(model, paths):
    """Colors files to files. Returns wall seconds and CPU seconds."""
    wall, cpu = clock()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        written = []
        for path in paths:
            photograph = read_photograph(path)
            (pixels,) = model.generate(photograph.pixels, seed=0, verbose=0)
            written.append(
                pool.submit(
                    write_photograph,
                    path.with_suffix(".colored.jpg"),
                    photograph.with_pixels(pixels),
                    True,
                )
            )
        for future in written:
            future.result()
    return [end - start for end, start in zip(clock(), (wall, cpu))]


def measure(model, megapixels, count, runs):
    """Times the photographs: a row of results."""
    with tempfile.TemporaryDirectory() as folder:
        first = pathlib.Path(folder) / "0.jpg"
        make_photograph(first, megapixels)
        paths = [first.with_stem(str(k)) for k in range(count)]
        for path in paths[1:]:
            path.write_bytes(first.read_bytes())
        first_s, _ = color(model, paths[:1])
        wall, cpu = zip(*(color(model, paths) for _ in range(runs)))
    return {
        "megapixels": megapixels,
        "photographs": count,
        "total_s": list(wall),
        "cpu_s": list(cpu),
        "first_s": first_s,
    }


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
    return options


def main():
    args = arguments().parse_args()
    rows = []
    for preset in args.presets:
        model = keras_colorize.Colorizer.from_preset(preset)
        row = measure(model, args.megapixels, args.photographs, args.runs)
        rows.append({"network": name_of(preset), **row})
    report("archive", rows, args.json)


if __name__ == "__main__":
    main()
