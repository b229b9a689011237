"""The principal components of chroma fields."""

import numpy as np


def principal_components(fields, count=20):
    """Computes principal components, for the Mahalanobis loss.

    Args:
        fields: Array `(N, S, S, 2)`. N is above `count`.
        count: int. Number of components.

    Returns:
        Two float32 arrays: the components `(count, S, S, 2)`, orthonormal;
        and the variance of fields along each, `(count,)`, descending.
        Variances are divided by N - 1.

    Raises:
        ValueError: If there are too few fields, or if they vary in fewer
            directions.
    """
    if len(fields) <= count:
        raise ValueError(
            f"There are {len(fields)} images. Expected more than {count}, the "
            "number of principal components."
        )
    rows = np.asarray(fields, "float64").reshape(len(fields), -1)
    rows = rows - rows.mean(0)
    # Of the products of N images, which are fewer than the values of a field.
    squares, vectors = np.linalg.eigh(rows @ rows.T)
    squares, vectors = squares[::-1][:count], vectors[:, ::-1][:, :count]
    if not squares[-1] > 1e-9 * squares[0] or squares[0] <= 0:
        raise ValueError(
            f"The {len(fields)} images vary in fewer than {count} directions. "
            "Expected images in color that differ."
        )
    components = (vectors / np.sqrt(squares)).T @ rows
    variances = squares / (len(rows) - 1)
    shape = (count, *fields.shape[1:])
    return (
        components.reshape(shape).astype("float32"),
        variances.astype("float32"),
    )
