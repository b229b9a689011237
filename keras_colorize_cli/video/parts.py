"""Writing a film in parts, which a later run goes on with. Imports PyAV.

The folder of the parts holds

- `job.json`: what decides the colors. Another job has another folder.
- `part_00000.nut`, `part_00001.nut`, ...: the colored frames. NUT keeps any
  time base exactly.
- `state_00000.npz`, ...: what the coloring needs to go on after this part.
"""

import heapq
import io
import json
import os
import shutil

import av
import numpy as np

from keras_colorize.atomic_write import atomic_write
from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.video.checks import FORMATS
from keras_colorize_cli.video.containers import add_pictures


class Parts:
    """The parts of a colored film, in a folder beside the output.

    Args:
        output: path. Of the colored film.
        film: `Film`.
        job: dict, of JSON. What decides the colors.
        overwrite: bool. Whether parts of another job are removed.

    Attributes:
        num_frames: int. Frames in the parts that are whole.

    Raises:
        UsageError: If the folder has parts of another job, or is none.
    """

    def __init__(self, output, film, job, overwrite):
        self.folder = output.with_name(f"{output.name}.parts")
        self._output = output
        self._suffix = output.suffix.lower()
        self._film = film
        # Streams can be joined if one encoder wrote them.
        job = {**job, "encoder": av.__version__}
        self._prepare(job, overwrite)
        self._count = len(list(self.folder.glob("part_*.nut")))
        self.num_frames = 0
        if self._count:
            self.num_frames = int(self._load(self._count - 1)["num_frames"])

    def _prepare(self, job, overwrite):
        path = self.folder / "job.json"
        if os.path.lexists(self.folder):
            try:
                old = json.loads(path.read_text())
            except (OSError, ValueError) as error:
                raise UsageError(
                    f"{self.folder} is not a folder of parts of a film. Choose "
                    "another output, or rename it."
                ) from error
            other = [key for key in job if old.get(key) != job[key]]
            if not other:
                return
            if not overwrite:
                raise UsageError(
                    f"{self.folder} has parts of a run with another "
                    f"{' and '.join(other)}. Run with the arguments of that "
                    "run to go on, or pass --overwrite to begin anew."
                )
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)
        atomic_write(path, json.dumps(job, indent=2).encode())

    def state(self):
        """The state after the last frame of `num_frames`."""
        if not self._count:
            return {}
        state = self._load(self._count - 1)
        del state["num_frames"]
        return state

    def write(self, frames, seconds, state_of):
        """Writes frames into new parts.

        Args:
            frames: Iterator of time stamps and arrays of planes, those that
                are missing.
            seconds: float. The least length of a part.
            state_of: Function that returns the state after the last frame, a
                dict of arrays.
        """
        frame = next(frames, None)
        while frame is not None:
            path = self._path("part", "nut")
            unfinished = path.with_suffix(".tmp")
            end = frame[0] + seconds / self._film.time_base
            with av.open(str(unfinished), "w", format="nut") as container:
                stream = add_pictures(container, self._film, self._suffix)
                while frame is not None and frame[0] < end:
                    container.mux(stream.encode(self._frame(*frame)))
                    self.num_frames += 1
                    # The next frame changes the state.
                    state = state_of()
                    frame = next(frames, None)
                container.mux(stream.encode(None))
            content = io.BytesIO()
            np.savez(content, num_frames=self.num_frames, **state)
            atomic_write(self._path("state", "npz"), content.getvalue())
            os.replace(unfinished, path)
            self._count += 1
            if self._count > 1:
                self._path("state", "npz", self._count - 2).unlink()

    def join(self, overwrite):
        """Joins the parts and the sound to the output, and removes the parts.

        Nothing is encoded again.

        Raises:
            FileExistsError: If the output exists by now.
        """
        film = self._film
        whole = self.folder / f"whole{self._suffix}"
        format = FORMATS[self._suffix]
        with av.open(str(whole), "w", format=format) as container:
            container.metadata.update(film.metadata)
            container.set_chapters(film.chapters)
            stream = add_pictures(container, film, self._suffix)
            stream.metadata.update(film.stream_metadata)
            sound = film.add_sound(container)
            packets = heapq.merge(
                self._packets(stream),
                sound,
                key=lambda packet: packet.dts * packet.time_base,
            )
            for packet in packets:
                container.mux(packet)
        if os.path.lexists(self._output) and not overwrite:
            raise FileExistsError(f"{self._output} exists by now.")
        os.replace(whole, self._output)
        shutil.rmtree(self.folder)

    def _packets(self, stream):
        for index in range(self._count):
            path = self._path("part", "nut", index)
            with av.open(str(path), format="nut") as part:
                for packet in part.demux(video=0):
                    if packet.pts is not None:
                        # NUT leaves it out where a part begins later than 0.
                        packet.dts = packet.pts
                        packet.stream = stream
                        yield packet

    def _frame(self, pts, planes):
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = pts
        frame.time_base = self._film.time_base
        frame.color_range = self._film.tags.range
        frame.colorspace = self._film.tags.matrix
        return frame

    def _load(self, index):
        with np.load(self._path("state", "npz", index)) as arrays:
            return dict(arrays)

    def _path(self, kind, suffix, index=None):
        index = self._count if index is None else index
        return self.folder / f"{kind}_{index:05}.{suffix}"
