"""The model card of a preset."""

import inspect
import json
import math
import re
import shlex
import urllib.parse

from huggingface_hub import EvalResult
from huggingface_hub import ModelCardData
from markdown_it import MarkdownIt

from keras_colorize._version import __version__

SHEET = "sheet.png"

_TAGS = ("keras", "colorization", "image-colorization")
_NOT_STATED = "Not stated."
_LIMITS = """\
The colors are invented, not restored: they are no evidence of what anything
looked like, and every sample is one plausible guess. Chroma is drawn on a small
grid and enlarged, so small colored things are missed. Colors that were common
in the training images are drawn too often, and rare ones too seldom. Show
several samples, say that the colors are a model's, and do not use the model
where a wrong color would misrepresent a person or a group."""
_BITS = """\
`bits_per_dim` is -log2 p / (pixels x 2) of the chroma given the luminance:
lower is better. Values for other grids, color spaces or ways to take chroma
from an image are not comparable."""

_USAGE_BEGINS = "<!-- usage: written anew when the preset is pushed -->"
_USAGE_ENDS = "<!-- end of usage -->"
_WEB = re.compile(r"([a-z][a-z0-9+.-]*:|//|#)", re.IGNORECASE)
_IMG = re.compile(r"<img\b[^<>]*?\bsrc=[\"']([^\"'<>]+)", re.IGNORECASE)
_USAGE = re.compile(f"{_USAGE_BEGINS}.*?{_USAGE_ENDS}", re.DOTALL)


def model_card(model, class_name, config, facts, name, dtype=None):
    """Writes the model card of a preset.

    Args:
        model: `Colorizer`.
        class_name: str. The name of its class.
        config: dict. Its arguments.
        facts: `CardFacts`.
        name: str. The preset's name: the card's title, and the directory that
            `from_preset` loads.
        dtype: str or None. Storage of float weights; None for as they are.

    Returns:
        str. Markdown with YAML front matter.
    """
    doc = inspect.getdoc(type(model)) or class_name  # python -OO has none
    summary = doc.splitlines()[0]
    links = [
        f"[{name}](https://huggingface.co/datasets/{name})"
        for name in facts.datasets
    ]
    data = facts.training_data or ", ".join(links) or _NOT_STATED
    parts = [
        f"# {name}",
        facts.description or summary,
        *([] if facts.sheet is None else [f"![Samples of the model]({SHEET})"]),
        "## How to use it",
        _usage(name),
        "## The model",
        _table(_architecture(model, f"`{class_name}`: {summary}", dtype)),
        "Arguments of its class:",
        _table({f"`{key}`": value for key, value in config.items()}),
        "## Training",
        f"**Data.** {data}",
        "**Recipe.**" + _recipe(facts.recipe),
        "## Numbers",
        _numbers(facts),
        "## Limits",
        *filter(None, [facts.limits, _LIMITS]),
        "## License",
        _license(facts),
    ]
    return _front_matter(facts, name) + "\n\n".join(parts) + "\n"


def published_card(path, repo_id):
    """A preset's card as it is published.

    The marked part on usage, if it is still there, names the Hub repository;
    a card without front matter gets one. The rest stays.

    Args:
        path: Path of the card.
        repo_id: str. `"owner/name"`.

    Returns:
        str.

    Raises:
        ValueError: If the card is not in UTF-8, or has front matter that the
            Hub cannot read.
    """
    # It takes a while to import and only publishing needs it.
    from huggingface_hub.repocard import REGEX_YAML_BLOCK
    from huggingface_hub.repocard import ModelCard

    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} cannot be read: {error}. Expected text in UTF-8: save it "
            "in that encoding."
        ) from error
    usage = _usage(f"hf://{repo_id}")
    text = _USAGE.sub(lambda match: usage, text)
    try:
        if not REGEX_YAML_BLOCK.search(text):
            return _front_matter() + text
        ModelCard(text)
    # Also the errors of the Hub's YAML library.
    except Exception as error:
        raise ValueError(
            f"The front matter of {path} cannot be read: {error}. Correct the "
            "lines between its first two '---', or remove them to have them "
            "written."
        ) from error
    return text


