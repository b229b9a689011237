import keras
import numpy as np
import pytest
from PIL import Image

from keras_colorize.evaluation import Colorings
from keras_colorize.evaluation import evaluate
from keras_colorize.evaluation import load_classifier
from keras_colorize.evaluation.classifier import _application
from keras_colorize.evaluation.classifier import kernel_distances
from keras_colorize.evaluation.measures import MEASURES
from keras_colorize.evaluation.measures import gray_of
from tests.evaluation.color_classifier import color_classifier
from tests.evaluation.test_evaluate import AnyFamily
from tests.models.small import images

RED, GREEN, GRAY = (250, 20, 10), (20, 240, 30), (90, 90, 90)


def brute_force(x, y):
    """The distance of one block, one pair of images after the other."""
    total, count = 0.0, 0
    for i in range(len(x)):
        for j in range(len(x)):
            if i != j:
                pairs = ((x, x, 1), (y, y, 1), (x, y, -1), (y, x, -1))
                for a, b, sign in pairs:
                    dot = sum(p * q for p, q in zip(a[i], b[j]))
                    total += sign * (dot / len(a[i]) + 1) ** 3
                count += 1
    return total / count


def within(values, expected, errors=4):
    """Whether the mean of values (N,) is a number, but for its error."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return abs(np.mean(values) - expected) < errors * error


class TestKernelDistances:
    def test_brute_force(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(2, 11, 4)).astype("float32")
        found = kernel_distances(x, y + 0.5, block=5)
        blocks = (slice(0, 5), slice(5, 10))
        expected = [brute_force(x[b], y[b] + 0.5) for b in blocks]
        np.testing.assert_allclose(found, expected, rtol=1e-4)
        assert found.dtype == "float64"
        assert kernel_distances(x, y, block=12).shape == (0,)

    def test_one_distribution(self):
        """Nothing on average, whether or not the images are in pairs."""
        x, y = np.random.default_rng(1).normal(size=(2, 8000, 3))
        paired = x + 0.1 * y
        paired /= np.sqrt(1.01)
        for other in (y, paired):
            found = kernel_distances(x, other, block=20)
            assert len(found) == 400
            assert within(found, 0.0)
        # Where coloring and original are compared too, the mean is negative.
        biased = kernel_distances(x, paired, block=20) - [
            2 * ((a * b).sum(1) / 3 + 1).__pow__(3).mean() / 20
            for a, b in zip(x.reshape(-1, 20, 3), paired.reshape(-1, 20, 3))
        ]
        assert np.mean(biased) < -0.5

    @pytest.mark.parametrize("paired", [True, False])
    def test_known_distance(self, paired):
        """Of 1 or -1 against the same plus 0.5.

        The kernel is the sum over n of binomial(3, n) x^n y^n, so the distance
        is that sum of squared differences of the moments: 0 and 0.5, 1 and
        1.25, 0 and 1.625.
        """
        x, y = np.random.default_rng(2).choice([-1, 1], (2, 20_000, 1))
        y = (x if paired else y) + 0.5
        expected = 3 * 0.5**2 + 3 * 0.25**2 + 1.625**2
        found = kernel_distances(x, y)
        assert found.shape == (200,)
        assert within(found, expected)
        assert np.mean(found) == pytest.approx(expected, rel=0.05)


class TestMeasures:
    def test_agreement(self):
        originals = _plain([RED, GREEN, GRAY])
        samples = _plain([[RED, GREEN], [GREEN, GREEN], [RED, GRAY]])
        colorings = Colorings(originals, samples, color_classifier())
        number = MEASURES["class_agreement"](colorings)
        assert number.value == pytest.approx(100 * (0.5 + 1 + 0.5) / 3)
        error = 100 * np.std([0.5, 1, 0.5], ddof=1) / np.sqrt(3)
        assert number.standard_error == pytest.approx(error)
        value, error = number.baselines["no color"]
        assert value == pytest.approx(100 / 3)
        assert error == pytest.approx(100 / 3)
        assert number.better == "higher" and number.unit == "%"

    def test_kernel_distance(self):
        originals = images(210)
        samples = images(420, seed=1).reshape(210, 2, 8, 8, 3) // 2
        colorings = Colorings(originals, samples, color_classifier())
        number = MEASURES["kernel_distance"](colorings)

        def expected(pictures):
            blocks = [
                brute_force(_means(pictures[b]), _means(originals[b]))
                for b in (slice(0, 100), slice(100, 200))
            ]
            return 1000 * np.array(blocks)

        values = (expected(samples[:, 0]) + expected(samples[:, 1])) / 2
        assert number.value == pytest.approx(values.mean(), rel=1e-4)
        error = np.std(values, ddof=1) / np.sqrt(2)
        assert number.standard_error == pytest.approx(error, rel=1e-3)
        gray = expected(gray_of(originals))
        value, error = number.baselines["no color"]
        assert value == pytest.approx(gray.mean(), rel=1e-3)
        assert error == pytest.approx(np.std(gray, ddof=1) / 2**0.5, rel=1e-2)

    def test_few_images(self):
        colorings = Colorings(images(99), images(99)[:, None])
        assert MEASURES["class_agreement"](colorings) is None
        assert MEASURES["kernel_distance"](colorings) is None
        colorings = Colorings(
            images(99), images(99)[:, None], color_classifier()
        )
        assert MEASURES["class_agreement"](colorings).value == 100
        assert MEASURES["kernel_distance"](colorings) is None


def _plain(colors):
    """Pictures of one color each."""
    colors = np.array(colors, "uint8")[..., None, None, :]
    return np.broadcast_to(colors, (*colors.shape[:-3], 8, 8, 3)).copy()


def _means(pictures):
    return pictures.mean((1, 2)) / 255.0


class TestClassifier:
    def test_central_squares(self):
        wide = np.concatenate([images(70), images(70, seed=1)], axis=2)
        features, classes = color_classifier(size=5).look(wide)
        squares = [
            Image.fromarray(image).resize((5, 5), Image.LANCZOS, (4, 0, 12, 8))
            for image in wide
        ]
        squares = np.stack([np.asarray(square) for square in squares])
        np.testing.assert_allclose(features, _means(squares), rtol=1e-5)
        assert classes.shape == (70,)

    def test_network_of_the_user(self):
        classifier = color_classifier()
        assert load_classifier(classifier) is classifier
        assert str(classifier) == "colors at 8x8"

    @pytest.mark.parametrize("name", ["MobileNet", "MobileNetV2"])
    def test_application(self, name):
        pictures = images(2, 224)
        keras.utils.set_random_seed(3)
        classifier = _application(name, weights=None)
        keras.utils.set_random_seed(3)
        model = getattr(keras.applications, name)(
            weights=None, classifier_activation=None
        )
        # Both scale images to [-1, 1].
        expected = model.predict_on_batch(pictures / np.float32(127.5) - 1)
        features, classes = classifier.look(pictures)
        assert str(classifier) == f"{name} at 224x224"
        np.testing.assert_array_equal(classes, expected.argmax(1))
        last = [layer for layer in model.layers if layer.weights][-1]
        kernel, bias = last.get_weights()
        scores = features @ kernel.reshape(features.shape[1], -1) + bias
        np.testing.assert_allclose(scores, expected, atol=1e-5)

    def test_download_that_fails(self, monkeypatch):
        def build(**kwargs):
            raise Exception("URL fetch failure on https://somewhere")

        monkeypatch.setattr(keras.applications, "MobileNetV2", build)
        with pytest.raises(ConnectionError, match="MobileNetV2.*URL fetch"):
            load_classifier("MobileNetV2")

    def test_other_files_are_refused(self, tmp_path):
        pytest.importorskip("torch")
        for name in ("nowhere.pth", "MobileNetV99"):
            with pytest.raises(FileNotFoundError, match=f"{name}. Expected"):
                load_classifier(name)
        (tmp_path / "text.pth").write_text("text")
        (tmp_path / "empty.pth").write_text("")
        for name in ("text.pth", "empty.pth"):
            with pytest.raises(ValueError, match=f"{name} cannot be read"):
                load_classifier(tmp_path / name)


class TestReport:
    def test_rows(self, model, tmp_path):
        report = evaluate(
            AnyFamily(), images(200), 1, classifier=color_classifier()
        )
        assert list(report.numbers)[-2:] == [
            "class_agreement",
            "kernel_distance",
        ]
        assert report.classifier == "colors at 8x8"
        assert report.evaluation_data.endswith("classifier colors at 8x8")
        assert "2 blocks of 100" in report.protocol["kernel distance"]
        for row in report.rows()[-2:]:
            assert row[1].count("±") == row[5].count("±") == 1
            for text in (report.table(), report.markdown()):
                assert row[0] in text and row[1] in text
        card = {
            "metrics": report.card_metrics(),
            "no_color": report.card_no_color(),
            "evaluation_data": report.evaluation_data,
        }
        model.save_to_preset(tmp_path / "preset", card=card)
        text = (tmp_path / "preset" / "README.md").read_text(encoding="utf-8")
        for name in ("class_agreement", "kernel_distance"):
            number = report.numbers[name]
            pairs = (
                (number.value, number.standard_error),
                number.baselines["no color"],
            )
            cells = " | ".join(f"{v:g} ± {error:g}" for v, error in pairs)
            assert f"| `{name}` | {cells} |" in text
        assert "Compare only values for the same classifier" in text
