import keras
import numpy as np
from keras import ops

from keras_colorize.color import LabSpace
from keras_colorize.color import downsample
from keras_colorize.layers import Distribution
from keras_colorize.models.autoregressive import AutoregressiveColorizer
from keras_colorize.models.pixcolor.masked_pixelcnn import masked_pixelcnn
from tests.models.small import images
from tests.sampling.helpers import draw_bins
from tests.sampling.helpers import randomize

NUM_BINS = 5


class Bins(Distribution):
    """Histograms of Cb and Cr. The logits of Cr come first."""

    channels = 2
    num_bins = NUM_BINS
    num_noise = 2 * NUM_BINS
    num_temperatures = 1

    def sample(self, parameters, noise, given=None, temperature=1.0):
        return draw_bins(parameters, noise, given, temperature)

    def log_prob(self, parameters, values, given=None):
        total = 0.0
        for turn, logits in enumerate(ops.split(parameters, 2, axis=-1)):
            bins = (values[..., 1 - turn] + 1.0) * (NUM_BINS - 1) / 2.0
            chosen = ops.one_hot(ops.cast(ops.round(bins), "int32"), NUM_BINS)
            log_prob = ops.log_softmax(logits, axis=-1)
            total = total + ops.sum(chosen * log_prob, axis=-1)
        return total


class Masked(AutoregressiveColorizer):
    draw_order = (1, 0)

    def __init__(self):
        super().__init__(
            color_space=LabSpace(),
            loss_weights={"bits_per_dim": 1.0},
            chroma_factor=2,
            image_size=8,
        )
        self.head = Bins()
        gray = keras.Input((None, None, 1), name="gray")
        x = keras.layers.Conv2D(4, 3, strides=2, padding="same")(gray)
        self.embedding_network = keras.Model(gray, x)
        embedding = keras.Input((None, None, 4), name="embedding")
        luminance = keras.Input((None, None, 1), name="luminance")
        chroma = keras.Input((None, None, 2), name="chroma")
        features = ops.concatenate([embedding, luminance], axis=-1)
        self.autoregressive_network = keras.Model(
            [embedding, luminance, chroma],
            masked_pixelcnn(features, chroma, 16, 1, 32, NUM_BINS),
        )
        small = downsample(gray, 2, "area")
        logits = self.autoregressive_network([x, small, chroma])
        parameters = ops.concatenate(logits, axis=-1)
        self.network = keras.Model([gray, chroma], {"parameters": parameters})
        self.built = True


def test_samplers_and_likelihood_agree():
    model = Masked()
    randomize(model, 0)
    (photo,) = images(1, size=10)
    (_, bits, chroma), (_, full_bits, full_chroma) = (
        model.generate(
            photo,
            num_samples=3,
            seed=0,
            sampler=sampler,
            return_log_likelihood=True,
            return_chroma=True,
            verbose=0,
        )
        for sampler in ("cached", "full")
    )
    np.testing.assert_allclose(chroma, full_chroma, atol=1e-4)
    np.testing.assert_allclose(bits, full_bits, rtol=1e-5)
    assert np.std(chroma, axis=0).max() > 1
    assert (bits < 0).all()
