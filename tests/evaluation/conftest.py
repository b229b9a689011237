import keras
import pytest

from keras_colorize.evaluation import evaluate
from tests.models.small import images
from tests.models.small import small_pic


@pytest.fixture(scope="session")
def model():
    keras.utils.set_random_seed(0)
    return small_pic()


@pytest.fixture(scope="session")
def report(model):
    return evaluate(
        model,
        images(6),
        num_samples=3,
        num_colored=4,
        seed=5,
        training_images=images(9, seed=1),
        preset="tiny <model>",
        data="noise",
    )
