"""The page of `keras-colorize demo`, in Gradio. Imports Keras."""

import contextlib
import contextvars
import functools
import os
import pathlib
import shutil
import tempfile
import threading
import time

import gradio as gr
import numpy as np

from keras_colorize_cli.colorize.inputs import SUFFIXES
from keras_colorize_cli.demo.pictures import PREVIEW
from keras_colorize_cli.demo.pictures import Session

_BYTES_OF_PIXEL = 8  # 16 bits of red, green, blue and alpha
_MOST_WAITING = 20

# Seconds after which uploads and strokes that no page has taken over are
# removed. While a page has a photograph, jobs may wait for them in the queue.
_AGES = {"no page": 60, "pages": 3600}
_SESSION = "session_"

_HEAD = """\
# Color a gray photograph
Drop a photograph. The model draws its best single coloring and five samples.
Paint on the photograph to tell the model some of its colors, then press
**Color**. Choose a coloring to compare it with the gray photograph and to
download it. Only the luminance of a color photograph is used.
"""
_FONTS = ["system-ui", "sans-serif"]
_COLORS = ["#c0392b", "#e67e22", "#f1c40f", "#27ae60", "#2f80d0", "#8e5aa8"]
_COLORS += ["#e8b89a", "#8a5a33", "#808080"]


@contextlib.contextmanager
def serve(models, host, port, max_pixels, browser):
    """Serves the page while the block runs.

    The page's files lie in a temporary folder, which is removed at the end.

    Args:
        models: dict. `Colorizer`s by the names to choose them by, the default
            first.
        host: str. Address to listen on.
        port: int or None. None is the first free one from 7860.
        max_pixels: int. The most pixels of a photograph.
        browser: bool. Whether to open the page in the browser.

    Yields:
        The page's address.

    Raises:
        OSError: The port is taken, or cannot be listened on.
    """
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="keras_colorize_")
        )
        # Gradio has no argument for its folder.
        os.environ["GRADIO_TEMP_DIR"] = folder
        stack.callback(os.environ.pop, "GRADIO_TEMP_DIR")
        handlers = _Handlers(models, pathlib.Path(folder), max_pixels)
        end = threading.Event()
        stack.callback(end.set)
        threading.Thread(target=handlers.sweep, args=[end], daemon=True).start()
        page = _make_page(handlers, list(models))
        stack.callback(page.close, verbose=False)
        _, address, _ = page.queue(
            max_size=_MOST_WAITING, api_open=False
        ).launch(
            server_name=host,
            server_port=port,
            inbrowser=browser,
            max_file_size=_BYTES_OF_PIXEL * max_pixels,
            theme=gr.themes.Default(font=_FONTS, font_mono=["monospace"]),
            prevent_thread_lock=True,
            quiet=True,
            footer_links=[],
            share=False,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
            # Otherwise the browser would keep photographs.
            run_history=False,
        )
        yield address


def _make_page(handlers, names):
    """The page as `gradio.Blocks`, with the names of the models."""
    with gr.Blocks(title="keras-colorize", analytics_enabled=False) as page:
        gr.Markdown(_HEAD)
        with gr.Row():
            with gr.Column():
                upload = gr.File(
                    label="Drop a photograph",
                    file_types=list(SUFFIXES),
                    type="filepath",
                    height=130,
                    elem_id="upload",
                )
                editor = gr.ImageEditor(
                    label="Gray photograph, to paint on",
                    type="numpy",
                    sources=(),
                    transforms=(),
                    layers=False,
                    buttons=[],
                    brush=gr.Brush(
                        default_size=12, colors=_COLORS, color_mode="defaults"
                    ),
                    canvas_size=(PREVIEW, PREVIEW),
                    elem_id="editor",
                )
                hint_note = gr.Markdown(elem_id="note")
                button = gr.Button("Color", variant="primary", elem_id="color")
                with gr.Row():
                    preset = gr.Dropdown(
                        names,
                        value=names[0],
                        label="Preset",
                        elem_id="preset",
                    )
                    seed = gr.Number(
                        0,
                        precision=0,
                        minimum=0,
                        label="Seed (empty: random)",
                        elem_id="seed",
                    )
                temperature = gr.Slider(
                    0,
                    1.5,
                    value=1,
                    step=0.05,
                    label="Temperature of the samples",
                    info="Lower values draw likelier, less varied colors.",
                    elem_id="temperature",
                )
            with gr.Column():
                slider = gr.ImageSlider(
                    label="Before and after",
                    interactive=False,
                    buttons=["fullscreen"],
                    elem_id="slider",
                )
                gallery = gr.Gallery(
                    label="Colorings",
                    show_label=False,
                    columns=3,
                    object_fit="contain",
                    allow_preview=False,
                    interactive=False,
                    buttons=[],
                    elem_id="gallery",
                )
                download = gr.DownloadButton(
                    "Download at full resolution",
                    interactive=False,
                    elem_id="download",
                )
                uncertainty = gr.Image(
                    label="Uncertainty: white where the model does not know",
                    interactive=False,
                    buttons=["fullscreen"],
                    elem_id="uncertainty",
                )
        shown = [slider, download]
        results = [gallery, uncertainty, *shown]
        job = {"concurrency_limit": 1, "concurrency_id": "job"}
        options = [preset, temperature, seed]
        coloring = {"outputs": results, "show_progress_on": [slider], **job}
        page.load(handlers.describe, preset, [hint_note, temperature])
        preset.change(handlers.describe, preset, [hint_note, temperature])
        opened = [upload, editor, *results]
        opening = upload.upload(handlers.open, upload, opened, **job)
        opening.success(handlers.color_new, options, **coloring)
        opening.failure(handlers.clear, None, opened)
        button.click(handlers.color, [editor, *options], **coloring)
        gallery.select(handlers.choose, None, shown)
        page.unload(handlers.close)
    return page


