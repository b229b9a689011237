"""Progress bars and messages on the terminal."""

import sys

from rich.console import Console
from rich.progress import BarColumn
from rich.progress import MofNCompleteColumn
from rich.progress import Progress
from rich.progress import TextColumn
from rich.progress import TimeRemainingColumn


class Display:
    """Progress bars while work is done, and lines of text past them.

    Bars are shown inside a `with` block, on stderr, if stderr is a terminal.
    """

    def __init__(self):
        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
            # Rich would print to stderr what belongs on stdout.
            redirect_stdout=False,
        )
        self._ids = {}

    def __enter__(self):
        self._bars.start()
        return self

    def __exit__(self, *error):
        self._bars.stop()

    def progress(self, title, done, total):
        """Moves the bar of this title, which the first call adds."""
        if title not in self._ids:
            self._ids[title] = self._bars.add_task(title)
        self._bars.update(self._ids[title], completed=done, total=total)

    def remove(self, title):
        """Removes the bar of this title, if there is one."""
        if title in self._ids:
            self._bars.remove_task(self._ids.pop(title))

    def result(self, text):
        """Prints a line on stdout."""
        if self._bars.disable or not sys.stdout.isatty():
            print(text, flush=True)
        else:
            # Both streams are the same terminal: the bars must make room.
            self.remark(text)

    def remark(self, text):
        """Prints a line on stderr."""
        self._bars.console.print(
            text, markup=False, highlight=False, soft_wrap=True
        )


def printable(path):
    """A path as text, even if its bytes are not UTF-8."""
    return str(path).encode(errors="surrogateescape").decode(errors="replace")


def message_of(error):
    """The text of an exception, with its class if the text may not suffice.

    The texts of errors of files, arguments and imports suffice.
    """
    text, name = str(error).strip(), type(error).__name__
    if text and isinstance(error, (OSError, ValueError, ImportError)):
        return text
    return f"{name}: {text}" if text else name
