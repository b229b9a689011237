"""From colourers, which are models, to presets, which are files."""

import pathlib

from keras_colorize.presets import save_preset

# Arguments that belong to a process, not to a preset.
_LOCAL = ("name", "trainable", "dtype")


def save_to_preset(model, path, dtype):
    """See `Colorizer.save_to_preset`."""
    config = {k: v for k, v in model.get_config().items() if k not in _LOCAL}
    class_name = type(model).__name__
    card = (
        f"# {pathlib.Path(path).name}\n\n"
        f"A `{class_name}` of keras_colorize.\n\n"
        "```python\n"
        f'model = keras_colorize.{class_name}.from_preset("path/to/it")\n'
        "photos = model.generate(gray, num_samples=5)\n```\n"
    )
    save_preset(model, path, class_name, config, card, dtype)
