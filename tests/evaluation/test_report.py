import dataclasses
import html.parser
import json
import re

import pytest
from markdown_it import MarkdownIt

from keras_colorize import ColorizerPIC
from keras_colorize.evaluation import evaluate
from keras_colorize.evaluation.report import with_error
from keras_colorize.tables import markdown_text
from tests.models.small import images


@pytest.mark.parametrize(
    "value, error, text",
    [
        (2.33540, 0.08068, "2.335 ± 0.081"),
        (17.791, 0.612, "17.79 ± 0.61"),
        (23.9, 11.7, "24 ± 12"),
        (0.01532, 0.00149, "0.0153 ± 0.0015"),
        (8.0, None, "8"),
        (1.23456, None, "1.235"),
        (1.0, 0.0, "1 ± 0"),
        (None, None, "not finite"),
    ],
)
def test_with_error(value, error, text):
    assert with_error(value, error) == text


class TestReport:
    def test_table(self, report):
        text = report.table(width=100)
        assert max(map(len, text.splitlines())) <= 100
        assert "tiny <model> on 6 images of noise (4 of them colored)" in text
        for row in report.rows()[1:]:
            assert row[1] in text
        longest = max(report.rows(), key=lambda row: len(row[0]))
        assert longest[0] in report.table()

    def test_json(self, report, tmp_path):
        report.save(tmp_path / "report.json")
        content = json.loads((tmp_path / "report.json").read_text())
        assert content["schema"] == 2
        assert content["preset"] == "tiny <model>" and content["seed"] == 5
        assert content["readout"] == "sample"
        assert content["temperature"] == 1.0 and content["classifier"] is None
        assert content["images"] == 6 and content["images_colored"] == 4
        assert content["protocol"]["chroma_method"] == "area"
        assert list(content["seconds"]) == [
            *("coloring", "likelihood", "measuring"),
        ]
        assert not re.search("colour|grey", json.dumps(content))
        for name, number in report.numbers.items():
            assert content["numbers"][name] == number.to_json()
        bits = content["numbers"]["bits_per_dim"]
        assert bits["better"] == "lower" and bits["unit"] == "bits"
        uniform = {"value": 8.0, "standard_error": None}
        assert bits["baselines"]["uniform"] == uniform
        assert [row["k"] for row in content["best_of"]] == [1, 2, 3]

    def test_markdown(self, report, tmp_path):
        report.save(tmp_path / "report.md")
        text = (tmp_path / "report.md").read_text(encoding="utf-8")
        table, _, facts = text.partition("\n\n")
        lines = table.splitlines()
        assert len(lines) == 1 + len(report.rows())
        for line, row in zip(lines[2:], report.rows()[1:]):
            cells = [cell.strip() for cell in line[1:-1].split("|")]
            assert cells == [
                "<br>".join(map(markdown_text, cell.split("\n")))
                for cell in row
            ]
        assert report.evaluation_data in facts
        assert "- chroma_method: area" in facts

    @pytest.mark.parametrize(
        "name",
        [
            "<img src=x onerror=alert(1)>",
            "<script>alert(1)</script>",
            "[a](javascript:1) ![b](http://c/d.png) <http://e>",
            "`a` *b* _c_ ~~d~~ \\ \\| &lt; &amp;",
            "a|b",
            "a\n\n# b\n<p>\n- c",
            "# a",
        ],
    )
    def test_markdown_shows_names_as_they_are(self, name, report):
        """No name is read as Markdown or HTML."""
        number = dataclasses.replace(
            report.numbers["psnr"], baselines={name: (1.0, None)}
        )
        report = dataclasses.replace(
            report,
            preset=name,
            data=name,
            protocol={"chroma_method": name},
            numbers={"psnr": number},
        )
        parser = MarkdownIt("gfm-like", {"linkify": False})
        blocks = parser.parse(report.markdown())
        inline = [block for block in blocks if block.type == "inline"]
        kinds = {block.type for block in blocks}
        kinds |= {token.type for block in inline for token in block.children}
        structure = "table|thead|tbody|tr|th|td|paragraph|bullet_list|list_item"
        assert all(
            re.fullmatch(f"({structure})_(open|close)|inline|text", kind)
            or kind in ("text_special", "html_inline")
            for kind in kinds
        )
        html = [
            token.content
            for block in inline
            for token in block.children
            if token.type == "html_inline"
        ]
        # Between the lines of a cell.
        assert set(html) <= {"<br>"}
        texts = [
            "".join(token.content for token in block.children)
            for block in inline
        ]
        shown = " ".join(name.split())
        assert f"chroma_method: {shown}" in texts
        assert any(f"Preset {shown} on 6 images of {shown}" in t for t in texts)
        lines = "<br>".join(" ".join(x.split()) for x in name.split("\n"))
        assert f"{lines}: 1" in texts

    def test_html_needs_nothing_else(self, report, tmp_path):
        pytest.importorskip("matplotlib")
        curve = {"step": [1.0, 2.0], "bits_per_dim": [4.0, 3.0]}
        report.save(tmp_path / "report.html", curve)
        text = (tmp_path / "report.html").read_text(encoding="utf-8")
        links = []

        class Links(html.parser.HTMLParser):
            def handle_starttag(self, tag, attributes):
                links.extend(v for k, v in attributes if k in ("src", "href"))

        Links().feed(text)
        # The sheet, three plots (images are too small for MS-SSIM), the curve.
        assert len(links) == 5
        assert all(x.startswith("data:image/png;base64,iVBOR") for x in links)
        assert not re.search("https?:|<script|<link|url\\(", text)
        assert "tiny &lt;model&gt;" in text and "<model>" not in text
        for row in report.rows()[1:]:
            assert row[1] in text

    def test_one_image_has_no_errors(self, model, tmp_path):
        report = evaluate(model, images(1, 12), num_samples=2)
        errors = {n.standard_error for n in report.numbers.values()}
        assert errors == {None}
        report.save(tmp_path / "report.json")
        json.loads((tmp_path / "report.json").read_text())
        pytest.importorskip("matplotlib")
        report.save(tmp_path / "report.html")
        page = (tmp_path / "report.html").read_text(encoding="utf-8")
        # All plots: these images are large enough for MS-SSIM.
        assert page.count("<figure>") == 5 and "all pairs of samples" in page

    def test_files_are_kept(self, report, tmp_path):
        for name in ("report.json", "report.md", "report.html"):
            path = tmp_path / name
            path.write_text("mine")
            with pytest.raises(FileExistsError, match="overwrite=True"):
                report.save(path)
            assert path.read_text() == "mine"
        report.save(tmp_path / "report.json", overwrite=True)
        assert json.loads((tmp_path / "report.json").read_text())["schema"] == 2
        with pytest.raises(ValueError, match="'.txt'"):
            report.save(tmp_path / "report.txt")
        assert len(list(tmp_path.iterdir())) == 3

    def test_card(self, model, report, tmp_path):
        card = {
            "metrics": report.card_metrics(),
            "evaluation_data": report.evaluation_data,
        }
        model.save_to_preset(tmp_path / "preset", card=card)
        text = (tmp_path / "preset" / "README.md").read_text(encoding="utf-8")
        assert f"{report.numbers['psnr'].value:g} ± " in text
        ColorizerPIC.from_preset(tmp_path / "preset")
