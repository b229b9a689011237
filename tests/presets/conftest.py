import pytest

from tests.models.small import images
from tests.models.small import small_pic


@pytest.fixture
def model():
    model = small_pic()
    model.initialize(images())
    return model


@pytest.fixture
def preset(model, tmp_path):
    model.save_to_preset(tmp_path / "preset")
    return tmp_path / "preset"
