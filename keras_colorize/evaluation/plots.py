"""The plots of a report, as PNG files, and learning curves."""

import csv
import io
import math

import numpy as np
from keras import ops

_VALUES = np.arange(-128, 128)
_MEASURE = "bits_per_dim"


def plots(colorings, curve):
    """Draws the plots of a report with matplotlib.

    Args:
        colorings: `Colorings`.
        curve: dict or None. A learning curve.

    Returns:
        A list of pairs: a caption and the bytes of a PNG file.

    Raises:
        ImportError: If matplotlib is not installed.
    """
    drawn = [
        ("How often values of a and b occur.", _marginals(colorings)),
        (
            "Perceptual saturation of originals and of their first samples.",
            _saturation(colorings),
        ),
    ]
    if colorings.pairs is not None:
        drawn.append(
            (
                "Diversity: MS-SSIM of all pairs of samples of an image. Equal "
                "samples have 1.",
                _similarity(colorings),
            )
        )
    if colorings.variance is not None:
        drawn.append(
            (
                "Left: error of the best of k samples, with standard errors. "
                "Right: error of the best of all samples against their "
                "variance, one point for each image.",
                _best_of(colorings),
            )
        )
    if curve is not None:
        drawn.append(("Learning curve.", plot_curve(curve)))
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
        values = [value for column in curve.values() for value in column]
        if not names or not all(map(math.isfinite, values)):
            raise ValueError
    except (KeyError, IndexError, TypeError, ValueError, csv.Error) as error:
        raise ValueError(
            f"{path} is not a learning curve. Expected a CSV file with a "
            f"column step and columns that end in {_MEASURE}, of numbers."
        ) from error
    return curve


def plot_curve(curve):
    """Draws a learning curve, from `read_curve`: the bytes of a PNG file."""
    figure = _figure(5)
    axes = figure.subplots()
    for name, values in curve.items():
        if name != "step":
            axes.plot(curve["step"], values, marker=".", label=name)
    axes.set(xlabel="step", ylabel="bits per dimension")
    axes.legend()
    return _png(figure)


def _marginals(colorings):
    figure = _figure(9)
    for axes, channel in zip(figure.subplots(1, 2, sharey=True), "ab"):
        shares = colorings.histograms[channel].histograms()
        shares = ops.convert_to_numpy(shares)
        for values, label in zip(shares, ("originals", "samples")):
            # The scale is logarithmic: a share of 0 leaves a gap.
            values = np.where(values > 0, values, np.nan)
            axes.plot(_VALUES + 0.5, values, label=label)
        used = _VALUES[(shares > 0).any(0)]
        axes.set(xlim=(used[0] - 5, used[-1] + 6), yscale="log", xlabel=channel)
    figure.axes[0].set_ylabel("share of pixels")
    figure.axes[0].legend()
    return _png(figure)


def _saturation(colorings):
    figure = _figure(5)
    axes = figure.subplots()
    bins = np.linspace(0, 1, 26)
    for values, label in zip(colorings.saturation, ("originals", "samples")):
        axes.hist(values, bins, label=label, alpha=0.6)
    axes.set(xlabel="saturation", ylabel="images")
    axes.legend()
    return _png(figure)


def _similarity(colorings):
    """Figure 8 of PixColor (Guadarrama et al. 2017): a histogram over pairs."""
    figure = _figure(5)
    axes = figure.subplots()
    axes.hist(colorings.pairs.ravel(), 25)
    axes.set(xlabel="MS-SSIM", ylabel="pairs")
    return _png(figure)


def _best_of(colorings):
    """Right: Figure 5 of Deshpande et al. (2017)."""
    figure = _figure(9)
    left, right = figure.subplots(1, 2)
    rows = colorings.best_of()
    left.errorbar(
        [row["k"] for row in rows],
        [row["error_of_best"] for row in rows],
        [row["standard_error"] or 0.0 for row in rows],
        marker="o",
        capsize=3,
    )
    left.set(xlabel="k", ylabel="RMSE of chroma / 128")
    left.xaxis.get_major_locator().set_params(integer=True)
    errors = colorings.errors_of_best[-1]
    right.plot(colorings.variance, errors, ".", alpha=0.6)
    right.set(xlabel="variance of chroma / 128", ylabel="error of the best")
    return _png(figure)


def _figure(width):
    # Not pyplot: it belongs to the user, and it keeps figures.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, 3.2), layout="constrained")


def _png(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()
