"""Tables of results, for the terminal and for README."""

import statistics
import sys

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

# Where no terminal has a say, wide enough that no cell is broken.
WIDTH_OF_FILES = 240
# Parts of end_to_end.py, in their order.
PARTS = (
    ("read", "read"),
    ("gray", "gray"),
    ("embedding", "embedding"),
    ("sampling", "sampling"),
    ("render", "upsampling, Lab"),
    ("write", "write"),
    ("sheet", "sheet"),
    ("other", "other"),
)


def spread(values):
    """The median and the range: `0.754 (0.751 to 0.76)`."""
    if len(values) < 2:
        return median(values)
    return f"{median(values)} ({number(min(values))} to {number(max(values))})"


def median(values):
    return number(statistics.median(values)) if values else "-"


def number(value):
    """Three significant digits, without an exponent."""
    digits = f"{float(f'{value:.3g}'):,.6f}".rstrip("0").rstrip(".")
    return digits or "0"


def ratio(values, others):
    """The ratio of two medians."""
    if not values or not others:
        return "-"
    return number(statistics.median(values) / statistics.median(others))


def sampling(rows):
    for row in rows:
        batch, threads = row["batch"], row["threads"]
        groups = -(-row["samples"] // batch)
        steps = groups * row["side"] ** 2
        yield {
            "network": row["network"],
            "dtype": row["dtype"],
            "samples": row["samples"],
            "drawn as": f"{groups} x {batch}"
            + f" on {threads} threads" * (threads > 1),
            "cached, s": spread(row["cached_s"]),
            "us a pixel step": median(
                [1e6 * x / steps for x in row["cached_s"]]
            ),
            "full (extrapolated), s": spread(row["full_s"]),
            "full / cached": ratio(row["full_s"], row["cached_s"]),
            "embedding, s": median(row["embedding_s"]),
            "folding, s": median(row["fold_s"]),
            "first group, s": number(row["first_s"]),
        }


def scaling(rows):
    for row in rows:
        smallest = min(
            (x for x in rows if _same(x, row, "network", "dtype", "samples")),
            key=lambda x: x["side"],
        )
        pixel, least = (
            {
                name: [1e6 * x / source["side"] ** 2 for x in source[name]]
                for name in ("cached_s", "full_s")
            }
            for source in (row, smallest)
        )
        line = {
            "network": row["network"],
            "dtype": row["dtype"],
            "samples": row["samples"],
            "chroma": f"{row['side']} x {row['side']}",
        }
        for name, title in (
            ("cached_s", "cached"),
            ("full_s", "full (extrapolated)"),
        ):
            line |= {
                f"{title}, s": spread(row[name]),
                f"{title}, us a pixel": median(pixel[name]),
                f"{title}, to the smallest grid": ratio(
                    pixel[name], least[name]
                ),
            }
        yield line


def end_to_end(rows):
    for row in rows:
        outside = zip(row["render_s"], row["write_s"], row["total_s"])
        share = statistics.median((r + w) / t for r, w, t in outside)
        parts = {title: median(row[f"{part}_s"]) for part, title in PARTS}
        yield {
            "network": row["network"],
            "dtype": row["dtype"],
            "photograph": f"{number(row['megapixels'])} Mpx {row['format']}",
            "samples": row["samples"],
            "call": row["call"],
            **parts,
            "total, s": spread(row["total_s"]),
            "upsampling, Lab and write": f"{100 * share:.0f}%",
        }


def training(rows):
    for row in rows:
        images, peak = row["images_per_s"], row["peak_operations_per_s"]
        operations = statistics.median(images) * row["step_operations"]
        yield {
            "network": row["network"],
            "width": row["width"],
            "dtype": row["dtype"],
            "jit_compile": row["jit"],
            "batch": row["batch"],
            "images/s": spread(images),
            "Gflop an image": number(row["step_operations"] / 1e9),
            "Gflop/s": number(operations / 1e9),
            "of a matrix product's": f"{100 * operations / peak:.0f}% of "
            + number(peak / 1e9),
            "first run, s": number(row["first_s"]),
        }


TABLES = {
    "sampling": sampling,
    "scaling": scaling,
    "end_to_end": end_to_end,
    "training": training,
}


def _same(row, other, *names):
    return all(row[name] == other[name] for name in names)


def lines(results, wanted=()):
    """The lines of a table: dictionaries of text by column.

    Args:
        results: dict. What a benchmark keeps.
        wanted: dict of str. Values, separated by commas, that a row must
            have.
    """
    wanted = {name: values.split(",") for name, values in dict(wanted).items()}
    rows = results["rows"]
    for row, line in zip(rows, TABLES[results["benchmark"]](rows)):
        if all(str(row[name]) in values for name, values in wanted.items()):
            yield {"backend": results["backend"], **line}


def show(results):
    """Prints the table of some results."""
    table = Table(box=SIMPLE, title=caption([results]))
    cells = list(lines(results))
    for title in cells[0] if cells else ():
        table.add_column(title)
    for line in cells:
        table.add_row(*map(str, line.values()))
    width = None if sys.stdout.isatty() else WIDTH_OF_FILES
    Console(width=width, highlight=False).print(table)


def markdown(files, wanted=()):
    """The table of results of one benchmark and one machine; "" if empty."""
    cells = [line for results in files for line in lines(results, wanted)]
    if not cells:
        return ""
    header = [list(cells[0]), ["---"] * len(cells[0])]
    body = [list(map(str, line.values())) for line in cells]
    table = "\n".join(f"| {' | '.join(row)} |" for row in header + body)
    return f"{caption(files)}\n\n{table}"


def caption(files):
    """The machine and versions of results, in a line."""
    machine = files[0]["machine"]
    versions = sorted(
        {
            f"{name} {version}"
            for results in files
            for name, version in results["machine"]["versions"].items()
        }
    )
    device = f"{machine['accelerator']}, " if machine["accelerator"] else ""
    return (
        f"{device}{machine['cores']} cores of {machine['cpu']}; "
        f"{', '.join(versions)}. Medians, smallest and largest in brackets."
    )
