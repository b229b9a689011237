"""What the user sees while a preset is evaluated."""

from rich.console import Console
from rich.progress import BarColumn
from rich.progress import MofNCompleteColumn
from rich.progress import Progress
from rich.progress import TextColumn
from rich.progress import TimeRemainingColumn

_TITLES = {
    "likelihood": "Likelihood (images)",
    "coloring": "Coloring (rows)",
    "measuring": "Measuring (measures)",
}


class StageDisplay:
    """A progress bar on stderr for each stage of an evaluation.

    Without a terminal there are none.
    """

    def __init__(self):
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
            redirect_stdout=False,
        )
        self._tasks = {}

    def __enter__(self):
        self._progress.start()
        return self

    def __exit__(self, *error):
        self._progress.stop()

    def progress(self, stage, done, total):
        """Says how much of a stage is done; a `progress` of `evaluate`."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(_TITLES[stage])
        self._progress.update(self._tasks[stage], completed=done, total=total)

    def remark(self, text):
        """Prints a line on stderr."""
        self._progress.console.print(
            text, markup=False, highlight=False, soft_wrap=True
        )
