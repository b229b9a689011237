"""Makes the tables of README from benchmarks/results/*.json.

    python benchmarks/readme_tables.py

A table stands between <!-- benchmarks: sampling --> and <!-- /benchmarks -->;
there is one for each machine. Rows can be chosen by what was measured:
<!-- benchmarks: sampling dtype=float32 samples=5,25 -->.
"""

import argparse
import json
import pathlib
import re

from tables import TABLES
from tables import markdown

ROOT = pathlib.Path(__file__).parents[1]
PLACE = re.compile(
    r"(<!-- benchmarks: (\S+)((?: \w+=\S+)*) -->).*?(<!-- /benchmarks -->)",
    re.DOTALL,
)
MACHINE = ("cpu", "cores", "accelerator", "threads")


def filled_in(text, results):
    """A text with its tables made anew.

    Args:
        text: str.
        results: list of dict. What the benchmarks keep.

    Raises:
        SystemExit: If the text has no place for a table, or there are no
            results for one.
    """

    def fill(match):
        start, benchmark, chosen, end = match.groups()
        wanted = dict(item.split("=") for item in chosen.split())
        machines = {}
        for content in results:
            if content["benchmark"] == benchmark and content["rows"]:
                machine = tuple(content["machine"][name] for name in MACHINE)
                machines.setdefault(machine, []).append(content)
        tables = [markdown(files, wanted) for files in machines.values()]
        tables = "\n\n".join(table for table in tables if table)
        if not tables:
            raise SystemExit(
                f"There are no results for {start}. Benchmarks are "
                f"{', '.join(TABLES)}: run it, or choose other rows."
            )
        return f"{start}\n\n{tables}\n\n{end}"

    text, count = PLACE.subn(fill, text)
    if not count:
        raise SystemExit(
            "There is no place for a table: <!-- benchmarks: NAME --> and "
            "<!-- /benchmarks -->."
        )
    return text


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--readme",
        type=pathlib.Path,
        default=ROOT / "README.md",
        help="file to fill in (default: the README of the repository)",
    )
    parser.add_argument(
        "--results",
        type=pathlib.Path,
        default=ROOT / "benchmarks/results",
        help="folder of the results (default: benchmarks/results)",
    )
    args = parser.parse_args()
    paths = sorted(args.results.glob("*.json"))
    results = [json.loads(path.read_text()) for path in paths]
    text = filled_in(args.readme.read_text(encoding="utf-8"), results)
    args.readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
