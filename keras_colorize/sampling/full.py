"""The plain sampler: a full forward pass for every pixel."""

from keras import ops


def sample_rows(predict, draw, chroma, noise, start, stop):
    """Draws rows `start` to `stop` of the chroma, pixel by pixel.

    Args:
        predict: Function from chroma `(B, h, w, C)` to the mixture's parameters
            `(B, h, w, P)`, causal in raster order.
        draw: Function of parameters `(B, P)`, noise `(B, N)`, row and column
            (scalar tensors) to a pixel's chroma `(B, C)`.
        chroma: Float tensor `(B, h, w, C)`. Rows before `start` are drawn
            already; what the others hold does not matter.
        noise: Float tensor `(B, h, w, N)`, uniform in [0, 1).
        start: int or scalar tensor. First row to draw.
        stop: int or scalar tensor. Row to stop before.

    Returns:
        The chroma with those rows drawn.
    """
    batch, _, width, channels = chroma.shape

    def at(tensor, row, column):
        size = (batch, 1, 1, tensor.shape[-1])
        pixel = ops.slice(tensor, (0, row, column, 0), size)
        return ops.reshape(pixel, (batch, tensor.shape[-1]))

    def step(index, chroma):
        row, column = index // width, index % width
        parameters = predict(chroma)
        pixel = draw(
            at(parameters, row, column), at(noise, row, column), row, column
        )
        pixel = ops.reshape(pixel, (batch, 1, 1, channels))
        return ops.slice_update(chroma, (0, row, column, 0), pixel)

    return ops.fori_loop(start * width, stop * width, step, chroma)
