"""A report as one HTML page."""

import base64
import html
import io

from PIL import Image

from keras_colorize.evaluation.plots import plots
from keras_colorize.evaluation.report import ERRORS
from keras_colorize.tables import html_table

_STYLE = """\
body { font: 16px/1.5 sans-serif; max-width: 64em; margin: 2em auto;
       padding: 0 1em; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { text-align: left; vertical-align: top; padding: 0.2em 1em 0.2em 0;
         border-bottom: 1px solid #ddd; white-space: pre-line; }
figure { margin: 1.5em 0; } img { max-width: 100%; }
.sheet { image-rendering: pixelated; min-width: 36em; }"""


def page(report, curve):
    """A report, with a learning curve or None, as HTML in one file."""
    title = html.escape(f"{report.preset} on {report.data}")
    machine = report.machine
    facts = {
        "images": report.evaluation_data,
        **report.protocol,
        **{f"seconds of {k}": str(v) for k, v in report.seconds.items()},
        "processor": f"{machine['processor']}, {machine['cores']} cores",
        "accelerators": ", ".join(machine["accelerators"]) or "none",
        "versions": ", ".join(f"{k} {v}" for k, v in report.versions.items()),
    }
    sheet = io.BytesIO()
    Image.fromarray(report.colorings.sheet(tile=128)).save(sheet, "PNG")
    caption = (
        f"Gray, {report.num_samples} samples of the model, original: the first "
        "images in random order, not chosen."
    )
    figures = [
        _figure(*plot) for plot in plots(report.colorings, curve).items()
    ]
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
<h1>{title}</h1>
{html_table(report.rows())}
<p>{ERRORS}</p>
<h2>Samples</h2>
{_figure(caption, sheet.getvalue(), "sheet")}
<h2>Plots</h2>
{"".join(figures)}
<h2>How it was measured</h2>
{html_table([("", ""), *facts.items()])}
</body>
</html>
"""


def _figure(caption, png, kind="plot"):
    data = base64.b64encode(png).decode()
    caption = html.escape(caption)
    return (
        f'<figure><img class="{kind}" alt="{caption}" '
        f'src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>\n"
    )
