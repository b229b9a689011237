"""Tables as text, Markdown and HTML.

A table is a list of rows, and a row is a sequence of str. The first row holds
the titles of the columns.
"""

import html
import io
import re
import shutil
import sys


def text_table(rows, width=None):
    """A table for the terminal.

    Args:
        rows: list of sequences of str.
        width: int or None. The most characters in a line: longer cells are
            wrapped. None takes the width of the terminal, and no limit where
            the output goes to a file.

    Returns:
        str.
    """
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    titles, *body = rows
    table = Table(box=SIMPLE)
    for title in titles:
        table.add_column(Text(title), overflow="fold")
    for row in body:
        table.add_row(*map(Text, row))
    if width is None:
        is_terminal = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if is_terminal else 10_000
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(table)
    return console.file.getvalue()


def markdown_table(rows):
    """A table in Markdown, a str: see `text_table`."""
    titles, *body = rows
    lines = []
    for row in (titles, ["---"] * len(titles), *body):
        cells = [cell.replace("|", "\\|").replace("\n", "<br>") for cell in row]
        lines.append(f"| {' | '.join(cells)} |\n")
    return "".join(lines)


def markdown_text(text):
    """A text in one line of Markdown, where it reads as it is."""
    return re.sub(r"([\\`*_\[\]<>&~#])", r"\\\1", " ".join(text.split()))


def html_table(rows):
    """A table in HTML, a str: see `text_table`."""
    lines = []
    for i, row in enumerate(rows):
        tag = "td" if i else "th"
        cells = [f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row]
        lines.append(f"<tr>{''.join(cells)}</tr>\n")
    return f"<table>\n{''.join(lines)}</table>\n"
