"""Compares ways to compute the luminance of toned and faded scans.

python benchmarks/old_photographs.py

Photographs in color are aged by script; so the luminance before aging is known.
The error of a luminance is its root mean square difference from the luminance
before aging, in units of CIE L. Fading changes black and white for every
luminance alike, so the error is taken after the best affine map.
"""

import pathlib

import numpy as np

from keras_colorize.color.lab import luminance
from keras_colorize.images import read_photograph

PHOTOS = pathlib.Path(__file__).parents[1] / "examples" / "photos"
NAMES = ("astronaut.jpg", "chelsea_turned.jpg", "coffee.png", "rocket.jpg")
FAULTS = ("tint", "stains", "grain", "noise", "vignette")


def age(gray, seed=0, faults=FAULTS, border=0.0):
    """A toned scan of a gray photograph.

    Args:
        gray: Float array `(H, W)` in [0, 1], sRGB encoded.
        seed: int.
        faults: Names. `"tint"`: brown silver on yellow paper, faded;
            `"stains"`: yellow spots; `"grain"`: of the film, alike in all
            channels; `"noise"`: of the scanner, strongest in blue; and
            `"vignette"`.
        border: float. The width of a paper border, as a share of the shorter
            side.

    Returns:
        uint8 array `(H', W', 3)`, larger than `gray` by the border.
    """
    rng = np.random.default_rng(seed)
    y, x = (np.linspace(-1, 1, n) for n in gray.shape)
    radius = np.hypot(y[:, None], x)
    if "vignette" in faults:
        gray = gray * (1 - 0.2 * radius**2)
    if "grain" in faults:
        gray = gray + 0.03 * rng.standard_normal(gray.shape)
    width = round(border * min(gray.shape))
    gray = np.pad(gray, width, constant_values=1.0)
    rgb = np.clip(gray, 0, 1)[..., None] * np.ones(3)
    if "tint" in faults:
        black, paper = np.array([[0.20, 0.15, 0.10], [0.96, 0.91, 0.80]])
        rgb = black + (paper - black) * rgb ** np.array([0.85, 1.0, 1.2])
    if "stains" in faults:
        rgb *= 1 - _stains(gray.shape, rng) * np.array([0.03, 0.12, 0.35])
    if "noise" in faults:
        rgb += rng.standard_normal(rgb.shape) * np.array([0.01, 0.01, 0.02])
    return np.rint(255 * np.clip(rgb, 0, 1)).astype(np.uint8)


def _stains(shape, rng):
    """Round spots `(H, W, 1)` in [0, 1] on about a tenth of the paper."""
    y, x = np.indices(shape)
    spots = np.zeros(shape)
    for _ in range(8):
        center = rng.uniform(0, 1, 2) * shape
        size = rng.uniform(0.03, 0.1) * min(shape)
        distance = np.hypot(y - center[0], x - center[1])
        spots = np.maximum(spots, np.exp(-((distance / size) ** 2)))
    return spots[..., None]


def principal(rgb):
    """The first principal component, with all weights of one sign."""
    flat = rgb.reshape(-1, 3)
    vectors = np.linalg.eigh(np.cov(flat.T))[1]
    return rgb @ np.abs(vectors[:, -1])


LUMINANCES = {
    "L of Lab": lambda rgb: np.asarray(luminance(rgb))[..., 0],
    "Y'": lambda rgb: rgb @ np.array([0.299, 0.587, 0.114]),
    "mean": lambda rgb: rgb.mean(-1),
    "principal component": principal,
    "red": lambda rgb: rgb[..., 0],
    "green": lambda rgb: rgb[..., 1],
    "blue": lambda rgb: rgb[..., 2],
}


def error(values, target):
    """The root mean square difference after the best affine map."""
    columns = np.stack([values.ravel(), np.ones(values.size)], 1)
    residual = np.linalg.lstsq(columns, target.ravel(), rcond=None)[1]
    return float(np.sqrt(residual[0] / values.size))


def measure(faults, names=NAMES, seeds=range(3)):
    """The mean error of each luminance."""
    errors = {name: [] for name in LUMINANCES}
    for photo in names:
        rgb = read_photograph(PHOTOS / photo).pixels
        target = np.asarray(luminance(rgb))[..., 0].astype(float)
        y = ((target + 16) / 116) ** 3
        y = np.where(target > 8, y, target / 903.3)
        gray = np.where(
            y > 0.0031308, 1.055 * y ** (1 / 2.4) - 0.055, 12.92 * y
        )
        for seed in seeds:
            old = age(gray, seed, faults).astype(np.float32) / 255
            for name, function in LUMINANCES.items():
                errors[name].append(error(function(old).astype(float), target))
    return {name: float(np.mean(values)) for name, values in errors.items()}


def main():
    kinds = {
        "tint": ("tint",),
        "tint, stains": ("tint", "stains"),
        "tint, noise": ("tint", "noise"),
        "tint, grain": ("tint", "grain"),
        "all": FAULTS,
    }
    columns = {title: measure(faults) for title, faults in kinds.items()}
    rows = [["luminance", *columns], ["---"] * (1 + len(columns))]
    for name in LUMINANCES:
        errors = [f"{column[name]:.2f}" for column in columns.values()]
        rows.append([name, *errors])
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))


if __name__ == "__main__":
    main()
