import numpy as np
import pytest

import keras_colorize
from keras_colorize import encoders
from tests.encoders.reference import features_of
from tests.encoders.reference import gray_images

STAGES = {
    "filters": (4, 6, 8),
    "strides": (1, 2, 2),
    "blocks": (1, 0, 2),
    "dilations": (1, 1, 2),
}


class TestPIC:
    def test_equals_the_embedding_of_the_colorizer(self):
        model = keras_colorize.ColorizerPIC(
            **{f"embedding_{name}": values for name, values in STAGES.items()},
            filters=4,
            num_blocks=1,
            num_components=1,
            embedding_loss_weight=0.0,
            dropout=0.0,
        )
        encoder = encoders.pic(**STAGES)
        encoder.set_weights(model.embedding_network.get_weights())
        gray = gray_images(16, 2)
        found = features_of(encoder, gray)
        assert list(found) == ["stride1", "stride2", "stride4"]
        np.testing.assert_array_equal(
            found["stride4"], np.array(model.embedding_network(gray))
        )

    def test_lengths(self):
        with pytest.raises(ValueError, match="lengths 3, 3, 2 and 3"):
            encoders.pic(**{**STAGES, "blocks": (1, 1)})