def pictures_in(card):
    """The names of the files that a card shows, without those of the web."""
    blocks = MarkdownIt().parse(card)
    tokens = [t for block in blocks for t in (block, *(block.children or ()))]
    found = []
    for token in tokens:
        if token.type == "image":
            found.append(token.attrs["src"])
        elif token.type in ("html_block", "html_inline"):
            found += _IMG.findall(token.content)
    names = [urllib.parse.unquote(name) for name in found if name]
    return list(dict.fromkeys(n for n in names if not _WEB.match(n)))


def _usage(place):
    return f"""\
{_USAGE_BEGINS}
```python
import keras_colorize

model = keras_colorize.Colorizer.from_preset({json.dumps(place)})
photos = model.generate("gray.jpg", num_samples=5, seed=0)
```

```
keras-colorize colorize gray.jpg -o colored --preset {shlex.quote(place)}
```
{_USAGE_ENDS}"""


def _front_matter(facts=None, name=None):
    """YAML between two lines of dashes, as the Hub reads it."""
    data = {"library_name": "keras_colorize", "pipeline_tag": "image-to-image"}
    tags = list(_TAGS)
    if facts is not None:
        tags += facts.tags
        data |= {
            "license": facts.license,
            "license_name": facts.license_name,
            "license_link": facts.license_link,
            "datasets": list(facts.datasets) or None,
        }
        if facts.metrics:
            data |= {
                "metrics": list(facts.metrics),
                "model_name": name,
                "eval_results": _eval_results(facts),
            }
    return f"---\n{ModelCardData(**data, tags=tags).to_yaml()}\n---\n\n"


def _eval_results(facts):
    return [
        EvalResult(
            task_type="image-to-image",
            task_name="Image colorization",
            # Required; otherwise a data set's name on the Hub.
            dataset_type="custom",
            dataset_name=facts.evaluation_data,
            metric_type=metric,
            metric_value=value,
            metric_args=None if error is None else {"standard_error": error},
        )
        for metric, (value, error) in facts.measures().items()
    ]


def _architecture(model, class_line, dtype):
    count = sum(math.prod(v.shape) for v in model.trainable_variables)
    gray, factor = model.image_size, model.chroma_factor
    chroma = gray // factor
    return {
        "class": class_line,
        "parameters": f"{count:,}",
        "stored as": dtype or model.variable_dtype,
        "grids": f"gray {gray}x{gray}, chroma {chroma}x{chroma}, in the "
        "photograph's proportions; colorings have its own resolution",
        "supports": sorted(model.supports),
        "saved by": f"keras_colorize {__version__}",
    }


def _recipe(recipe):
    if isinstance(recipe, dict) and recipe:
        return "\n\n" + _table(recipe)
    return f" {recipe or _NOT_STATED}"


def _numbers(facts):
    if not facts.metrics:
        return _NOT_STATED
    rows = {
        f"`{name}`": f"{value:g}" + ("" if error is None else f" ± {error:g}")
        for name, (value, error) in facts.measures().items()
    }
    parts = [f"Measured on: {facts.evaluation_data}", _table(rows)]
    if any(error is not None for _, error in facts.measures().values()):
        parts.append("After ± stands the standard error.")
    if "bits_per_dim" in facts.metrics:
        parts.append(_BITS)
    return "\n\n".join(parts)


def _license(facts):
    if facts.license is None:
        return f"{_NOT_STATED} Ask whoever published the weights."
    name = facts.license_name or facts.license
    return f"[{name}]({facts.license_link})" if facts.license_link else name


def _table(rows):
    lines = [f"| {_cell(key)} | {_cell(rows[key])} |" for key in rows]
    return "\n".join(["| | |", "|---|---|", *lines])


def _cell(value):
    if isinstance(value, (list, tuple)):
        value = ", ".join(map(str, value))
    return " ".join(str(value).split()).replace("|", "\\|")
