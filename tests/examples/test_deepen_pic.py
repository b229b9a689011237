import numpy as np
import pytest

from keras_colorize import ColorizerPIC
from tests.examples.test_train_pic import run
from tests.models.small import images
from tests.models.small import small_pic


@pytest.mark.slow
class TestDeepenPIC:
    def test_scores_what_the_other_does(self, tmp_path):
        model = small_pic()
        model.initialize(images(8))
        model.save_to_preset(tmp_path / "preset")
        np.save(tmp_path / "images.npy", images(64))
        run(
            "deepen_pic.py",
            *(tmp_path / "preset", tmp_path / "images.npy"),
            *(tmp_path / "deeper", "--blocks", model.num_blocks + 2),
        )
        deeper = ColorizerPIC.from_preset(tmp_path / "deeper")
        assert deeper.num_blocks == model.num_blocks + 2
        assert deeper.count_params() > model.count_params()
        expected = model.log_likelihood(images(8, seed=1))
        found = deeper.log_likelihood(images(8, seed=1))
        assert np.allclose(found, expected, rtol=1e-5)
