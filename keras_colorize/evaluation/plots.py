"""The plots of a report, as PNG files, and learning curves."""

import csv
import io

import numpy as np
from keras import ops

_VALUES = np.arange(-128, 128)
_MEASURE = "bits_per_dim"


def plots(colorings, curve):
    """The plots of `Colorings`, and of a learning curve if it is not None.

    A dictionary of the bytes of PNG files by their captions.
    """
    drawn = {
        "How often values of a and b occur.": _png(_marginals, colorings, 2),
        "Perceptual saturation of originals and of their first samples.": _png(
            _saturation, colorings
        ),
    }
    if colorings.pairs is not None:
        caption = (
            "Diversity: MS-SSIM of all pairs of samples of an image. Equal "
            "samples have 1."
        )
        drawn[caption] = _png(_similarity, colorings)
    if colorings.variance is not None:
        caption = (
            "Left: error of the best of k samples, with standard errors. "
            "Right: error of the best of all samples against their variance, "
            "one point for each image."
        )
        drawn[caption] = _png(_best_of, colorings, 2)
    if curve is not None:
        drawn["Learning curve."] = plot_curve(curve)
    return drawn


def read_curve(path):
    """Reads a learning curve that `examples/train_pic.py` wrote.

    Args:
        path: Path of a CSV file with a column `step` and columns whose names
            end in `bits_per_dim`.

    Returns:
        A dictionary of lists of floats: `step` and these columns.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If there are no such columns, no rows, or other values than
            finite numbers.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        names = [name for name in rows[0] if name and name.endswith(_MEASURE)]
        curve = {
            name: [float(row[name]) for row in rows]
            for name in ("step", *names)
        }
        if not names or not np.isfinite(list(curve.values())).all():
            raise ValueError
    except (KeyError, IndexError, TypeError, ValueError, csv.Error) as error:
        raise ValueError(
            f"{path} is not a learning curve. Expected a CSV file with a "
            f"column step and columns that end in {_MEASURE}, of numbers."
        ) from error
    return curve


def plot_curve(curve):
    """Draws a learning curve, from `read_curve`: the bytes of a PNG file."""
    return _png(_curve, curve)


def _png(draw, data, columns=1):
    """The PNG file of `draw(axes, data)`; several columns are an array."""
    # Not pyplot, whose figures are the user's.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1 + 4 * columns, 3.2), layout="constrained")
    draw(figure.subplots(1, columns), data)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()


def _curve(axes, curve):
    steps = curve["step"]
    for name in curve:
        if name != "step":
            axes.plot(steps, curve[name], marker=".", label=name)
    axes.set(xlabel="step", ylabel="bits per dimension")
    axes.legend()


def _marginals(both_axes, colorings):
    left, right = both_axes
    right.sharey(left)
    right.tick_params(labelleft=False)
    for axes, channel in zip(both_axes, "ab"):
        shares = colorings.histograms[channel].histograms()
        shares = ops.convert_to_numpy(shares)
        for values, label in zip(shares, ("originals", "samples")):
            # The scale is logarithmic: a share of 0 leaves a gap.
            values = np.where(values > 0, values, np.nan)
            axes.plot(_VALUES + 0.5, values, label=label)
        used = _VALUES[(shares > 0).any(0)]
        axes.set(xlim=(used[0] - 5, used[-1] + 6), yscale="log", xlabel=channel)
    left.set_ylabel("share of pixels")
    left.legend()


def _saturation(axes, colorings):
    bins = np.linspace(0, 1, 26)
    for values, label in zip(colorings.saturation, ("originals", "samples")):
        axes.hist(values, bins, label=label, alpha=0.6)
    axes.set(xlabel="saturation", ylabel="images")
    axes.legend()


def _similarity(axes, colorings):
    """Figure 8 of PixColor (Guadarrama et al. 2017): a histogram over pairs."""
    axes.hist(colorings.pairs.ravel(), 25)
    axes.set(xlabel="MS-SSIM", ylabel="pairs")


def _best_of(both_axes, colorings):
    """Right: Figure 5 of Deshpande et al. (2017)."""
    left, right = both_axes
    k, values, errors = zip(*(row.values() for row in colorings.best_of()))
    errors = [error or 0.0 for error in errors]
    left.errorbar(k, values, errors, marker="o", capsize=3)
    left.set(xlabel="k", ylabel="RMSE of chroma / 128")
    left.xaxis.get_major_locator().set_params(integer=True)
    errors = colorings.errors_of_best[-1]
    right.plot(colorings.variance, errors, ".", alpha=0.6)
    right.set(xlabel="variance of chroma / 128", ylabel="error of the best")
