"""Colors that flicker, as a trained model's do; a tiny one's hardly do."""

import numpy as np


def flickering_draw(model):
    """The method `draw` of a model, with noise of its own in each call."""
    draw = model.draw
    rng = np.random.default_rng(0)

    def flickering(context, noise, request):
        chroma, bits = draw(context, noise, request)
        change = rng.uniform(-0.2, 0.2, chroma.shape).astype("float32")
        return chroma + change, bits

    return flickering
