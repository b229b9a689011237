import re
import shlex
import time
from unittest.mock import create_autospec

import numpy as np
import pytest
from huggingface_hub import EvalResult
from huggingface_hub import ModelCard
from PIL import Image

from keras_colorize import Colorizer
from keras_colorize import ColorizerPIC
from keras_colorize.presets.card import pictures_in
from keras_colorize.presets.card import published_card
from keras_colorize.presets.config import LOCAL
from keras_colorize.presets.files import embedded_directory
from keras_colorize_cli.main import parser
from tests.models.small import CONFIG
from tests.models.small import images
from tests.models.small import small_pic

FACTS = {
    "description": "Flowers in color.",
    "license": "cc-by-nc-4.0",
    "datasets": ["someone/flowers"],
    "training_data": "8,000 photographs of flowers.",
    "recipe": {"steps": 5150, "optimizer": "Adam | averaged"},
    "metrics": {"bits_per_dim": (2.1825, 0.025), "saturation": 0.49},
    "evaluation_data": "1,000 other flowers",
    "limits": "Tulips come out blue.",
    "tags": ["flowers"],
}


@pytest.fixture(scope="module")
def model():
    return small_pic()


@pytest.fixture
def save(model, tmp_path):
    """Saves the model with a card; returns the preset's directory."""

    def save(card=None, **kwargs):
        model.save_to_preset(tmp_path / "my_flowers", card=card, **kwargs)
        return tmp_path / "my_flowers"

    return save


def table_of(text):
    return dict(re.findall(r"^\| (.+?) \| (.+) \|$", text, re.MULTILINE))


class TestModelCard:
    def test_front_matter(self, save):
        data = ModelCard.load(save(FACTS) / "README.md").data
        results = data.eval_results
        assert data.to_dict() == {
            "library_name": "keras_colorize",
            "pipeline_tag": "image-to-image",
            "license": "cc-by-nc-4.0",
            "datasets": ["someone/flowers"],
            "tags": ["keras", "colorization", "image-colorization", "flowers"],
            "metrics": ["bits_per_dim", "saturation"],
            "model-index": data.to_dict()["model-index"],
        }
        common = {
            "task_type": "image-to-image",
            "task_name": "Image colorization",
            "dataset_type": "custom",
            "dataset_name": "1,000 other flowers",
        }
        assert data.model_name == "my_flowers"
        assert results == [
            EvalResult(
                metric_type="bits_per_dim",
                metric_value=2.1825,
                metric_args={"standard_error": 0.025},
                **common,
            ),
            EvalResult(metric_type="saturation", metric_value=0.49, **common),
        ]

    def test_front_matter_of_what_the_model_knows(self, save):
        data = ModelCard.load(save() / "README.md").data
        assert data.to_dict() == {
            "library_name": "keras_colorize",
            "pipeline_tag": "image-to-image",
            "tags": ["keras", "colorization", "image-colorization"],
        }

    def test_other_license(self, save):
        facts = {
            "license": "other",
            "license_name": "imagenet-terms",
            "license_link": "https://image-net.org",
        }
        card = ModelCard.load(save(facts) / "README.md")
        assert facts.items() <= card.data.to_dict().items()
        assert "[imagenet-terms](https://image-net.org)" in card.text

    def test_text(self, save):
        text = (save(FACTS) / "README.md").read_text()
        assert "# my_flowers\n\nFlowers in color." in text
        assert "8,000 photographs of flowers." in text
        assert "Measured on: 1,000 other flowers" in text
        assert "Tulips come out blue." in text and "invented" in text
        rows = table_of(text)
        assert rows["`bits_per_dim`"] == "2.1825 ± 0.025"
        assert rows["`saturation`"] == "0.49"
        assert rows["steps"] == "5150"
        assert rows["optimizer"] == r"Adam \| averaged"
        assert "Not stated" not in text

    def test_architecture(self, model, save):
        rows = table_of((save(dtype="float16") / "README.md").read_text())
        count = sum(np.prod(v.shape) for v in model.trainable_variables)
        assert rows["parameters"] == f"{count:,}"
        assert rows["stored as"] == "float16"
        assert "gray 8x8, chroma 4x4" in rows["grids"]
        assert "`ColorizerPIC`" in rows["class"]
        assert rows["supports"] == ", ".join(sorted(model.supports))
        for name, value in model.get_config().items():
            if name not in LOCAL:
                shown = re.sub(r"[()\[\]]", "", str(value))
                assert rows[f"`{name}`"] == shown
        assert rows["`filters`"] == str(CONFIG["filters"])

    def test_what_is_not_stated_is_said(self, save):
        text = (save() / "README.md").read_text()
        for section in (r"\*\*Data\.\*\*", r"\*\*Recipe\.\*\*", "Numbers"):
            assert re.search(rf"{section}\s+Not stated\.", text)
        assert re.search(r"License\s+Not stated\.", text)
        assert "![" not in text

    def test_usage_works(self, save, monkeypatch):
        directory = save()
        text = (directory / "README.md").read_text()
        code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
        # Drawing is tested elsewhere and takes its time to compile.
        draw = create_autospec(Colorizer.generate)
        monkeypatch.setattr(Colorizer, "generate", draw)
        monkeypatch.chdir(directory.parent)
        scope = {}
        exec(code, scope)
        assert type(scope["model"]) is ColorizerPIC
        assert draw.call_args.args == (scope["model"], "gray.jpg")
        assert scope["photos"] is draw.return_value

    def test_command_works(self, save):
        text = (save() / "README.md").read_text()
        line = re.search(r"^keras-colorize (.*)$", text, re.MULTILINE)[1]
        args = parser().parse_args(shlex.split(line))
        assert args.command == "colorize" and args.preset == "my_flowers"

    @pytest.mark.parametrize("kind", ["array", "float", "pil", "path"])
    def test_sheet(self, kind, save, tmp_path):
        sheet = np.arange(60, dtype="uint8").reshape(4, 5, 3)
        Image.fromarray(sheet).save(tmp_path / "picture.png")
        given = {
            "array": sheet,
            "float": sheet / 255,
            "pil": Image.fromarray(sheet),
            "path": tmp_path / "picture.png",
        }[kind]
        directory = save({"sheet": given})
        text = (directory / "README.md").read_text()
        assert pictures_in(text) == ["sheet.png"]
        with Image.open(directory / "sheet.png") as picture:
            np.testing.assert_array_equal(np.asarray(picture), sheet)


