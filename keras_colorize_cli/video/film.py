"""Reading a film: its frames and its sound. Imports PyAV."""

import av

from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.video.planes import ColorTags
from keras_colorize_cli.video.planes import luma_of


class Film:
    """A film, checked by decoding its first frame.

    Args:
        path: path.

    Attributes:
        path: path.
        tags: `ColorTags`.
        size: tuple of ints. Height and width of the colored frames.
        time_base: Fraction. Seconds of a unit of time stamps.
        rate: Fraction or None. Frames per second, on average.
        aspect_ratio: Fraction or None. Of a pixel.
        codec: str. Of the frames, such as "h264".
        num_frames: int. Packets of frames in the file, so about the number
            of frames.
        metadata: dict. Of the film.
        stream_metadata: dict. Of the stream of frames.
        chapters: list. As PyAV gives and takes them.
        left_out: list of str. The kinds of streams that are not copied.
        num_damaged: int. Packets that `frames` could not decode, and frames
            whose time stamps are not after the last one.

    Raises:
        UsageError: If it is no film, or cannot be decoded.
    """

    def __init__(self, path):
        self.path = path
        self.num_damaged = 0
        with self._open() as container:
            stream = self._pictures(container)
            frame = self._first(container, stream)
            self.tags = ColorTags.of(frame)
            self.size = luma_of(frame, self.tags).shape
            self.time_base = stream.time_base
            self.rate = stream.average_rate
            ratio = stream.sample_aspect_ratio
            is_turned = ratio and round(frame.rotation / 90) % 2
            self.aspect_ratio = 1 / ratio if is_turned else ratio
            self.codec = stream.codec_context.name
            self.metadata = dict(container.metadata)
            self.stream_metadata = dict(stream.metadata)
            self.chapters = container.chapters()
            self.left_out = sorted(
                other.type
                for other in container.streams
                if other.type != "audio"
                and other.index != stream.index
                # MP4 has the titles of chapters in a stream, too.
                and other.discard != av.stream.Discard.all
            )
        with self._open() as container:
            # AVI has time stamps in the order of decoding only. The others
            # have them in the frames.
            self._times = sorted(
                packet.dts
                for packet in container.demux(self._pictures(container))
                if packet.dts is not None and packet.size
            )
            self._has_own_times = container.format.name != "avi"
        self.num_frames = len(self._times)

    def frames(self):
        """Yields the time stamp and Y plane of each frame, see `luma_of`."""
        self.num_damaged = 0
        times, last = iter(self._times), None
        for frame in self._decoded():
            pts = frame.pts if self._has_own_times else next(times, None)
            if pts is None or (last is not None and pts <= last):
                self.num_damaged += 1
                continue
            last = pts
            yield pts, luma_of(frame, self.tags)

    def _decoded(self):
        with self._open() as container:
            stream = self._pictures(container)
            stream.thread_type = "AUTO"
            for packet in container.demux(stream):
                try:
                    yield from packet.decode()
                except av.error.InvalidDataError:
                    self.num_damaged += 1

    def add_sound(self, output):
        """Adds the streams of sound to a container that is written.

        Returns:
            A generator of their packets, not decoded.
        """
        container = self._open()
        streams = {
            stream.index: output.add_stream_from_template(stream)
            for stream in container.streams.audio
        }
        for stream in container.streams.audio:
            streams[stream.index].metadata.update(stream.metadata)
            streams[stream.index].time_base = stream.time_base
        return self._sound(container, streams)

    def _sound(self, container, streams):
        with container:
            if not streams:
                return
            for packet in container.demux(audio=list(range(len(streams)))):
                if packet.dts is not None:
                    packet.stream = streams[packet.stream_index]
                    yield packet

    def _open(self):
        try:
            # A playlist may name other files, and places in the network.
            return av.open(
                f"file:{self.path}", options={"protocol_whitelist": "file"}
            )
        except (OSError, av.error.FFmpegError) as error:
            raise UsageError(
                f"{self.path} is not a film: {error.strerror}. Expected a "
                "video file, such as MP4, MOV, MKV or AVI."
            ) from error

    def _pictures(self, container):
        name = container.format.name
        if name == "image2" or name.endswith("_pipe"):
            raise UsageError(
                f"{self.path} is a photograph. Color photographs with "
                "`keras-colorize colorize`."
            )
        for stream in container.streams.video:
            # Songs have a cover.
            if not stream.disposition & av.stream.Disposition.attached_pic:
                return stream
        kinds = {stream.type for stream in container.streams}
        raise UsageError(
            f"{self.path} has no video stream, only {sorted(kinds)}. Expected "
            "a film."
        )

    def _first(self, container, stream):
        try:
            frame = next(container.decode(stream), None)
        except (OSError, av.error.FFmpegError, ValueError) as error:
            raise UsageError(
                f"{self.path}: the first frame cannot be decoded: {error}."
            ) from error
        if frame is None or frame.pts is None:
            missing = "frames" if frame is None else "time stamps"
            raise UsageError(
                f"{self.path} has no {missing}. Expected a film that players "
                "can play, such as MP4 or MKV."
            )
        return frame
