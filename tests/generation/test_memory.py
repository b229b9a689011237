"""The memory that large photographs take."""

import pathlib
import subprocess
import sys

import pytest

_SCRIPT = """
import numpy as np

from keras_colorize import Colorizer
from keras_colorize.images import Photograph, read_photograph, write_photograph

def peak():
    with open("/proc/self/status") as lines:
        (line,) = (x for x in lines if x.startswith("VmHWM"))
    return 1024 * int(line.split()[1])

model = Colorizer.from_preset("hypercolumn_lite")

def color(height, width):
    row = np.arange(width, dtype="uint8")
    pixels = np.broadcast_to(row[:, None], (height, width, 1))
    write_photograph("gray.jpg", Photograph(pixels), True)
    gray = read_photograph("gray.jpg")
    (colored,) = model.generate(gray.pixels, seed=0, verbose=0)
    write_photograph("colored.jpg", gray.with_pixels(colored), True)

color(400, 600)
before = peak()
color(4000, 6000)
print((peak() - before) / (4000 * 6000))
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not pathlib.Path("/proc/self/status").exists(), reason="needs Linux"
)
def test_bytes_a_pixel(tmp_path):
    """1 byte of gray, 3 of RGB and few more."""
    result = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert 4 < float(result.stdout) < 10, result.stdout
