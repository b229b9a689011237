"""The planes of a film's frames: Y of a frame, and U and V of its colors."""

import dataclasses

import numpy as np

# Kr and Kb of ITU-T H.273, table 4, by the number of the matrix.
_WEIGHTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
_FULL = 2


@dataclasses.dataclass(frozen=True)
class ColorTags:
    """What the numbers in the planes mean, as numbers of ITU-T H.273.

    Attributes:
        matrix: int. One of BT.709 (1), BT.601 (5, 6), and others.
        range: int. 1 is limited: Y from 16 to 235; 2 is full: Y from 0 to 255.
        primaries: int.
        transfer: int.
    """

    matrix: int
    range: int
    primaries: int
    transfer: int

    @classmethod
    def of(cls, frame):
        """The tags of a frame. Films without tags get the usual ones.

        Those are BT.709 from 720 rows on and BT.601 below, as players assume,
        and the limited range for YUV and RGB. Gray pictures without a matrix
        have the full range.
        """
        name = frame.format.name
        matrix = int(frame.colorspace)
        if matrix not in _WEIGHTS:
            matrix = 1 if frame.height >= 720 else 6
        is_full = int(frame.color_range) == _FULL or name.startswith(
            ("gray", "yuvj")
        )
        if frame.format.is_rgb:
            is_full = False
        return cls(
            matrix,
            _FULL if is_full else 1,
            int(frame.color_primaries),
            int(frame.color_trc),
        )


def luma_of(frame, tags):
    """The Y plane of a decoded frame, turned as players show it.

    Args:
        frame: `av.VideoFrame`.
        tags: `ColorTags`.

    Returns:
        A uint8 array `(H, W)`. A last odd row or column is repeated, because U
        and V have half the size.
    """
    name = frame.format.name
    if name != "gray":
        # Only the format changes, so Y of 8 bits stays as it is.
        frame = frame.reformat(
            format="yuv420p",
            dst_colorspace=tags.matrix if frame.format.is_rgb else None,
            src_color_range=None if frame.format.is_rgb else tags.range,
            dst_color_range=tags.range,
        )
    plane = frame.planes[0]
    luma = np.frombuffer(plane, "uint8").reshape(frame.height, plane.line_size)
    luma = np.rot90(luma[:, : frame.width], round(frame.rotation / 90))
    height, width = luma.shape
    return np.pad(luma, [(0, height % 2), (0, width % 2)], "edge")


def gray_of(luma, tags):
    """The gray values of Y, float32 in [0, 1]."""
    if tags.range == _FULL:
        return luma / np.float32(255)
    return np.clip((luma - np.float32(16)) / 219, 0, 1)


def half_size(luma):
    """Y at the places of U and V, a float32 array `(H / 2, W / 2)`.

    The places are those of MPEG-2 and H.264 (ITU-T H.264, figure 6-1): in the
    column of each second pixel, between two rows.
    """
    rows = (luma[::2].astype("float32") + luma[1::2]) / 2
    left = np.concatenate([rows[:, :1], rows[:, 1:-1:2]], axis=1)
    return (left + 2 * rows[:, ::2] + rows[:, 1::2]) / 4


def yuv_of(luma, rgb, tags):
    """The planes of a colored frame. Y stays as it is.

    Args:
        luma: uint8 array `(H, W)`.
        rgb: Float array `(H / 2, W / 2, 3)` in [0, 1].
        tags: `ColorTags`.

    Returns:
        A uint8 array `(1.5 H, W)`: Y, then U, then V, as PyAV takes yuv420p.
    """
    red, blue = _WEIGHTS[tags.matrix]
    weights = np.float32([red, 1 - red - blue, blue])
    y = rgb @ weights
    scale = 255 if tags.range == _FULL else 224
    u = (rgb[..., 2] - y) / (2 * (1 - blue))
    v = (rgb[..., 0] - y) / (2 * (1 - red))
    planes = [np.floor(128.5 + scale * x).clip(0, 255) for x in (u, v)]
    planes = [plane.astype("uint8").reshape(-1) for plane in planes]
    height, width = luma.shape
    return np.concatenate([luma.reshape(-1), *planes]).reshape(-1, width)
