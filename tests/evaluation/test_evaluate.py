import html.parser
import json
import re

import keras
import numpy as np
import pytest
from skimage.color import rgb2lab

from keras_colorize import ColorizerPIC
from keras_colorize.evaluation import evaluate
from keras_colorize.evaluation.colors import gray_of
from keras_colorize.evaluation.likelihood import histogram_bits
from keras_colorize.presets.card_facts import card_facts
from tests.metrics.test_pictures import saturation
from tests.models.small import images
from tests.models.small import small_pic

IMAGES = images(6, 8)
NUMBERS = [
    "bits_per_dim",
    "bits_per_dim_embedding",
    "rmse_alpha_beta",
    "rmse_alpha_beta_mean",
    "psnr",
    "saturation",
    "colorfulness",
    "colorfulness_mean_difference",
    "colorfulness_difference_of_means",
    "histogram_intersection_a",
    "histogram_intersection_b",
]
OF_SEVERAL = ["error_of_best", "sample_variance"]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return small_pic()


@pytest.fixture(scope="module")
def report(model):
    return evaluate(
        model,
        IMAGES,
        num_samples=3,
        num_colored=4,
        seed=5,
        training_images=images(9, 8, seed=1),
        preset="tiny <model>",
        data="noise",
    )


@pytest.fixture(scope="module")
def samples(model):
    return model.generate(IMAGES[:4], num_samples=3, seed=5, verbose=0)


class TestEvaluate:
    def test_bits(self, model, report):
        number = report.numbers["bits_per_dim"]
        bits = -model.log_likelihood(IMAGES) / 32
        assert number.value == pytest.approx(bits.mean(), rel=1e-5)
        error = bits.std(ddof=1) / np.sqrt(6)
        assert number.standard_error == pytest.approx(error, rel=1e-3)
        assert number.baselines["uniform"] == (8.0, None)

    def test_bits_of_the_embedding(self, model, report):
        outputs = model(IMAGES)
        parameters = outputs["embedding"][..., : model.head.num_outputs]
        bits = model.bits_per_dim(parameters, model.split(IMAGES)[1])
        found = report.numbers["bits_per_dim_embedding"].value
        bits = keras.ops.convert_to_numpy(bits)
        assert found == pytest.approx(bits.mean(), rel=1e-5)

    def test_samples(self, report, samples):
        number = report.numbers["saturation"]
        found = [np.mean([saturation(x) for x in xs]) for xs in samples]
        assert number.value == pytest.approx(np.mean(found), rel=1e-4)
        error = np.std(found, ddof=1) / 2
        assert number.standard_error == pytest.approx(error, rel=1e-3)
        originals = [saturation(x) for x in IMAGES[:4]]
        assert number.reference == pytest.approx(np.mean(originals), rel=1e-4)
        error = np.std(originals, ddof=1) / 2
        assert number.reference_error == pytest.approx(error, rel=1e-3)

    def test_no_color(self, report):
        chroma = rgb2lab(IMAGES[:4])[..., 1:] / 128
        error = np.sqrt(np.square(chroma).mean((1, 2, 3))).mean()
        found, _ = report.numbers["error_of_best"].baselines["no color"]
        assert found == pytest.approx(error, rel=0.01)

    def test_best_of(self, report, samples):
        chroma = (
            rgb2lab(samples)[..., 1:] - rgb2lab(IMAGES[:4])[:, None, ..., 1:]
        )
        errors = np.sqrt(np.square(chroma / 128).mean((2, 3, 4)))
        rows = report.statistics.best_of()
        assert [row["k"] for row in rows] == [1, 2, 3]
        for row in rows:
            expected = errors[:, : row["k"]].min(1).mean()
            assert row["error_of_best"] == pytest.approx(expected, rel=1e-3)
        last = report.numbers["error_of_best"].value
        assert rows[-1]["error_of_best"] == pytest.approx(last, rel=1e-5)

    def test_names(self, report):
        assert list(report.numbers) == NUMBERS + OF_SEVERAL
        assert all(n.standard_error > 0 for n in report.numbers.values())

    def test_one_sample_and_other_sizes(self, model):
        calls = []
        report = evaluate(
            model,
            images(2, 12),
            num_samples=1,
            progress=lambda *call: calls.append(call),
        )
        assert list(report.numbers) == NUMBERS
        assert report.examples[0][1].shape == (12, 12, 3)
        assert {stage for stage, *_ in calls} == {
            *("likelihood", "coloring", "measuring"),
        }
        assert ("measuring", 2, 2) in calls

    def test_similarity_where_images_are_large_enough(self, model):
        report = evaluate(model, images(2, 12), num_samples=2)
        assert 0 < report.numbers["diversity"].value < 1

    def test_steps_make_no_difference(self, model, report, monkeypatch):
        from keras_colorize.evaluation import colors

        monkeypatch.setattr(colors, "_STEP", 1)
        again = evaluate(model, IMAGES, num_samples=3, num_colored=4, seed=5)
        for name in NUMBERS + OF_SEVERAL:
            expected = report.numbers[name].value
            found = again.numbers[name].value
            assert found == pytest.approx(expected, rel=1e-4)

    def test_model_without_embedding_loss(self):
        model = small_pic(embedding_loss_weight=0.0)
        assert set(model.log_likelihoods(IMAGES)) == {"model"}

    @pytest.mark.parametrize(
        "arguments, error, words",
        [
            ({"images": IMAGES / 255}, TypeError, "float64"),
            ({"images": IMAGES[0]}, ValueError, r"\(8, 8, 3\)"),
            ({"images": IMAGES[:0]}, ValueError, r"\(0, 8, 8, 3\)"),
            ({"training_images": IMAGES[0]}, ValueError, "training_images"),
            ({"num_colored": 7}, ValueError, "Expected 1 to 6"),
            ({"num_colored": 0}, ValueError, "Expected 1 to 6"),
            ({"num_samples": 0}, ValueError, "at least 1"),
            ({"temperature": -1.0}, ValueError, "of at least 0"),
        ],
    )
    def test_arguments(self, model, arguments, error, words):
        with pytest.raises(error, match=words):
            evaluate(model, **{"images": IMAGES, **arguments})


