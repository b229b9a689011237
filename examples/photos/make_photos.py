"""Makes the photographs of this folder from the images in scikit-image.

python examples/photos/make_photos.py (needs scikit-image)
"""

import pathlib

import numpy as np
from PIL import Image
from PIL import ImageCms
from skimage import data

from keras_colorize.images import Photograph
from keras_colorize.images import write_photograph

FOLDER = pathlib.Path(__file__).parent
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def resized(pixels, width, height, box=None):
    image = Image.fromarray(pixels)
    resample = Image.Resampling.LANCZOS
    out = np.asarray(image.resize((width, height), resample, box))
    return out.reshape(height, width, -1)


def gray_16(rgb):
    """16-bit gray at half the size, computed in floating point."""
    rgb = rgb / 255
    light = np.where(
        rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4
    )
    height, width = rgb.shape[0] // 2, rgb.shape[1] // 2
    light = (light @ LUMINANCE).reshape(height, 2, width, 2).mean((1, 3))
    gray = np.where(
        light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055
    )
    return np.rint(gray * 65535).astype(np.uint16)[..., None]


def described(description, artist, orientation=None):
    exif = Image.Exif()
    exif[0x010E], exif[0x013B] = description, artist
    if orientation:
        exif[0x0112] = orientation
    return exif.tobytes()


def save(name, pixels, **metadata):
    photograph = Photograph(pixels, **metadata)
    write_photograph(FOLDER / name, photograph, overwrite=True)


coffee = data.coffee()
astronaut = data.astronaut()
save("coffee.png", resized(coffee, 384, 256), icc_profile=SRGB)
save("coffee_gray_16bit.png", gray_16(coffee), dpi=(300, 300))
save(
    "astronaut.jpg",
    resized(astronaut, 384, 384),
    exif=described("Eileen Collins", "NASA"),
    dpi=(72, 72),
)
save("rocket.jpg", resized(data.rocket(), 284, 427, (250, 0, 534, 427)))
save("camera_gray.jpg", resized(data.camera(), 384, 384))
save("grass_gray.webp", resized(data.grass(), 256, 256, (0, 0, 256, 256)))

# An oval, as in old portraits.
portrait = resized(astronaut, 240, 320, (120, 0, 345, 300))
y, x = np.mgrid[-1:1:320j, -1:1:240j]
oval = np.clip((1 - np.hypot(x, y)) * 100, 0, 1)
save(
    "portrait_gray_oval.tif",
    np.rint(portrait @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)[
        ..., None
    ],
    alpha=np.rint(oval * 255).astype(np.uint8)[..., None],
    dpi=(150, 150),
)

# Stored a quarter turn to the left, with the orientation that turns it back.
chelsea = Image.fromarray(np.rot90(data.chelsea()))
chelsea.save(
    FOLDER / "chelsea_turned.jpg",
    quality=95,
    subsampling=0,
    exif=described("Chelsea the cat", "Stefan van der Walt", orientation=6),
)
