from keras_colorize.tables import html_table
from keras_colorize.tables import markdown_table
from keras_colorize.tables import text_table

ROWS = [("", "value"), ("a|b", "1 ± 0.1"), ("<two>\nlines", "x" * 200)]


class TestTables:
    def test_text(self):
        lines = text_table(ROWS).splitlines()
        assert any("a|b" in line and "1 ± 0.1" in line for line in lines)
        # A file's lines have no limit.
        assert any("x" * 200 in line for line in lines)
        narrow = text_table(ROWS, width=40).splitlines()
        assert max(map(len, narrow)) <= 40
        assert sum(line.count("x") for line in narrow) == 200

    def test_rich_markup_stays_text(self):
        assert "[red]x[/red]" in text_table([("a",), ("[red]x[/red]",)])

    def test_markdown(self):
        assert markdown_table(ROWS[:2]) == (
            "|  | value |\n| --- | --- |\n| a\\|b | 1 ± 0.1 |\n"
        )
        assert "| <two><br>lines | xxx" in markdown_table(ROWS)

    def test_html(self):
        assert html_table(ROWS[:2]) == (
            "<table>\n<tr><th></th><th>value</th></tr>\n"
            "<tr><td>a|b</td><td>1 ± 0.1</td></tr>\n</table>\n"
        )
        assert "<td>&lt;two&gt;\nlines</td>" in html_table(ROWS)
