"""The eight EXIF orientations."""

_UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a.swapaxes(0, 1)[::-1],
}


def upright(pixels, orientation):
    """Pixels turned as the EXIF orientation says they are to be displayed.

    Args:
        pixels: array `(H, W, ...)` as stored.
        orientation: int. The EXIF tag; values it does not define mean 1.
    """
    return _UPRIGHT.get(orientation, _UPRIGHT[1])(pixels)


def swaps_axes(orientation):
    """Whether the orientation makes rows of columns."""
    return orientation in (5, 6, 7, 8)
