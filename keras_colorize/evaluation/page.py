"""A report as one HTML page."""

import base64
import html

from keras_colorize.evaluation.plots import plots
from keras_colorize.images import Photograph
from keras_colorize.images import contact_sheet
from keras_colorize.images.write import encode

_TILE = 128
_STYLE = """\
body { font: 16px/1.5 sans-serif; max-width: 64em; margin: 2em auto;
       padding: 0 1em; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { text-align: left; vertical-align: top; padding: 0.2em 1em 0.2em 0;
         border-bottom: 1px solid #ddd; white-space: pre-line; }
figure { margin: 1.5em 0; } img { max-width: 100%; }
.sheet { image-rendering: pixelated; min-width: 36em; }"""


def page(report, curve):
    """Writes a report as one HTML page that needs nothing else.

    Args:
        report: `Report`.
        curve: dict or None. A learning curve.

    Returns:
        str.
    """
    title = html.escape(f"{report.preset} on {report.data}")
    facts = {
        "images": report.evaluation_data,
        **report.protocol,
        **{f"seconds of {k}": v for k, v in report.seconds.items()},
        "processor": f"{report.machine['processor']}, "
        f"{report.machine['cores']} cores",
        "accelerators": ", ".join(report.machine["accelerators"]) or "none",
        "versions": ", ".join(f"{k} {v}" for k, v in report.versions.items()),
    }
    parts = [
        f"<h1>{title}</h1>",
        _table(report.rows()),
        "<p>After ± stands the standard error over images.</p>",
        "<h2>Samples</h2>",
        _figure(
            f"Gray, {report.num_samples} of the model's samples, original: the "
            "first images of a random order, not chosen.",
            _sheet(report.examples),
            "sheet",
        ),
        "<h2>Plots</h2>",
        *[_figure(*drawn) for drawn in plots(report.statistics, curve)],
        "<h2>How it was measured</h2>",
        _table([("", ""), *facts.items()]),
    ]
    body = "\n".join(parts)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
{_STYLE}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def _table(rows):
    lines = []
    for i, row in enumerate(rows):
        tag = "td" if i else "th"
        cells = [f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in row]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def _figure(caption, png, kind="plot"):
    data = base64.b64encode(png).decode()
    caption = html.escape(caption)
    return (
        f'<figure><img class="{kind}" alt="{caption}" '
        f'src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _sheet(examples):
    tiles = [tile for row in examples for tile in row]
    sheet = contact_sheet(tiles, columns=len(examples[0]), tile=_TILE)
    return encode(Photograph(sheet), "PNG")
