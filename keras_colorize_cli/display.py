"""Progress bars and messages on the terminal."""

import json
import sys

from rich.console import Console
from rich.progress import BarColumn
from rich.progress import MofNCompleteColumn
from rich.progress import Progress
from rich.progress import TextColumn
from rich.progress import TimeRemainingColumn


class Display(Progress):
    """Progress bars and lines of text.

    Bars are shown inside a `with` block if stderr is a terminal.

    Args:
        stdout_is_data: bool. Whether stdout is for JSON or a picture, so that
            results go to stderr.
    """

    def __init__(self, stdout_is_data=False):
        console = Console(stderr=True)
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
            # Otherwise rich moves stdout's lines to stderr.
            redirect_stdout=False,
        )
        self._ids = {}
        self._stdout_is_data = stdout_is_data

    def progress(self, title, done, total):
        """Adds the bar of this title, or moves it."""
        if title not in self._ids:
            self._ids[title] = self.add_task(title)
        self.update(self._ids[title], completed=done, total=total)

    def remove(self, title):
        """Removes the bar of this title, if there is one."""
        if title in self._ids:
            self.remove_task(self._ids.pop(title))

    def result(self, text):
        """Prints a line on stdout, or on stderr if stdout is data."""
        if self._stdout_is_data:
            self.remark(text)
        elif self.disable or not sys.stdout.isatty():
            print(text, flush=True)
        else:
            # Both streams are one terminal, and the bars must make room.
            self.remark(text)

    def json(self, record):
        """Prints a JSON object as a line on stdout."""
        print(json.dumps(record), flush=True)

    def problem(self, kind, path, text):
        """Reports an error of a file, or a warning."""
        # Most texts name the file.
        name = "" if repr(str(path)) in text else f"{path}: "
        self.remark(f"{kind}: {name}{text}")

    def remark(self, text):
        """Prints a line on stderr."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)
