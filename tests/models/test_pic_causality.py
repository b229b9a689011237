import numpy as np
import pytest
from keras import ops

from tests.gradients import gradients
from tests.models.small import small_pic

SIZE = 8
PIXELS = list(np.ndindex(SIZE, SIZE))


def moved(seen, row, column):
    """What each pixel sees if it looks at the pixel that far away.

    `seen` is boolean (SIZE, SIZE, SIZE, SIZE): the pixel at [y, x] depends on
    the chroma at [i, j]. Outside of the image is nothing.
    """
    result = np.zeros_like(seen)
    for y, x in PIXELS:
        if 0 <= y + row < SIZE and 0 <= x + column < SIZE:
            result[y, x] = seen[y + row, x + column]
    return result


def looking(seen, rows, columns):
    return np.any([moved(seen, r, c) for r in rows for c in columns], axis=0)


def receptive_field(num_blocks):
    """PIC.md's rules of padding and shifting, kernels 3x3 in the blocks."""
    itself = np.eye(SIZE * SIZE, dtype=bool).reshape((SIZE,) * 4)
    # conv 2x3 padded 1 row on top, 1 column each side; down by one row.
    u = looking(itself, (-2, -1), (-1, 0, 1))
    # conv 1x3, down by one row; conv 2x1 padded 1 row on top, right by one.
    ul = looking(itself, (-1,), (-1, 0, 1)) | looking(itself, (-1, 0), (-1,))
    for _ in range(num_blocks):
        for _ in range(2):
            # 2 rows on top, 1 column on each side.
            u = u | looking(u, (-2, -1, 0), (-1, 0, 1))
        # The block's first convolution, to which u is added, ...
        h = looking(ul, (-2, -1, 0), (-2, -1, 0)) | u
        # ... its second and the residual; 2 rows on top, 2 columns left.
        ul = ul | looking(h, (-2, -1, 0), (-2, -1, 0))
    return ul


def influence(network, luminance, embedding, seed=0):
    """Magnitude of d output[y, x] / d chroma[i, j], (SIZE,) * 4."""
    rng = np.random.default_rng(seed)
    count = len(PIXELS)
    outputs = network.output_shape[-1]
    # One copy of the image for each output pixel, its outputs mixed at random.
    chosen = np.zeros((count, SIZE, SIZE, outputs), "float32")
    for copy, pixel in enumerate(PIXELS):
        chosen[(copy, *pixel)] = rng.normal(size=outputs)
    chroma = rng.uniform(-0.3, 0.3, (1, SIZE, SIZE, 2))
    chroma, luminance, embedding = (
        ops.convert_to_tensor(np.repeat(x, count, axis=0).astype("float32"))
        for x in (chroma, luminance, embedding)
    )

    def mixed(chroma):
        found = network([embedding, luminance, chroma], training=False)
        return ops.multiply(found, chosen)

    (found,) = gradients(mixed, ops.convert_to_numpy(chroma))
    return np.abs(found).max(-1).reshape((SIZE,) * 4)


def randomized(**overrides):
    model = small_pic(**overrides)
    rng = np.random.default_rng(0)
    for weight in model.autoregressive_network.trainable_weights:
        if weight.name == "bias":
            weight.assign(rng.normal(0, 0.2, weight.shape))
    return model


@pytest.mark.parametrize(
    "num_blocks, overrides",
    [
        (1, {}),
        (2, {}),
        (2, {"gated": False, "conditioned": False}),
        (1, {"input_space": "rgb"}),
    ],
)
def test_sees_all_earlier_chroma_in_reach_and_no_other(num_blocks, overrides):
    model = randomized(num_blocks=num_blocks, **overrides)
    rng = np.random.default_rng(1)
    luminance = rng.uniform(-0.2, 0.2, (1, SIZE, SIZE, 1))
    width = model.embedding_filters[-1]
    embedding = rng.normal(size=(1, SIZE, SIZE, width))
    found = influence(model.autoregressive_network, luminance, embedding)
    seen = receptive_field(num_blocks)
    order = np.arange(SIZE * SIZE)
    earlier = order[None, :] < order[:, None]
    flat_seen = seen.reshape(SIZE * SIZE, -1)
    # The rules themselves are causal, and reach less than all with one block.
    assert not (flat_seen & ~earlier).any()
    assert flat_seen.sum() > 500
    flat = found.reshape(SIZE * SIZE, -1)
    assert (flat[~earlier] == 0).all()
    assert (flat[~flat_seen] == 0).all()
    assert (flat[flat_seen] > 0).all()


def test_a_large_change_moves_later_pixels_only():
    model = randomized(num_blocks=2)
    rng = np.random.default_rng(1)
    luminance = rng.uniform(-1, 1, (1, SIZE, SIZE, 1)).astype("float32")
    embedding = rng.normal(size=(1, SIZE, SIZE, model.embedding_filters[-1]))
    chroma = rng.uniform(-1, 1, (1, SIZE, SIZE, 2)).astype("float32")
    changed = chroma.copy()
    changed[0, 3, 4] = [1e3, -1e3]
    before, after = (
        ops.convert_to_numpy(
            model.autoregressive_network(
                [embedding.astype("float32"), luminance, x]
            )
        ).reshape(SIZE * SIZE, -1)
        for x in (chroma, changed)
    )
    at = 3 * SIZE + 4
    assert np.allclose(before[: at + 1], after[: at + 1], atol=1e-5)
    assert np.abs(before - after)[at + 1].max() > 0.1