class TestCardFacts:
    @pytest.mark.parametrize(
        "card, words",
        [
            ({"lisence": "mit"}, "'lisence'.*some of description"),
            ("# Flowers", "card has '# Flowers'"),
            ({"description": 3}, "description is 3"),
            ({"datasets": "someone/flowers"}, "datasets"),
            ({"datasets": ["my flowers"]}, "'my flowers'"),
            ({"datasets": ["a/b/c"]}, "'a/b/c'"),
            ({"tags": [3]}, "tags"),
            ({"license": "CC BY 4.0"}, "license is 'CC BY 4.0'"),
            ({"license": "other"}, "license_name"),
            ({"license_name": "mine"}, "license=None"),
            ({"license": "mit", "license_link": "x"}, "license_link='x'"),
            ({"metrics": {"a": 1}}, "without evaluation_data"),
            ({"no_color": {"a": 1}}, "'a', which metrics do not have"),
            ({"metrics": {"a": "good"}}, "'good'"),
            ({"metrics": {"a": float("nan")}}, "nan"),
            ({"metrics": {"a": (1, -1)}}, "-1"),
            ({"metrics": {"a": (1, 2, 3)}}, r"\(1, 2, 3\)"),
            ({"metrics": {3: 1}}, "have 3"),
            ({"metrics": [1]}, "metrics is"),
            ({"sheet": images(2)}, "several pictures"),
            ({"sheet": "nowhere.png"}, "nowhere.png"),
        ],
    )
    def test_refused_before_anything_is_written(
        self, card, words, model, tmp_path
    ):
        if isinstance(card, dict) and card.get("metrics") != {"a": 1}:
            card = {"evaluation_data": "x", **card}
        with pytest.raises((TypeError, ValueError, OSError), match=words):
            model.save_to_preset(tmp_path / "p", card=card)
        assert not list(tmp_path.iterdir())


