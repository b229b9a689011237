"""Makes the tables of benchmarks/README.md and the figures of README.md.

    python benchmarks/make_tables.py

The numbers are those of benchmarks/results/*.json. A table stands between
<!-- benchmarks: sampling --> and <!-- /benchmarks -->, with one table for each
machine. <!-- benchmarks: figures --> stands for the three lines of README.md.
"""

import json
import pathlib
import re
import statistics

ROOT = pathlib.Path(__file__).parents[1]
PLACE = re.compile(
    r"(<!-- benchmarks: (\w+) -->).*?(<!-- /benchmarks -->)", re.DOTALL
)


def number(value):
    """Three significant digits, without an exponent."""
    digits = f"{float(f'{value:.3g}'):,.6f}".rstrip("0").rstrip(".")
    return digits or "0"


def median(values):
    return number(statistics.median(values))


def spread(values):
    """The median and the range: `0.754 (0.751 to 0.76)`."""
    return f"{median(values)} ({number(min(values))} to {number(max(values))})"


def speedup(baseline, values):
    return f"**{number(baseline / statistics.median(values))}**"


def share_of_peak(row):
    """The operations of a step over those of the matrix product."""
    images = statistics.median(row["images_per_s"])
    return images * row["step_operations"] / row["peak_operations_per_s"]


def sampling(row):
    side = row["side"]
    steps = row["groups"] * side**2
    cached_us = [1e6 * x / steps for x in row["cached_s"]]
    return {
        "network": row["network"],
        "chroma": f"{side} x {side}",
        "samples": row["samples"],
        "full / cached": speedup(row["full_s"], row["cached_s"]),
        "cached, s": spread(row["cached_s"]),
        "full, s": number(row["full_s"]),
        "cached, us a pixel": median(cached_us),
        "full, us a pixel": number(1e6 * row["full_s"] / steps),
        "encoder, s": median(row["encoder_s"]),
        "first call, s": number(row["first_s"]),
    }


def end_to_end(row):
    parts = {
        f"{part}, s": median(row[f"{part}_s"])
        for part in ("read", "generate", "write", "sheet")
    }
    return {
        "network": row["network"],
        "photograph": f"{number(row['megapixels'])} Mpx {row['format']}",
        "samples": row["samples"],
        "full / cached": speedup(row["full_s"], row["total_s"]),
        "total, s": spread(row["total_s"]),
        "with the full sampler, s": number(row["full_s"]),
        **parts,
        "first call, s": number(row["first_s"]),
    }


def training(row):
    images = row["images_per_s"]
    operations = statistics.median(images) * row["step_operations"]
    return {
        "network": row["network"],
        "width": row["width"],
        "dtype": row["dtype"],
        "batch": row["batch"],
        "of the matrix product": f"**{100 * share_of_peak(row):.0f}%**",
        "images/s": spread(images),
        "Gflop/s": number(operations / 1e9),
        "matrix product, Gflop/s": number(row["peak_operations_per_s"] / 1e9),
        "Gflop an image": number(row["step_operations"] / 1e9),
        "first run, s": number(row["first_s"]),
    }


def archive(row):
    count = row["photographs"]
    return {
        "network": row["network"],
        "photographs": f"{count} of {number(row['megapixels'])} Mpx",
        "jobs": row["jobs"],
        "photographs/s": spread([count / x for x in row["total_s"]]),
        "CPU seconds each": spread([x / count for x in row["cpu_s"]]),
        "first call, s": number(row["first_s"]),
    }


LINES = {
    "sampling": sampling,
    "end_to_end": end_to_end,
    "training": training,
    "archive": archive,
}

# Benchmark, row and text of each figure of README.md.
FIGURES = (
    (
        "sampling",
        {"network": "pic_imagenet128", "samples": 5},
        "**Sampling** is {full / cached} times faster than a full forward pass "
        "for every pixel: five samples of `{network}` take {cached, s} s "
        "instead of {full, s} s.",
    ),
    (
        "end_to_end",
        {"network": "pic_tinyimagenet64", "format": "jpg"},
        "**A photograph** of 1 megapixel becomes five colored files and a "
        "sheet in {total, s} s with `{network}`.",
    ),
    (
        "training",
        {"network": "pic_tinyimagenet64", "dtype": "float32"},
        "**Training** of `{network}` runs at {images/s} images a second, "
        "{of the matrix product} of the speed of a large matrix product.",
    ),
)


def table(files):
    """The Markdown table of results of one benchmark on one machine."""
    lines = [
        {"backend": results["backend"], **LINES[results["benchmark"]](row)}
        for results in files
        for row in results["rows"]
    ]
    cells = [list(lines[0]), ["---"] * len(lines[0])]
    cells += [list(map(str, line.values())) for line in lines]
    rows = "\n".join(f"| {' | '.join(row)} |" for row in cells)
    versions = {
        f"{name} {version}"
        for results in files
        for name, version in results["versions"].items()
    }
    return f"{device(files[0])}; {', '.join(sorted(versions))}.\n\n{rows}"


def device(results):
    """The processor or the accelerator of some results."""
    machine = results["machine"]
    cores = f"{machine['cores']} cores of {machine['processor']}"
    return ", ".join([*machine["accelerators"][:1], cores])


def figures(results):
    """The figures of README.md, measured on tensorflow."""
    rows = [
        (content["benchmark"], row)
        for content in results
        if content["backend"] == "tensorflow"
        for row in content["rows"]
    ]
    lines = []
    for benchmark, wanted, text in FIGURES:
        for name, row in rows:
            if name == benchmark and row | wanted == row:
                # Medians, without their ranges.
                cells = {
                    title: str(x).strip("*").partition(" (")[0]
                    for title, x in LINES[name](row).items()
                }
                lines.append(f"- {text.format(**cells)}")
                break
    return "\n".join(lines)


def filled_in(text, results):
    """A text with new tables.

    Args:
        text: str.
        results: list of dict. The contents of the files of results.

    Raises:
        SystemExit: If there are no results for a table.
    """

    def fill(match):
        start, name, end = match.groups()
        machines = {}
        for content in results:
            if content["benchmark"] == name:
                machines.setdefault(device(content), []).append(content)
        tables = [table(files) for files in machines.values()]
        if name == "figures":
            tables = [figures(results)]
        if not tables:
            raise SystemExit(
                f"There are no results for {start}. Run benchmarks/{name}.py "
                "with --json, or benchmarks/run_all.py."
            )
        return "\n\n".join([start, *tables, end])

    return PLACE.sub(fill, text)


def main():
    paths = sorted((ROOT / "benchmarks/results").glob("*.json"))
    results = [json.loads(path.read_text()) for path in paths]
    for path in (ROOT / "README.md", ROOT / "benchmarks/README.md"):
        text = path.read_text(encoding="utf-8")
        path.write_text(filled_in(text, results), encoding="utf-8")


if __name__ == "__main__":
    main()
