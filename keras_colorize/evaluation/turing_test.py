"""The visual Turing test: can people tell a coloring from the original?

Guadarrama et al. (2017), section 4: a rater sees the original and a coloring
one after the other, for one second each, in random order, and says which one
has the true colors. The score of a method is the share of answers that take
the coloring for the original. A perfect method has 50 % in expectation.

`write_study` writes the page that raters open; `score` reads their answers.
"""

import base64
import dataclasses
import functools
import hashlib
import importlib.resources
import io
import json
import os

import numpy as np
from PIL import Image

from keras_colorize.atomic_write import atomic_write
from keras_colorize.evaluation.image_source import check_images
from keras_colorize.evaluation.report import with_error
from keras_colorize.evaluation.turing_answers import FORMAT
from keras_colorize.evaluation.turing_answers import read_answers
from keras_colorize.tables import text_table

# A page of this many pixels has about 80 MB.
MAX_PIXELS = 150_000_000

_RESAMPLES = 4_000


def write_study(
    path,
    models,
    images,
    num_samples=3,
    seed=0,
    temperature=1.0,
    overwrite=False,
    progress=None,
):
    """Writes a study as one HTML page, which sends and fetches nothing.

    A method is one sample of one model. The samples of a model stand for the
    seeds of the paper. If a model draws nothing at random, so that its samples
    are equal, it is one method. A rater sees every photograph once, with a
    method chosen at random: a rater who saw an original twice would know it.

    The same pictures give a page with the same study id.

    Args:
        path: str or Path. The page to write.
        models: dict of `Colorizer`, by the names that `score` shows.
        images: uint8 array (N, H, W, 3). The originals.
        num_samples: int. Colorings of each photograph by each model.
        seed: int. Seed of the colorings.
        temperature: float. Temperature of the colorings, as in `generate`.
        overwrite: bool. Whether to replace a file.
        progress: Function of (name of a model, done, total) or None.

    Raises:
        FileExistsError: If there is a file and `overwrite` is False.
        ValueError: If an argument is not as above, or the pictures have more
            than `MAX_PIXELS` pixels.
    """
    check_images("images", images)
    if not models:
        raise ValueError("models is empty. Expected at least one model.")
    check_size(images[..., 0].size, len(models) * num_samples)
    if not overwrite and os.path.lexists(path):
        raise FileExistsError(
            f"{path} exists. Give another name, or overwrite=True to replace "
            "it."
        )
    show = progress or (lambda name, done, total: None)
    methods, columns = [], [images]
    for name, model in models.items():
        samples = model.generate(
            images,
            num_samples=num_samples,
            seed=seed,
            temperature=temperature,
            verbose=0,
            progress=functools.partial(show, name),
        )
        if (samples == samples[:, :1]).all():
            samples = samples[:, :1]
        for k in range(samples.shape[1]):
            methods.append({"preset": name, "sample": k + 1})
            columns.append(samples[:, k])
    atomic_write(path, _page(methods, np.stack(columns, axis=1)).encode())


def check_size(pixels, num_colorings):
    """Refuses a study that is too large for a page.

    Args:
        pixels: int. Pixels of all images together.
        num_colorings: int. Colorings of each image, by all models.
    """
    pixels *= 1 + num_colorings
    if pixels > MAX_PIXELS:
        raise ValueError(
            f"The pictures of the study have {pixels:,} pixels. Expected at "
            f"most {MAX_PIXELS:,}. Take fewer photographs, smaller "
            "photographs, fewer samples or fewer models."
        )


def _page(methods, rows):
    """The page of originals and colorings, (N, 1 + methods, H, W, 3)."""
    # In the page's source, the place of a picture must not tell what it is.
    places = np.random.default_rng(0).permutation(rows.shape[0] * rows.shape[1])
    pictures = [None] * places.size
    for place, picture in zip(places, rows.reshape(-1, *rows.shape[2:])):
        pictures[place] = _jpeg(picture)
    study = {
        "format": FORMAT,
        "methods": methods,
        "photographs": places.reshape(rows.shape[:2]).tolist(),
    }
    pictures = json.dumps(pictures)
    digest = hashlib.sha256((json.dumps(study) + pictures).encode())
    study["study"] = digest.hexdigest()[:16]
    code = base64.b64encode(json.dumps(study).encode()).decode()
    template = importlib.resources.files(__package__) / "turing_test.html"
    page = template.read_text(encoding="utf-8")
    return page.replace("@STUDY@", code).replace("@PICTURES@", pictures)


def _jpeg(picture):
    file = io.BytesIO()
    # Chroma keeps its resolution, because raters judge chroma.
    Image.fromarray(picture).save(file, "JPEG", quality=90, subsampling=0)
    return base64.b64encode(file.getvalue()).decode()


