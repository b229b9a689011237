import numpy as np

from keras_colorize import RefinementNetwork
from tests.models.pixcolor.small import small_pixcolor


def test_table(run, tmp_path, capsys):
    import pixcolor_ablation as example

    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), "uint8")
    np.save(tmp_path / "images.npy", images)
    model = small_pixcolor()
    model.prepare(images)
    model.save_to_preset(tmp_path / "preset")
    refinement = RefinementNetwork(4, chroma_factor=4)
    refinement.prepare(images)
    refinement.save(tmp_path / "net.keras")
    arguments = [tmp_path / "images.npy", "--preset", tmp_path / "preset"]
    arguments += ["--refinement", tmp_path / "net.keras", "--limit", "2"]
    run(example, *arguments)
    lines = capsys.readouterr().out.splitlines()
    for chroma in ("true", "sampled"):
        for way in ("bilinear", "guided", "refined"):
            (line,) = (x for x in lines if chroma in x and way in x)
            assert "dB" in line or "±" in line
    # An untrained model samples noise; its refinement network adds nothing.
    psnr = {
        chroma: [
            float(x.split("±")[0].split()[-1]) for x in lines if chroma in x[:9]
        ]
        for chroma in ("true", "sampled")
    }
    assert min(psnr["true"]) > max(psnr["sampled"])
