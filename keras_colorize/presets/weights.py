"""Weights by variable path, each of them accounted for."""

import keras
import safetensors


def weights_of(model):
    """The weights of a model by their path inside it."""
    prefix = f"{model.name}/"
    weights = {v.path.removeprefix(prefix): v for v in model.weights}
    if len(weights) != len(model.weights):
        raise ValueError(
            f"Some weights of {model.name} share a path. Expected layers with "
            "distinct names."
        )
    return weights


def load_weights(model, path):
    """Sets every weight of a model from a safetensors file.

    Names, shapes and kinds are checked before any weight is set.

    Args:
        model: Keras model.
        path: Path of the file.

    Raises:
        ValueError: If a weight is missing, left over, of another shape or
            kind, or if the file is no safetensors file.
    """
    weights = weights_of(model)
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            _check_names(path, set(weights), set(file.keys()))
            for name, variable in weights.items():
                _check_entry(path, name, variable, file.get_slice(name))
            for name, variable in weights.items():
                variable.assign(file.get_tensor(name).astype(variable.dtype))
    except safetensors.SafetensorError as error:
        raise ValueError(
            f"{path} is damaged or no safetensors file: {error}. Fetch the "
            "preset again."
        ) from error


def _check_names(path, expected, found):
    problems = []
    for title, names in (
        ("missing", expected - found),
        ("left over", found - expected),
    ):
        if names:
            shown = ", ".join(sorted(names)[:5])
            problems.append(f"{len(names)} {title} ({shown}, ...)")
    if problems:
        raise ValueError(
            f"The weights in {path} are not this model's: "
            f"{'; '.join(problems)}. Expected {len(expected)} weights. The "
            "config and the weights must come from the same preset."
        )


def _check_entry(path, name, variable, entry):
    if tuple(entry.get_shape()) != tuple(variable.shape):
        raise ValueError(
            f"The weight {name} in {path} has shape "
            f"{tuple(entry.get_shape())}. Expected {tuple(variable.shape)}."
        )
    is_float = entry.get_dtype() in ("F16", "BF16", "F32")
    if is_float != ("float" in keras.utils.standardize_dtype(variable.dtype)):
        raise ValueError(
            f"The weight {name} in {path} has dtype {entry.get_dtype()}. "
            f"Expected the kind of {variable.dtype}."
        )
