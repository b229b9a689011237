import types

import numpy as np
import pytest
from skimage.color import rgb2lab

from keras_colorize.evaluation import evaluate
from keras_colorize.evaluation.image_source import fitted
from keras_colorize.evaluation.likelihood import histogram_bits
from tests.metrics.test_pictures import saturation
from tests.models.small import images
from tests.models.small import small_pic

IMAGES = images(6)
OF_COLORINGS = [
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
NUMBERS = ["bits_per_dim", "bits_per_dim_embedding", *OF_COLORINGS]
OF_SEVERAL = ["error_of_best", "sample_variance"]


class AnyFamily:
    """A colorizer that is in no family of this package."""

    name = "any"
    image_size = 8
    supports = frozenset()
    readouts = ("any",)

    def default_readout(self, drawn):
        return self.readouts[0]

    def generate(self, images, num_samples, seed, **kwargs):
        rng = np.random.default_rng(seed)
        count, *sides = images.shape[:3]
        shape = (count, num_samples, *sides, 3)
        return rng.integers(0, 256, shape, dtype="uint8")


class AnyLikelihood(AnyFamily):
    """The same with 4 bins for each of two channels and p = 2^-10."""

    supports = frozenset({"likelihood"})
    head = types.SimpleNamespace(num_bins=4, channels=2)

    def targets(self, images):
        return {"chroma": images[:, ::4, ::2, :2] / 127.5 - 1}

    def log_likelihoods(self, images):
        return {"model": np.full(len(images), -10.0)}


class TestEvaluate:
    def test_bits(self, model, report):
        found = model.log_likelihoods(IMAGES)
        for key, name in zip(NUMBERS, ("model", "embedding")):
            number = report.numbers[key]
            bits = -found[name] / 32
            assert number.value == pytest.approx(bits.mean(), rel=1e-5)
            error = bits.std(ddof=1) / np.sqrt(6)
            assert number.standard_error == pytest.approx(error, rel=1e-3)
        baselines = report.numbers["bits_per_dim"].baselines
        assert baselines["uniform"] == (8.0, None)

    def test_samples(self, model, report):
        samples = model.generate(IMAGES[:4], num_samples=3, seed=5, verbose=0)
        assert np.array_equal(report.colorings.samples, samples)
        found = [np.mean([saturation(x) for x in xs]) for xs in samples]
        value = report.numbers["saturation"].value
        assert value == pytest.approx(np.mean(found), rel=1e-4)

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
        assert report.colorings.samples.shape == (2, 1, 12, 12, 3)
        assert "central square" in report.protocol["bits per dimension"]
        stages = dict.fromkeys(stage for stage, *_ in calls)
        assert list(stages) == ["coloring", "likelihood", "measuring"]
        assert all((stage, n, n) in calls for stage, *_, n in calls)

    def test_squashed_images(self, model):
        wide = images(3, 16)[:, :12]
        squashed = np.stack([fitted(image, 8, "squash") for image in wide])
        report = evaluate(model, wide, num_samples=1, resize="squash")
        assert "squashed" in report.protocol["bits per dimension"]
        expected = -model.log_likelihood(squashed).mean() / 32
        found = report.numbers["bits_per_dim"].value
        assert found == pytest.approx(expected, rel=1e-5)
        # The same for images that a source has squashed.
        again = evaluate(AnyLikelihood(), squashed, 1, resize="squash")
        assert "squashed" in again.protocol["bits per dimension"]
        assert "squashed" in again.protocol["colorings"]
        again = evaluate(AnyFamily(), squashed, 1, resize="squash")
        assert "squashed" in again.protocol["colorings"]
        # The wide images were colored as they are.
        assert "squashed" not in report.protocol["colorings"]

    def test_model_without_embedding_loss(self):
        model = small_pic(embedding_loss_weight=0.0)
        assert set(model.log_likelihoods(IMAGES)) == {"model"}

    def test_family_without_likelihood(self):
        report = evaluate(AnyFamily(), IMAGES, num_samples=2)
        assert list(report.numbers) == OF_COLORINGS + OF_SEVERAL
        assert "bits per dimension" not in report.protocol
        assert "any on 6 images" in report.table()

    def test_another_family_with_likelihood(self):
        report = evaluate(
            AnyLikelihood(), IMAGES, num_samples=1, training_images=IMAGES
        )
        assert list(report.numbers) == ["bits_per_dim", *OF_COLORINGS]
        number = report.numbers["bits_per_dim"]
        # Chroma has 2x4 pixels of two channels.
        assert number.value == pytest.approx(10 / 16)
        assert number.baselines["uniform"] == (2.0, None)
        assert 0 < number.baselines["histogram of training images"][0] < 3
        chroma = report.protocol["bits per dimension"]
        assert "gray 8x8, chroma 2x4" in chroma

    @pytest.mark.parametrize(
        "arguments, words",
        [
            ({"images": IMAGES / 255}, "float64"),
            ({"images": list(IMAGES)}, "list"),
            ({"images": IMAGES[0]}, r"\(8, 8, 3\)"),
            ({"images": IMAGES[:0]}, r"\(0, 8, 8, 3\)"),
            ({"training_images": IMAGES[0]}, "training_images"),
            ({"num_colored": 7}, "Expected 1 to 6"),
            ({"num_colored": 0}, "Expected 1 to 6"),
            ({"num_samples": 0}, "num_samples"),
            ({"temperature": -1.0}, "temperature"),
            ({"resize": "pad"}, "'crop', 'squash'"),
            ({"readout": "best"}, "readout is 'best'. Expected one of"),
            ({"classifier": "nowhere.pth"}, "no file nowhere.pth"),
        ],
    )
    def test_arguments(self, model, arguments, words):
        with pytest.raises((OSError, ValueError), match=words):
            evaluate(model, **{"images": IMAGES, **arguments})

    def test_temperature(self, model):
        report = evaluate(model, IMAGES[:2], num_samples=2, temperature=0.0)
        assert "temperature 0.0" in report.protocol["colorings"]
        # At temperature 0 every coloring is the likeliest.
        assert report.numbers["sample_variance"].value == 0

    def test_readout(self):
        class Readouts(AnyFamily):
            readouts = ("black", "white")

            def generate(self, images, num_samples, readout, **kwargs):
                value = 255 * self.readouts.index(readout)
                return np.full_like(images[:, None], value)

        for readout, value in ((None, 0), ("black", 0), ("white", 255)):
            report = evaluate(Readouts(), IMAGES, 1, readout=readout)
            assert (report.colorings.samples == value).all()
            name = readout or "black"
            assert report.readout == name
            assert f"readout {name}" in report.protocol["colorings"]
            text = f"readout {name}, temperature 1.0"
            assert text in report.evaluation_data


class TestBaselines:
    def test_histogram(self):
        training = np.array([[0, 1, 1], [3, 1, 0]])
        bits = histogram_bits(training, np.array([[1, 2], [0, 3]]), 4)
        expected = [-np.log2(0.4) - np.log2(0.1), -np.log2(0.3 * 0.2)]
        assert np.allclose(bits, expected)

    def test_histogram_of_chroma(self, report):
        """Counted pair by pair on chroma from scikit-image."""

        def pairs(rgb):
            chroma = rgb2lab(rgb)[..., 1:].reshape(-1, 4, 2, 4, 2, 2)
            chroma = chroma.mean((2, 4)).reshape(-1, 16, 2) + [127, 128]
            index = np.round(chroma).astype(int)
            return [[tuple(pair) for pair in image] for image in index]

        counts = {}
        for image in pairs(images(9, seed=1)):
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
