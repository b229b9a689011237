import numpy as np
import pytest
from keras import ops
from PIL import Image

from tests.models.small import images


@pytest.fixture
def classes(tmp_path):
    """A folder of two classes, of six images each."""
    for i, rgb in enumerate(images(12, 16)):
        folder = tmp_path / "data" / "ab"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rgb).save(folder / f"{i}.png")
    return tmp_path / "data"


class TestSelfSupervision:
    @pytest.mark.slow
    def test_compares_two_classifiers(self, run, classes, monkeypatch, capsys):
        import self_supervision as example

        starts = []
        accuracies = iter([0.1, 0.3, 0.2, 0.5])
        real = example.accuracy

        def accuracy(classifier, train, test, steps):
            weights = classifier.layers[2].get_weights()
            starts.append(np.concatenate([w.ravel() for w in weights]))
            assert len(train[0]) == 4 and len(test[0]) == 12
            assert 0.0 <= real(classifier, train, test, steps) <= 1.0
            return next(accuracies)

        monkeypatch.setattr(example, "accuracy", accuracy)
        run(
            example,
            *(classes, classes, "--per-class", 2, "--seeds", 2),
            *("--epochs", 1, "--steps", 2),
        )
        scratch, coloring, scratch_2, coloring_2 = starts
        np.testing.assert_array_equal(coloring, coloring_2)
        assert not np.allclose(scratch, scratch_2)
        assert not np.allclose(scratch, coloring)
        said = capsys.readouterr().out
        assert "from scratch: 15.00% ± 5.00%" in said
        assert "from coloring: 40.00% ± 10.00%" in said
        assert "gain: 25.00% ± 5.00%" in said

    def test_classes(self, classes):
        from self_supervision import read_classes

        found, labels = read_classes(classes)
        np.testing.assert_array_equal(labels, 6 * [0] + 6 * [1])
        expected = images(12, 16)
        for label in (0, 1):
            seen = {image.tobytes() for image in found[labels == label]}
            assert seen == {x.tobytes() for x in expected[label::2]}
        with pytest.raises(ValueError, match="holds 0 folders"):
            read_classes(classes / "a")

    def test_labels_of_each_class(self):
        from self_supervision import pick

        labels = np.arange(40) % 4
        chosen = pick(labels, 5, 0)
        assert len(set(chosen)) == 20
        np.testing.assert_array_equal(np.bincount(labels[chosen]), [5] * 4)
        assert set(chosen) != set(pick(labels, 5, 1))

    def test_classifier_starts_from_the_encoder(self):
        from self_supervision import make_classifier
        from self_supervision import make_encoder

        encoder = make_encoder()
        classifier = make_classifier(3, encoder.get_weights())
        gray = np.float32(images(2, 16)[..., :1]) / 255
        assert classifier(gray, training=False).shape == (2, 3)
        for a, b in zip(encoder.weights, classifier.layers[2].weights):
            np.testing.assert_array_equal(*map(ops.convert_to_numpy, (a, b)))