class TestBaselines:
    def test_histogram(self):
        training = np.array([[0, 1, 1], [3, 1, 0]])
        bits = histogram_bits(training, np.array([[1, 2], [0, 3]]), 4)
        expected = [-np.log2(0.4) - np.log2(0.1), -np.log2(0.3 * 0.2)]
        assert np.allclose(bits, expected)

    def test_histogram_of_chroma(self, model, report):
        """Counted by hand: two bins of chroma to one number."""

        def pairs(rgb):
            _, target = model.split(rgb)
            chroma = keras.ops.convert_to_numpy(target)[..., 1:]
            index = np.round((chroma + 1) * 127.5).astype(int)
            return [[tuple(p) for p in image.reshape(-1, 2)] for image in index]

        counts = {}
        for image in pairs(images(9, 8, seed=1)):
            for pair in image:
                counts[pair] = counts.get(pair, 0) + 1
        total = sum(counts.values()) + 256**2
        bits = [
            np.mean([-np.log2((counts.get(p, 0) + 1) / total) for p in image])
            for image in pairs(IMAGES)
        ]
        baselines = report.numbers["bits_per_dim"].baselines
        found, _ = baselines["histogram of training images"]
        assert found == pytest.approx(np.mean(bits) / 2, rel=1e-4)

    def test_gray(self):
        gray = gray_of(IMAGES)
        assert gray.shape == IMAGES.shape and gray.dtype == np.uint8
        assert (gray == gray[..., :1]).all()
        difference = rgb2lab(gray)[..., 0] - rgb2lab(IMAGES)[..., 0]
        assert np.abs(difference).max() < 0.3


class TestReport:
    def test_table(self, report):
        text = report.table(width=100)
        assert max(map(len, text.splitlines())) <= 100
        assert "tiny <model> on 6 images of noise (4 of them colored)" in text
        for row in report.rows()[1:]:
            assert row[1] in text

    def test_json(self, report, tmp_path):
        report.to_json(tmp_path / "report.json")
        content = json.loads((tmp_path / "report.json").read_text())
        assert content["schema"] == 1
        assert content["preset"] == "tiny <model>" and content["seed"] == 5
        assert content["images"] == 6 and content["images_colored"] == 4
        assert content["protocol"]["chroma_method"] == "area"
        for name, number in report.numbers.items():
            assert content["numbers"][name] == number.to_json()
        bits = content["numbers"]["bits_per_dim"]
        assert bits["better"] == "lower" and bits["unit"] == "bits"
        uniform = {"value": 8.0, "standard_error": None}
        assert bits["baselines"]["uniform"] == uniform
        assert [row["k"] for row in content["best_of"]] == [1, 2, 3]

    def test_markdown(self, report, tmp_path):
        report.to_markdown(tmp_path / "report.md")
        text = (tmp_path / "report.md").read_text(encoding="utf-8")
        table, _, facts = text.partition("\n\n")
        lines = table.splitlines()
        assert lines[1] == "| --- | --- | --- | --- | --- | --- |"
        for line, row in zip([lines[0], *lines[2:]], report.rows()):
            cells = [cell.strip() for cell in line[1:-1].split("|")]
            assert cells == [cell.replace("\n", "<br>") for cell in row]
        assert len(lines) == 1 + len(report.rows())
        assert report.evaluation_data in facts
        assert "- chroma_method: area" in facts

    def test_html_needs_nothing_else(self, report, tmp_path):
        pytest.importorskip("matplotlib")
        curve = {"step": [1.0, 2.0], "bits_per_dim": [4.0, 3.0]}
        report.to_html(tmp_path / "report.html", curve=curve)
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

    def test_temperature(self, model):
        report = evaluate(model, IMAGES[:2], num_samples=2, temperature=0.0)
        assert "temperature 0.0" in report.protocol["colorings"]
        # Every coloring is the likeliest.
        assert report.numbers["sample_variance"].value == 0
        assert (
            evaluate(model, IMAGES[:2], num_samples=2)
            .numbers["sample_variance"]
            .value
            > 0
        )

    def test_one_image_has_no_errors(self, model, tmp_path):
        report = evaluate(model, IMAGES[:1], num_samples=2)
        errors = {n.standard_error for n in report.numbers.values()}
        assert errors == {None}
        report.to_json(tmp_path / "report.json")
        json.loads((tmp_path / "report.json").read_text())
        report.to_html(tmp_path / "report.html")

    def test_files_are_kept(self, report, tmp_path):
        path = tmp_path / "report"
        path.write_text("mine")
        for write in (report.to_json, report.to_markdown, report.to_html):
            with pytest.raises(FileExistsError, match="overwrite=True"):
                write(path)
            assert path.read_text() == "mine"
        report.to_json(path, overwrite=True)
        assert json.loads(path.read_text())["schema"] == 1
        assert [p.name for p in tmp_path.iterdir()] == ["report"]

    def test_card(self, model, report, tmp_path):
        card = {
            "metrics": report.card_metrics(),
            "evaluation_data": report.evaluation_data,
        }
        measures = card_facts(card).measures()
        assert measures["psnr"] == (
            report.numbers["psnr"].value,
            report.numbers["psnr"].standard_error,
        )
        model.save_to_preset(tmp_path / "preset", card=card)
        ColorizerPIC.from_preset(tmp_path / "preset")
