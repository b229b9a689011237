import numpy as np
import pytest
from keras import ops

from keras_colorize.color import LabSpace
from keras_colorize.color.cic_bins import CENTERS
from keras_colorize.color.cic_bins import PRIOR
from keras_colorize.models.cic.bin_histogram import BinHistogram

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 2, (1, 3, 4, 313)).astype("float32")
NOISE = RNG.random((2, 3, 4, 1), "float32")
HEAD = BinHistogram(0.38)


def softmax(x):
    p = np.exp(x - x.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


def read(readout, temperature=1.0, logits=LOGITS, noise=NOISE):
    noise = ops.convert_to_tensor(noise)
    chroma = HEAD.read(logits, readout, noise, temperature)
    return ops.convert_to_numpy(LabSpace().denormalize(chroma))


def test_loss_by_brute_force():
    """Equations 2 to 4, a pixel at a time."""
    ab = RNG.uniform(-60, 60, (1, 3, 4, 2)).astype("float32")
    chroma = LabSpace().normalize(ab)
    found = HEAD.losses(LOGITS, chroma)["cross_entropy"]
    weights = 1 / (0.5 * PRIOR + 0.5 / 313)
    weights /= (PRIOR * weights).sum()
    expected = np.zeros((1, 3, 4))
    for pixel in np.ndindex(1, 3, 4):
        distances = np.linalg.norm(CENTERS - ab[pixel], axis=1)
        nearest = sorted(range(313), key=lambda q: distances[q])[:5]
        soft = np.zeros(313)
        for q in nearest:
            soft[q] = np.exp(-(distances[q] ** 2) / (2 * 5**2))
        soft /= soft.sum()
        log_p = np.log(softmax(LOGITS[pixel].astype("float64")))
        expected[pixel] = -weights[soft.argmax()] * (soft * log_p).sum()
    assert np.ptp(expected) > 1
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-4)


@pytest.mark.parametrize("temperature", [1.0, 0.5, (2.0,)])
def test_annealed_mean(temperature):
    t = 0.38 * np.ravel(temperature)[0]
    expected = softmax(LOGITS / t) @ CENTERS
    found = read("annealed_mean", temperature)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_modes():
    expected = CENTERS[LOGITS.argmax(-1)]
    for readout in HEAD.readouts:
        temperature = 1.0 if readout == "mode" else 0.0
        found = read(readout, temperature)
        np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_frequencies_of_samples(temperature):
    logits = np.full((1, 1, 1, 313), -100, "float32")
    logits[..., [7, 100, 300]] = 0.0, 1.0, 2.0
    noise = RNG.random((20000, 1, 1, 1), "float32")
    ab = read("sample", temperature, logits, noise).reshape(-1, 2)
    chosen = np.linalg.norm(ab[:, None] - CENTERS, axis=-1).argmin(1)
    found = np.bincount(chosen, minlength=313) / len(chosen)
    expected = softmax(logits.ravel() / temperature)
    np.testing.assert_allclose(found, expected, atol=0.015)


def test_histogram_counts_the_nearest_bins():
    chroma = LabSpace().normalize(CENTERS[[5, 9, 9, 312]] + 3.0)
    found = HEAD.histogram(chroma)
    assert found.shape == (1, 313)
    assert found[0, [5, 9, 312]] == pytest.approx([0.25, 0.5, 0.25])


def test_uncertainty():
    certain = np.zeros((1, 1, 1, 313), "float32")
    certain[..., 3] = 100
    for logits, expected in ((0 * certain, 1.0), (certain, 0.0)):
        found = ops.convert_to_numpy(HEAD.uncertainty(logits))
        np.testing.assert_allclose(found, [[[expected]]], atol=1e-5)