@dataclasses.dataclass(frozen=True)
class Score:
    """A method's result.

    Args:
        method: str.
        share: float or None. Share of the answers that took the coloring for
            the original, in [0, 1]. None if there are no answers.
        standard_error: float or None. By bootstrap over photographs. None for
            fewer than two photographs.
        answers: int. Number of answers.
        photographs: int. Number of photographs with answers.
    """

    method: str
    share: float | None
    standard_error: float | None
    answers: int
    photographs: int


def score(paths):
    """Scores the answers of the raters of a study.

    The standard error is a bootstrap of the mean over photographs. (The errors
    of Figure 6 of the paper are up to 11 % larger than those of 2,500
    independent answers, as if its bootstrap drew photographs, too.)

    For a model with several samples there are two more results:

    - "all samples": all of its answers.
    - "oracle": the sample of each photograph that most raters liked, scored by
      other raters (section 5.1). Each answer is counted if its coloring is the
      one with the largest share among the other raters. Of k equal shares each
      counts 1/k. An answer is left out unless other raters have seen all
      samples of its photograph.

    Args:
        paths: list of str or Path. The files that the page gave, one for each
            rater. Raters need not have seen all photographs.

    Returns:
        List of `Score`: for each model its samples, "all samples", "oracle".

    Raises:
        OSError: If a file cannot be read.
        ValueError: If a file holds no answers of a study, or two files are of
            different studies or of the same rater.
    """
    sheets = read_answers(paths)
    answers = [
        (
            *(rater, answer["photograph"], answer["method"]),
            answer["chosen"] == answer["coloring"],
        )
        for rater, sheet in enumerate(sheets)
        for answer in sheet["answers"]
    ]
    raters, photographs, methods, is_fooled = map(np.array, zip(*answers))
    found, photographs = np.unique(photographs, return_inverse=True)
    shape = (len(sheets), len(found))
    # (raters, photographs). A rater sees a photograph once.
    method = np.full(shape, -1)
    method[raters, photographs] = methods
    fooled = np.zeros(shape, bool)
    fooled[raters, photographs] = is_fooled

    samples = {}
    for i, entry in enumerate(sheets[0]["methods"]):
        samples.setdefault(entry["preset"], {})[entry["sample"]] = i
    scores = []
    for preset, ids in samples.items():
        if len(ids) == 1:
            (i,) = ids.values()
            scores.append(_score(preset, method == i, fooled))
            continue
        for k, i in ids.items():
            scores.append(_score(f"{preset}, sample {k}", method == i, fooled))
        ids = list(ids.values())
        everything = np.isin(method, ids)
        scores.append(_score(f"{preset}, all samples", everything, fooled))
        weights = _oracle_weights(method[..., None] == ids, fooled)
        scores.append(_score(f"{preset}, oracle", weights, fooled))
    return scores


def score_table(scores):
    """The results of `score` as text, in percent as in the paper."""
    rows = [("method", "taken for the original, %", "answers", "photographs")]
    for result in scores:
        share = "too few answers"
        if result.share is not None:
            error = result.standard_error
            error = None if error is None else 100 * error
            share = with_error(100 * result.share, error)
        counts = f"{result.answers:,}", f"{result.photographs:,}"
        rows.append((result.method, share, *counts))
    return (
        f"{text_table(rows)}Share of answers that took the coloring for the "
        "original: 50 % at best in expectation.\nThe standard error, by "
        "bootstrap over photographs, stands after ±.\n"
    )


def _score(name, weights, fooled):
    """The `Score` of answers with weights, both (raters, photographs)."""
    answers = np.count_nonzero(weights)
    if not answers:
        return Score(name, None, None, 0, 0)
    total = weights.sum(0, dtype=float)
    seen = total > 0
    total, liked = total[seen], (weights * fooled).sum(0, dtype=float)[seen]
    count = len(total)
    error = None
    if count > 1:
        rng = np.random.default_rng(0)
        draws = rng.multinomial(count, np.full(count, 1 / count), _RESAMPLES)
        error = float(np.std((draws @ liked) / (draws @ total), ddof=1))
    share = float(liked.sum() / total.sum())
    return Score(name, share, error, answers, count)


def _oracle_weights(seen, fooled):
    """The weight of each answer in the oracle's score: see `score`.

    Args:
        seen: bool array (raters, photographs, samples).
        fooled: bool array (raters, photographs).
    """
    weights = np.zeros(fooled.shape)
    liked = seen & fooled[..., None]
    for rater in range(len(seen)):
        others_seen = seen.sum(0) - seen[rater]
        others_liked = liked.sum(0) - liked[rater]
        share = others_liked / np.maximum(others_seen, 1)
        best = share == share.max(1, keepdims=True)
        weight = best / best.sum(1, keepdims=True)
        weight[(others_seen == 0).any(1)] = 0
        weights[rater] = (weight * seen[rater]).sum(1)
    return weights