class _Handlers:
    """What the page does on events. Each open page has a `Session`."""

    def __init__(self, models, folder, max_pixels):
        self._models = models
        self._folder = folder
        self._max_pixels = max_pixels
        self._sessions = {}

    def _session(self, request):
        name = request.session_hash
        if name not in self._sessions:
            # The browser chose the name, so no file may have it.
            folder = tempfile.mkdtemp(prefix=_SESSION, dir=self._folder)
            self._sessions[name] = Session(folder, self._max_pixels)
        return self._sessions[name]

    def close(self, request: gr.Request):
        if session := self._sessions.pop(request.session_hash, None):
            session.close()

    def sweep(self, end):
        """Removes what Gradio leaves behind, until the event `end` is set."""
        while not end.wait(_AGES["no page"] / 2):
            oldest = _AGES["pages" if self._sessions else "no page"]
            # Gradio moves files at the same time.
            with contextlib.suppress(FileNotFoundError):
                for path in self._folder.iterdir():
                    age = time.time() - path.stat().st_mtime
                    if path.name.startswith(_SESSION) or age < oldest:
                        continue
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

    def describe(self, preset):
        supports = self._models[preset].supports
        note = "Strokes of the brush are hints."
        if "hints" not in supports:
            note = f"The preset {preset} takes no hints."
        return note, gr.update(interactive="temperature" in supports)

    def open(self, upload, request: gr.Request):
        session = self._session(request)
        with _shown_errors():
            session.open(upload)
        gray = str(session.gray)
        editor = {"background": gray, "layers": [], "composite": None}
        return None, editor, *self._results(session)

    def clear(self, request: gr.Request):
        """Shows that there is no photograph, after one was refused."""
        return None, None, *self._results(self._session(request))

    def color_new(
        self, preset, temperature, seed, request: gr.Request, bar=gr.Progress()
    ):
        """Colors a new photograph, on which nobody can have painted yet."""
        return self._color([], preset, temperature, seed, request, bar)

    def color(
        self,
        editor,
        preset,
        temperature,
        seed,
        request: gr.Request,
        bar=gr.Progress(),
    ):
        layers = editor["layers"] if editor else []
        if any(map(np.any, layers)):
            if "hints" not in self._models[preset].supports:
                gr.Warning(f"The preset {preset} takes no hints.")
        return self._color(layers, preset, temperature, seed, request, bar)

    def _color(self, layers, preset, temperature, seed, request, bar):
        session = self._session(request)
        # The model draws on other threads, which lack Gradio's context.
        show = functools.partial(contextvars.copy_context().run, bar)
        show(0, desc="Reading")
        with _shown_errors():
            session.color(
                self._models[preset],
                preset,
                seed,
                temperature,
                layers,
                lambda *rows: show(rows, desc="Drawing", unit="rows"),
            )
        return self._results(session)

    def choose(self, event: gr.SelectData, request: gr.Request):
        return self._shown(self._session(request), event.index)

    def _results(self, session):
        """The values of the gallery, uncertainty, slider and download."""
        gallery = [(str(p.preview), p.caption) for p in session.pictures]
        gallery = gr.Gallery(gallery, selected_index=0 if gallery else None)
        uncertainty = session.uncertainty and str(session.uncertainty)
        return gallery, uncertainty, *self._shown(session, 0)

    def _shown(self, session, index):
        if not session.pictures:
            return None, gr.DownloadButton(value=None, interactive=False)
        picture = session.pictures[index]
        return (
            (str(session.gray), str(picture.preview)),
            gr.DownloadButton(value=str(picture.file), interactive=True),
        )


@contextlib.contextmanager
def _shown_errors():
    """Shows errors of photographs and arguments on the page."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise gr.Error(str(error), print_exception=False) from error
