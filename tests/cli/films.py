"""Films that tests make, and what is in a film."""

from fractions import Fraction

import av
import numpy as np

TIME_BASE = Fraction(1, 600)
SIZE = 48, 64
NUM_FRAMES = 24


def gray_frames(number=NUM_FRAMES, size=SIZE):
    """A disk that moves over a ramp, with a cut in the middle."""
    y, x = np.mgrid[: size[0], : size[1]]
    rng = np.random.default_rng(0)
    for t in range(number):
        frame = 60.0 + x if t < number // 2 else 200.0 - 2.0 * y
        disk = (y - 24) ** 2 + (x - 8 - 2 * t) ** 2 < 64
        frame = np.where(disk, 150.0, frame) + rng.normal(0, 2, size)
        yield frame.round().clip(16, 235).astype("uint8")


def times(number=NUM_FRAMES):
    """Time stamps of a variable rate: 24 frames a second, then 15."""
    steps = np.where(np.arange(number) < number // 2, 25, 40)
    return [0, *np.cumsum(steps)[:-1].tolist()]


def write_film(
    path, frames=None, codec="libx264", sound="aac", turn=0, range=1
):
    """Writes a film, with `turn` degrees to show it, and a tone."""
    frames = list(gray_frames() if frames is None else frames)
    height, width = frames[0].shape
    with av.open(str(path), "w") as container:
        options = {"qp": "0"} if codec == "libx264" else {}
        video = container.add_stream(codec, rate=24, options=options)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.time_base = video.codec_context.time_base = TIME_BASE
        video.codec_context.color_range = range
        video.codec_context.colorspace = 1
        video.codec_context.sample_aspect_ratio = Fraction(4, 3)
        container.metadata["title"] = "A disk"
        container.set_chapters(
            [
                {
                    "id": 0,
                    "start": 0,
                    "end": 500,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": "Ramp"},
                }
            ]
        )
        if turn:
            video.set_display_rotation(turn)
        if sound:
            audio = container.add_stream(sound, rate=44100, layout="mono")
        gray = np.full((height // 2, width), 128, "uint8")
        for pts, luma in zip(times(len(frames)), frames):
            planes = np.concatenate([luma, gray])
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = pts, TIME_BASE
            frame.color_range = range
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if sound:
            tone = np.sin(np.arange(44100) * (440 * 2 * np.pi / 44100))
            tone = (12000 * tone).astype("int16")
            for start in np.arange(0, len(tone), 1024):
                samples = tone[None, start : start + 1024]
                block = av.AudioFrame.from_ndarray(samples, "s16", "mono")
                block.sample_rate, block.pts = 44100, int(start)
                container.mux(audio.encode(block))
            container.mux(audio.encode(None))
    return path


def decoded(path):
    """The frames of a film."""
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def plane(frame, index=0):
    """A plane of a frame, as an array."""
    plane = frame.planes[index]
    rows = np.frombuffer(plane, "uint8").reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width].astype(int)


def sound(path):
    """Time in seconds and bytes of the packets of sound."""
    with av.open(str(path)) as container:
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(audio=0)
            if packet.dts is not None
        ]
