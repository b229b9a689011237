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
from keras_colorize.presets.card_facts import CardFacts
from keras_colorize.tables import markdown_table

SHEET = "sheet.png"

_TAGS = ("keras", "colorization", "image-colorization")
_NOT_STATED = "Not stated."
_LIMITS = """\
The colors are invented, not restored. Every sample is one plausible guess, and
no evidence of how anything looked. Chroma is drawn on a small grid and
enlarged, so small things lose their colors. Colors that were common in the
training images are drawn too often, and rare colors too seldom. Show several
samples, and say that a model made the colors. Do not use the model where a
wrong color would misrepresent a person or a group."""
_BITS = """\
`bits_per_dim` is -log2 p / (pixels x 2) of the chroma given the luminance:
lower is better. Compare only values for the same grid, color space and way to
take chroma from an image."""
_CLASSES = """\
`class_agreement` is how often, in %, the most likely class that a classifier
gives a coloring is that of the original: higher is better. `kernel_distance`
is KID x 1000 between the classifier's features of colorings and of originals:
lower is better. Compare only values for the same classifier and images."""

_USAGE_BEGINS = "<!-- usage: written anew when the preset is pushed -->"
_USAGE_ENDS = "<!-- end of usage -->"
_WEB = re.compile(r"([a-z][a-z0-9+.-]*:|//|#)", re.IGNORECASE)
_IMG = re.compile(r"<img\b[^<>]*?\bsrc=[\"']([^\"'<>]+)", re.IGNORECASE)


def model_card(model, class_name, config, facts, name, dtype=None):
    """The model card of a preset: Markdown with YAML front matter.

    `config` has the arguments of the model's class. `facts` are `CardFacts`.
    `name` is the title, and the directory that `from_preset` loads. `dtype` is
    the stored dtype of float weights; None stands for the model's own.
    """
    doc = inspect.getdoc(type(model)) or class_name  # python -OO has none
    summary = doc.splitlines()[0]
    links = [
        f"[{name}](https://huggingface.co/datasets/{name})"
        for name in facts.datasets
    ]
    data = facts.training_data or ", ".join(links) or _NOT_STATED
    recipe = facts.recipe or _NOT_STATED
    if isinstance(recipe, dict):
        recipe = f"\n\n{_table(recipe)}"
    gray = model.image_size
    chroma, _ = model.grid_of(gray, gray)
    proportions = "or 3:2 or 2:3 with as many pixels"
    if model.grid_of(gray, 2 * gray) == (chroma, chroma):
        proportions = "for photographs of all proportions"
    count = sum(math.prod(v.shape) for v in model.trainable_variables)
    parameters = f"{count:,}"
    if not all(layer.trainable for layer in model.layers):
        whole = sum(math.prod(v.shape) for v in model.weights)
        parameters += f" trainable of {whole:,}"
    architecture = {
        "class": f"`{class_name}`: {summary}",
        "parameters": parameters,
        "stored as": dtype or model.variable_dtype,
        "grids": f"gray {gray}x{gray}, chroma {chroma}x{chroma}, "
        f"{proportions}; colorings have the photograph's own resolution",
        "supports": sorted(model.supports),
        "saved by": f"keras_colorize {__version__}",
    }
    parts = [
        f"# {name}",
        facts.description or summary,
        None if facts.sheet is None else f"![Samples of the model]({SHEET})",
        "## How to use it",
        _usage(name),
        "## The model",
        _table(architecture),
        "Arguments of the class:",
        _table({f"`{key}`": value for key, value in config.items()}),
        "## Training",
        f"**Data.** {data}",
        f"**Recipe.** {recipe}",
        "## Numbers",
        *_numbers(facts),
        "## Limits",
        facts.limits,
        _LIMITS,
        "## License",
        _license(facts),
    ]
    return _front_matter(facts, name) + "\n\n".join(filter(None, parts)) + "\n"


def published_card(path, repo_id):
    """The text of the card at `path`, as it is published in `repo_id`.

    The marked part on usage, if it is still there, names the Hub repository. A
    card without front matter gets one. The rest stays.
    """
    # The import is slow, and only publishing needs it.
    from huggingface_hub.repocard import REGEX_YAML_BLOCK
    from huggingface_hub.repocard import ModelCard

    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} cannot be read: {error}. Save it as text in UTF-8."
        ) from error
    text = _with_usage(text, _usage(f"hf://{repo_id}"))
    try:
        if not REGEX_YAML_BLOCK.search(text):
            return _front_matter(CardFacts()) + text
        ModelCard(text)
    # Also the errors of the Hub's YAML library.
    except Exception as error:
        raise ValueError(
            f"The front matter of {path} cannot be read: {error}. Correct the "
            "lines between the first two '---', or remove these lines: "
            "publishing then adds front matter."
        ) from error
    return text


def pictures_in(card):
    """The names of the files that a card shows, without links to the web."""
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


def _with_usage(text, usage):
    """A card whose marked parts on usage are another text."""
    *pieces, rest = text.split(_USAGE_ENDS)
    for i, piece in enumerate(pieces):
        before, begins, _ = piece.partition(_USAGE_BEGINS)
        pieces[i] = before + usage if begins else piece + _USAGE_ENDS
    return "".join((*pieces, rest))


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


def _front_matter(facts, name=None):
    """YAML between two lines of dashes, as the Hub reads it."""
    results = [
        EvalResult(
            task_type="image-to-image",
            task_name="Image colorization",
            # The Hub requires a type, usually a data set's name there.
            dataset_type="custom",
            dataset_name=facts.evaluation_data,
            metric_type=metric,
            metric_value=value,
            metric_args=None if error is None else {"standard_error": error},
        )
        for metric, (value, error) in facts.measures().items()
    ]
    data = ModelCardData(
        library_name="keras_colorize",
        pipeline_tag="image-to-image",
        license=facts.license,
        license_name=facts.license_name,
        license_link=facts.license_link,
        datasets=list(facts.datasets) or None,
        metrics=list(facts.metrics) or None,
        model_name=name if results else None,
        eval_results=results or None,
        tags=[*_TAGS, *facts.tags],
    )
    return f"---\n{data.to_yaml()}\n---\n\n"


def _numbers(facts):
    if not facts.metrics:
        return [_NOT_STATED]
    measures, gray = facts.measures(), facts.measures_of_gray()
    rows = [("", "colorings", "no color") if gray else ("", "")]
    for name, number in measures.items():
        cells = [_cell(*number)]
        if gray:
            cells.append(_cell(*gray[name]) if name in gray else "")
        rows.append((f"`{name}`", *cells))
    table = markdown_table(rows).rstrip()
    return [
        f"Measured on: {facts.evaluation_data}",
        table,
        "The standard error stands after ±." if "±" in table else None,
        _BITS if "bits_per_dim" in measures else None,
        _CLASSES if "class_agreement" in measures else None,
    ]


def _cell(value, error):
    return f"{value:g}" if error is None else f"{value:g} ± {error:g}"


def _license(facts):
    if facts.license is None:
        return f"{_NOT_STATED} Ask whoever published the weights."
    name = facts.license_name or facts.license
    return f"[{name}]({facts.license_link})" if facts.license_link else name


def _table(facts):
    rows = [("", "")]
    for key, value in facts.items():
        if isinstance(value, (list, tuple)):
            value = ", ".join(map(str, value))
        rows.append((str(key), str(value)))
    return markdown_table(rows).rstrip()
