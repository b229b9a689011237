"""Runs every benchmark on tensorflow and jax, then makes the tables.

    python benchmarks/run_all.py

It takes about 10 minutes on two cores. Run it on a quiet machine. The results
replace those of benchmarks/results.
"""

import argparse
import os
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).parent
GRIDS = ("--presets", "pic_tinyimagenet64", "--sides", "16", "64")
# The results of each script: the name of the file, then the arguments.
RUNS = (
    ("sampling", "sampling.py", ("--runs", "3")),
    ("sampling_grids", "sampling.py", (*GRIDS, "--samples", "5")),
    ("end_to_end", "end_to_end.py", ("--formats", "jpg", "--runs", "3")),
    (
        "training",
        "training.py",
        ("--presets", "pic_tinyimagenet64"),
    ),
)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--backends",
        nargs="+",
        default=("tensorflow", "jax"),
        help="backends of Keras (default: tensorflow jax)",
    )
    args = parser.parse_args()
    for backend in args.backends:
        environment = os.environ | {
            "KERAS_BACKEND": backend,
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        for name, script, arguments in RUNS:
            path = FOLDER / f"results/{name}_{backend}.json"
            print(f"== {name}, {backend}", flush=True)
            subprocess.run(
                [sys.executable, FOLDER / script, *arguments, "--json", path],
                env=environment,
                check=True,
            )
    subprocess.run([sys.executable, FOLDER / "make_tables.py"], check=True)


if __name__ == "__main__":
    main()
