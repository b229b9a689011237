"""The notebooks run from the first cell to the last, on small photographs."""

import pathlib
import re

import nbclient
import nbformat
import pytest
from PIL import Image

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


@pytest.fixture
def place(tmp_path):
    """A folder with the example photographs, at most 96 pixels wide."""
    (tmp_path / "photos").mkdir()
    for path in EXAMPLES.glob("photos/*.[jp][pn]g"):
        with Image.open(path) as photo:
            photo.thumbnail((96, 96))
            photo.save(tmp_path / "photos" / path.name)
    return tmp_path


@pytest.fixture
def ran(place):
    """Runs a notebook. Returns the text that its code cells give."""

    def ran(name):
        notebook = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
        nbclient.NotebookClient(
            notebook,
            timeout=600,
            resources={"metadata": {"path": str(place)}},
        ).execute()
        texts = []
        for cell in notebook.cells:
            for output in cell.get("outputs", ()):
                if output.output_type == "stream":
                    texts.append(output.text)
                else:
                    texts += output.data.values()
        return "\n".join(texts)

    return ran


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebooks:
    def test_is_stored_without_outputs_and_has_a_badge(self, path):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert "colab-badge.svg" in notebook.cells[0].source
        for cell in notebook.cells:
            assert not cell.get("outputs") and not cell.get("execution_count")


@pytest.mark.slow
class TestRuns:
    def test_color_photographs(self, ran, place):
        ran("color_photographs")
        with Image.open(place / "photos/camera_gray.jpg") as gray:
            with Image.open(place / "colored.png") as colored:
                assert colored.size == gray.size and colored.mode == "RGB"

    def test_fit_on_your_images(self, ran):
        """The loaded preset has the loss of the best epoch."""
        text = ran("fit_on_your_images")
        losses = re.search(r"^val_loss +(.*)$", text, re.MULTILINE)[1].split()
        last = re.findall(r"'loss': ([\d.]+)", text)[-1]
        assert len(losses) == 3
        assert float(last) == pytest.approx(min(map(float, losses)), abs=1e-3)

    def test_publish(self, ran, place):
        text = ran("publish")
        difference = float(re.search(r"mean difference: ([\d.]+)", text)[1])
        assert difference < 0.5
        assert "8,000 photographs of flowers." in text
        assert {path.name for path in (place / "my_preset").iterdir()} == {
            "README.md",
            "config.json",
            "model.safetensors",
            "sheet.png",
        }

    def test_compare_families(self, ran):
        text = ran("compare_families")
        assert len(re.findall(r"[\d.]+ dB colorfulness +[\d.]+", text)) == 4