class TestPublishedCard:
    NAME = "hf://me/tiny"

    def publish(self, path):
        return published_card(path, "me/tiny")

    def test_usage_names_the_repository(self, save):
        path = save(FACTS) / "README.md"
        before, after = path.read_text(), self.publish(path)
        assert 'from_preset("my_flowers")' in before
        assert f'from_preset("{self.NAME}")' in after
        assert f"--preset {self.NAME}\n" in after
        assert after.replace(self.NAME, "my_flowers") == before

    def test_card_of_ones_own_is_kept(self, tmp_path):
        path = tmp_path / "README.md"
        path.write_text("---\nlicense: mit\n---\n# Mine\n")
        assert self.publish(path) == path.read_text()

    def test_front_matter_is_added(self, tmp_path):
        path = tmp_path / "README.md"
        path.write_text("# Mine\n\n---\n\nText.\n")
        card = ModelCard(self.publish(path))
        assert card.data.library_name == "keras_colorize"
        assert card.data.pipeline_tag == "image-to-image"
        assert card.text.strip() == path.read_text().strip()

    @pytest.mark.parametrize(
        "text",
        ["---\na: [\n---\n", "---\n- a\n---\n", "---\nmodel-index: 3\n---\n"],
    )
    def test_unreadable_front_matter(self, text, tmp_path):
        path = tmp_path / "README.md"
        path.write_text(text)
        with pytest.raises(ValueError, match="front matter of .*README.md"):
            self.publish(path)

    def test_other_encoding(self, tmp_path):
        path = tmp_path / "README.md"
        path.write_bytes("# Größe\n".encode("latin-1"))
        with pytest.raises(ValueError, match="README.md.*in UTF-8") as error:
            self.publish(path)
        assert error.type is ValueError

    def test_long_card(self, save):
        """Of parts on usage that begin and do not end."""
        path = save(FACTS) / "README.md"
        begins, *_ = re.findall("<!-- usage.*-->", path.read_text())
        text = path.read_text() + begins * 20_000
        path.write_text(text)
        start = time.process_time()
        after = self.publish(path)
        assert time.process_time() - start < 5
        assert after == text.replace('my_flowers")', f'{self.NAME}")').replace(
            "--preset my_flowers", f"--preset {self.NAME}"
        )

    def test_marks_without_a_partner_stay(self, save):
        path = save(FACTS) / "README.md"
        begins, *_ = re.findall("<!-- usage.*-->", path.read_text())
        ends, *_ = re.findall("<!-- end of.*-->", path.read_text())
        text = (
            f"---\nlicense: mit\n---\n1 {ends} 2 {begins} 3 {ends} 4 {begins}"
        )
        path.write_text(text)
        after = self.publish(path)
        assert after.startswith(f"---\nlicense: mit\n---\n1 {ends} 2 {begins}")
        assert after.endswith(f"{ends} 4 {begins}")
        assert " 3 " not in after and self.NAME in after


class TestPicturesIn:
    def test_names_with_spaces(self):
        card = "![a](<a b.png>) ![c](<c d.png> 'title') ![e]( e.png )"
        assert pictures_in(card) == ["a b.png", "c d.png", "e.png"]

    @pytest.mark.parametrize(
        "code",
        [
            "`![](x.png)`",
            "`` ` ![](x.png) ``",
            "\n```markdown\n![](x.png)\n```\n",
            "\n  ~~~~\n~~~\n![](x.png)\n~~~~\n",
            '`<img src="x.png">`',
        ],
    )
    def test_code_shows_nothing(self, code):
        card = f"![](a.png) {code} ![](b.png)"
        assert pictures_in(card) == ["a.png", "b.png"]
        assert pictures_in("```\n![](x.png)") == []

    @pytest.mark.parametrize("part", ["![](", "<img ", "`", "![<img src='"])
    def test_long_card(self, part):
        start = time.process_time()
        assert pictures_in(part * 20_000) == []
        assert time.process_time() - start < 5

    @pytest.mark.parametrize(
        "part", ["![", "[a](b", "*a_ ", "a <![CDATA[", "<a ", "> ", "<div>\n"]
    )
    def test_time_grows_with_the_length(self, part):
        def seconds(count):
            start = time.process_time()
            assert pictures_in(part * count) == []
            return time.process_time() - start

        # 8 times longer. Quadratic time would be 64 times longer.
        assert seconds(16_000) < 24 * seconds(2_000) + 0.5

    def test_names(self):
        card = (
            "![a](sheet.png) ![b](<two.jpg> 'title') ![](https://x/y.png)\n"
            '<img alt="c" src="three.png"> ![again](sheet.png) [no](four.png) '
            "![](a%20b.png)"
        )
        assert pictures_in(card) == [
            "sheet.png",
            "two.jpg",
            "three.png",
            "a b.png",
        ]


class TestEmbeddedCard:
    def test_front_matter(self):
        name = "pic_tinyimagenet64"
        card = ModelCard.load(embedded_directory(name) / "README.md")
        data = card.data
        assert data.library_name == "keras_colorize"
        assert data.pipeline_tag == "image-to-image"
        assert data.license == "other" and data["license_name"]
        assert data["license_link"].startswith("https://")
        assert data.datasets and data.metrics
        assert "bits_per_dim" in {r.metric_type for r in data.eval_results}
        assert data.model_name == name in Colorizer.presets
