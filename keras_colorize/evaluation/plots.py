"""The plots of a report, as PNG files."""

import io

import numpy as np

_VALUES = np.arange(-128, 128)


def plots(statistics, curve):
    """Draws what a report shows, with matplotlib.

    Args:
        statistics: `ColorStatistics`.
        curve: dict or None. A learning curve.

    Returns:
        A list of pairs: a caption, and the bytes of a PNG file.

    Raises:
        ImportError: Without matplotlib.
    """
    # Not pyplot, which belongs to the user and keeps figures.
    from matplotlib.figure import Figure

    drawn = [
        ("How often values of a and b occur.", _marginals(Figure, statistics)),
        (
            "Perceptual saturation of originals and of their first samples.",
            _saturation(Figure, statistics),
        ),
    ]
    if statistics.similarity is not None:
        drawn.append(
            (
                "Diversity: MS-SSIM between the samples of an image, 1 where "
                "all are the same.",
                _similarity(Figure, statistics),
            )
        )
    if statistics.variance is not None:
        drawn.append(
            (
                "Error of the best of k samples, with standard errors; and "
                "that of all of them against their variance, a point an image.",
                _best_of(Figure, statistics),
            )
        )
    if curve is not None:
        drawn.append(("Learning curve.", _curve(Figure, curve)))
    return [(caption, _png(figure)) for caption, figure in drawn]


def _marginals(Figure, statistics):
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    for axes, channel in zip(figure.subplots(1, 2, sharey=True), "ab"):
        shares = statistics.marginals[channel]
        for values, label in zip(shares, ("originals", "samples")):
            # A share of none has no place on the scale: a gap is left.
            values = np.where(values > 0, values, np.nan)
            axes.plot(_VALUES + 0.5, values, label=label)
        used = _VALUES[(shares > 0).any(0)]
        axes.set(xlim=(used[0] - 5, used[-1] + 6), yscale="log", xlabel=channel)
    figure.axes[0].set_ylabel("share of pixels")
    figure.axes[0].legend()
    return figure


def _saturation(Figure, statistics):
    figure = Figure(figsize=(5, 3.2), layout="constrained")
    axes = figure.subplots()
    bins = np.linspace(0, 1, 26)
    for values, label in zip(statistics.saturation, ("originals", "samples")):
        axes.hist(values, bins, label=label, alpha=0.6)
    axes.set(xlabel="saturation", ylabel="images")
    axes.legend()
    return figure


def _similarity(Figure, statistics):
    figure = Figure(figsize=(5, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.hist(statistics.similarity, 25)
    axes.set(xlabel="mean MS-SSIM of pairs", ylabel="images")
    return figure


def _best_of(Figure, statistics):
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    rows = statistics.best_of()
    left.errorbar(
        [row["k"] for row in rows],
        [row["error_of_best"] for row in rows],
        [row["standard_error"] or 0.0 for row in rows],
        marker="o",
        capsize=3,
    )
    left.set(xlabel="k", ylabel="RMSE of chroma / 128")
    left.xaxis.get_major_locator().set_params(integer=True)
    errors = statistics.errors_of_best[-1]
    right.plot(statistics.variance, errors, ".", alpha=0.6)
    right.set(xlabel="variance of chroma / 128", ylabel="error of the best")
    return figure


def _curve(Figure, curve):
    figure = Figure(figsize=(5, 3.2), layout="constrained")
    axes = figure.subplots()
    for name, values in curve.items():
        if name != "step":
            axes.plot(curve["step"], values, marker=".", label=name)
    axes.set(xlabel="step", ylabel="bits per dimension")
    axes.legend()
    return figure


def _png(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()
