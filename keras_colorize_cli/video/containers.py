"""What the colored film is made of: its container and streams. Imports PyAV."""

import io

import av

from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.video.checks import FORMATS


def add_pictures(container, film, suffix):
    """Adds a stream of colored frames to a container that is written.

    The frames are H.264, or FFV1 where the film and the container are lossless.
    """
    if film.codec == "ffv1" and suffix == ".mkv":
        codec, options = "ffv1", {"level": "3"}
    else:
        # Without B-frames packets are in the order of their time stamps, so
        # parts can be joined. Quality 12 keeps most of the grain.
        codec, options = "libx264", {"crf": "12", "bf": "0"}
    stream = container.add_stream(codec, rate=film.rate, options=options)
    stream.height, stream.width = film.size
    stream.pix_fmt = "yuv420p"
    stream.time_base = film.time_base
    context = stream.codec_context
    context.time_base = film.time_base
    context.colorspace = film.tags.matrix
    context.color_range = film.tags.range
    context.color_primaries = film.tags.primaries
    context.color_trc = film.tags.transfer
    if film.aspect_ratio:
        context.sample_aspect_ratio = film.aspect_ratio
    return stream


def check_container(film, output):
    """Checks that the container of the output can hold frames and sound."""
    suffix = output.suffix.lower()
    try:
        with av.open(io.BytesIO(), "w", format=FORMATS[suffix]) as container:
            add_pictures(container, film, suffix)
            film.add_sound(container)
            container.start_encoding()
    except (OSError, ValueError, av.error.FFmpegError) as error:
        raise UsageError(
            f"{output} cannot hold the sound of {film.path} as it is: {error}. "
            "Choose a name that ends in .mkv, which holds most kinds of sound."
        ) from error
