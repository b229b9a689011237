"""What the user sees while photographs are colored."""

import sys

from rich.console import Console
from rich.progress import BarColumn
from rich.progress import MofNCompleteColumn
from rich.progress import Progress
from rich.progress import TextColumn
from rich.progress import TimeRemainingColumn


class Display:
    """Two progress bars on stderr, over photographs and over rows in one.

    Without a terminal there are no bars. Lines for the user go past them:
    results to stdout, remarks and errors to stderr.

    Args:
        total: int. Photographs in all.
    """

    def __init__(self, total):
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            # It would send to stderr what belongs on stdout.
            redirect_stdout=False,
        )
        self._photographs = self._progress.add_task(
            "Photographs", total=total, unit=""
        )
        self._rows = None

    def __enter__(self):
        self._progress.start()
        return self

    def __exit__(self, *error):
        self._drop_rows()
        self._progress.stop()

    def begin(self, name):
        """Says which photograph is being worked on."""
        self._rows = self._progress.add_task(name, total=None, unit="rows")

    def rows(self, done, total):
        """Says how much of it is drawn; a `progress` of `generate`."""
        self._progress.update(self._rows, completed=done, total=total)

    def end(self):
        """Says that a photograph is finished with."""
        self._drop_rows()
        self._progress.advance(self._photographs)

    def result(self, text):
        """Prints a line on stdout."""
        if self._progress.disable or not sys.stdout.isatty():
            print(text, flush=True)
        else:
            # The same terminal, where the bars have to make room.
            self._print(text)

    def remark(self, text):
        """Prints a line on stderr."""
        self._print(text)

    def _drop_rows(self):
        if self._rows is not None:
            self._progress.remove_task(self._rows)
            self._rows = None

    def _print(self, text):
        self._progress.console.print(
            text, markup=False, highlight=False, soft_wrap=True
        )


def shown(path):
    """A path as it can be printed, also where its bytes are not UTF-8."""
    return str(path).encode(errors="surrogateescape").decode(errors="replace")
