import base64
import collections
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from keras_colorize.evaluation import turing_test
from keras_colorize.evaluation.turing_answers import FORMAT
from tests.models.small import images

METHODS = [
    {"preset": "a", "sample": 1},
    {"preset": "b", "sample": 1},
    {"preset": "b", "sample": 2},
    {"preset": "b", "sample": 3},
]


def smooth_images(count, size=8):
    """Images that JPEG changes little, and that differ."""
    rng = np.random.default_rng(0)
    corners = rng.integers(60, 200, (count, 2, 2, 3), dtype="uint8")
    return np.stack(
        [Image.fromarray(image).resize((size, size)) for image in corners]
    )


def read_page(path):
    """A page's study and its decoded pictures, floats (P, H, W, 3)."""
    html = path.read_text(encoding="utf-8")
    study, pictures = re.findall(r'<script id="\w+"[^>]*>(.+)</script>', html)
    decoded = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))))
        for picture in json.loads(pictures)
    ]
    return json.loads(base64.b64decode(study)), np.stack(decoded).astype(float)


class Dark:
    """A model that draws nothing at random: it makes images darker."""

    def __init__(self, divisor=2):
        self.divisor = divisor

    def generate(self, images, num_samples, **options):
        return np.repeat(images[:, None] // self.divisor, num_samples, axis=1)


def sheet(rater, answers, study="s", methods=METHODS):
    """A file's content; answers are (photograph, method, fooled)."""
    return {
        "format": FORMAT,
        "study": study,
        "rater": rater,
        "methods": methods,
        "answers": [
            {
                "photograph": int(photograph),
                "method": int(method),
                "coloring": ("first", "second")[photograph % 2],
                "chosen": ("first", "second")[(photograph + (not fooled)) % 2],
            }
            for photograph, method, fooled in answers
        ],
    }


@pytest.fixture
def score(tmp_path):
    """Writes files of answers and scores them: scores by method."""

    def score(*sheets):
        paths = [tmp_path / f"{i}.json" for i in range(len(sheets))]
        for path, content in zip(paths, sheets):
            path.write_text(json.dumps(content))
        return {s.method: s for s in turing_test.score(paths)}

    return score


class TestWriteStudy:
    def test_pictures(self, model, tmp_path):
        originals = smooth_images(3)
        path = tmp_path / "page.html"
        turing_test.write_study(
            path, {"tiny": model, "dark": Dark()}, originals, 2, seed=4
        )
        study, pictures = read_page(path)
        # The equal samples of `Dark` are one method.
        assert study["methods"] == [
            {"preset": "tiny", "sample": 1},
            {"preset": "tiny", "sample": 2},
            {"preset": "dark", "sample": 1},
        ]
        places = np.array(study["photographs"])
        assert sorted(places.flat) == list(range(12))
        assert (np.diff(places) < 0).any(), "originals come first"
        samples = model.generate(originals, num_samples=2, seed=4, verbose=0)
        expected = np.concatenate(
            [originals[:, None], samples, originals[:, None] // 2], axis=1
        )
        for row, place in zip(expected.reshape(12, 8, 8, 3), places.flat):
            distances = np.abs(pictures - row).mean((1, 2, 3))
            assert distances.argmin() == place and distances.min() < 6

    def test_id(self, model, tmp_path):
        def study_of(seed, name="tiny"):
            path = tmp_path / "page.html"
            turing_test.write_study(
                path, {name: model}, images(2), 2, seed=seed, overwrite=True
            )
            return read_page(path)[0]["study"]

        assert study_of(0) == study_of(0)
        assert len({study_of(0), study_of(1), study_of(0, "other")}) == 3

    def test_source_names_nothing(self, tmp_path):
        path = tmp_path / "page.html"
        turing_test.write_study(path, {"</script>é": Dark()}, images(2), 1)
        html = path.read_text(encoding="utf-8")
        assert "é" not in html and html.count("</script>") == 3
        assert read_page(path)[0]["methods"][0]["preset"] == "</script>é"
        assert "http" not in re.sub(r"<meta\s+http-equiv", "", html)

    def test_refused(self, tmp_path, monkeypatch):
        path = tmp_path / "page.html"
        path.write_text("old")
        models = {"dark": Dark()}
        with pytest.raises(FileExistsError, match="overwrite=True"):
            turing_test.write_study(path, models, images(2))
        path.unlink()
        with pytest.raises(ValueError, match="models is empty"):
            turing_test.write_study(path, {}, images(2))
        with pytest.raises(ValueError, match="uint8"):
            turing_test.write_study(path, models, images(2) / 255)
        monkeypatch.setattr(turing_test, "MAX_PIXELS", 4 * 2 * 64)
        turing_test.write_study(path, models, images(2), 3)
        with pytest.raises(ValueError, match="640 pixels.* at most 512"):
            turing_test.write_study(path, models, images(2), 4)


class TestScore:
    def test_against_loops(self, score):
        """Shares and the oracle's row against the definition, in loops."""
        rng = np.random.default_rng(1)
        answers = {
            (rater, photograph): (int(rng.integers(4)), rng.random() < 0.4)
            for rater in range(17)
            for photograph in range(9)
            if rng.random() < 0.9
        }
        found = score(
            *(
                sheet(
                    f"r{rater}",
                    [(i, *v) for (r, i), v in answers.items() if r == rater],
                )
                for rater in range(17)
            )
        )

        def check(name, weights):
            """`weights` is {(rater, photograph): weight}."""
            fooled = sum(w * answers[k][1] for k, w in weights.items())
            result = found.pop(name)
            assert result.share == pytest.approx(fooled / sum(weights.values()))
            assert result.answers == len(weights)
            assert result.photographs == len({i for _, i in weights})

        for i, name in enumerate(["a"] + [f"b, sample {k}" for k in (1, 2, 3)]):
            check(name, {k: 1 for k, (m, _) in answers.items() if m == i})
        check(
            "b, all samples", {k: 1 for k, (m, _) in answers.items() if m > 0}
        )
        weights = {}
        for (rater, i), (mine, _) in answers.items():
            votes = collections.defaultdict(list)
            for (other, j), (method, fooled) in answers.items():
                if j == i and other != rater and method > 0:
                    votes[method].append(fooled)
            if mine == 0 or len(votes) < 3:
                continue
            shares = {m: sum(v) / len(v) for m, v in votes.items()}
            best = [m for m in shares if shares[m] == max(shares.values())]
            if mine in best:
                weights[rater, i] = 1 / len(best)
        assert {1, 1 / 2} <= set(weights.values())
        check("b, oracle", weights)
        assert not found

    def test_error_of_independent_answers(self, score):
        """One answer a photograph: the binomial standard error."""
        rng = np.random.default_rng(2)
        fooled = rng.random(2500) < 0.333
        result = score(
            sheet("r", [(i, 0, f) for i, f in enumerate(fooled)], "s")
        )["a"]
        p = fooled.mean()
        assert result.share == pytest.approx(p)
        expected = np.sqrt(p * (1 - p) / 2500)
        assert result.standard_error == pytest.approx(expected, rel=0.03)

    def test_error_over_photographs(self, score):
        """The raters agree on a photograph: answers are not independent."""
        rng = np.random.default_rng(3)
        p = rng.beta(0.5, 1, 400)
        fooled = rng.random((5, 400)) < p
        result = score(
            *(
                sheet(f"r{r}", [(i, 0, f) for i, f in enumerate(row)])
                for r, row in enumerate(fooled)
            )
        )["a"]
        expected = fooled.mean(0).std(ddof=1) / np.sqrt(400)
        assert result.standard_error == pytest.approx(expected, rel=0.03)
        share = fooled.mean()
        binomial = np.sqrt(share * (1 - share) / 2000)
        assert result.standard_error > 1.3 * binomial

    def test_oracle_is_scored_by_others(self, score):
        """Samples that are equally good: picking them gains nothing."""
        rng = np.random.default_rng(4)
        method = rng.integers(1, 4, (12, 1500))
        fooled = rng.random((12, 1500)) < 0.3
        found = score(
            *(
                sheet(f"r{r}", zip(range(1500), method[r], fooled[r]))
                for r in range(12)
            )
        )
        oracle = found["b, oracle"]
        assert abs(oracle.share - 0.3) < 3 * oracle.standard_error < 0.05
        # The raters who picked would give a far larger share.
        shares = [
            np.where(method == m, fooled, 0).sum(0)
            / np.maximum((method == m).sum(0), 1)
            for m in (1, 2, 3)
        ]
        assert np.max(shares, axis=0).mean() > 0.45

    def test_oracle_finds_the_better_sample(self, score):
        rng = np.random.default_rng(5)
        best = rng.integers(1, 4, 300)
        method = rng.integers(1, 4, (15, 300))
        fooled = rng.random((15, 300)) < np.where(method == best, 0.8, 0.1)
        found = score(
            *(
                sheet(f"r{r}", zip(range(300), method[r], fooled[r]))
                for r in range(15)
            )
        )
        assert found["b, oracle"].share > 0.7
        assert found["b, all samples"].share < 0.4

    def test_few_answers(self, score):
        """Unfinished studies: no result is a number that nobody gave."""
        found = score(sheet("r", [(7, 1, True), (9, 1, False)]))
        assert found["a"] == turing_test.Score("a", None, None, 0, 0)
        assert found["b, sample 1"].share == 0.5
        assert found["b, oracle"].share is None
        (single,) = {score(sheet("r", [(7, 0, True)]))["a"]}
        assert (single.share, single.standard_error) == (1, None)

    def test_table(self, score, tmp_path):
        found = score(sheet("r", [(i, 0, i < 333) for i in range(1000)]))
        lines = turing_test.score_table(found.values()).splitlines()
        (row,) = [line for line in lines if line.split()[:1] == ["a"]]
        assert row.split() == ["a", "33.3", "±", "1.5", "1,000", "1,000"]
        (row,) = [line for line in lines if "oracle" in line]
        assert "too few answers" in row


GOOD = sheet("r", [(0, 0, True), (1, 1, True)])
ANSWER = GOOD["answers"][0]


class TestBadAnswers:
    @pytest.mark.parametrize(
        "text, words",
        [
            ("", "is not JSON"),
            ("\xff", "is not JSON"),
            ("[" * 100_000, "is not JSON"),
            ("[]", "holds no answers of a visual Turing test"),
            ({**GOOD, "format": "other"}, "holds no answers of a visual"),
            ({**GOOD, "rater": 3}, "'rater' is 3"),
            ({**GOOD, "study": None}, "'study' is None"),
            ({**GOOD, "methods": [{"preset": 1}]}, "'methods' is"),
            ({**GOOD, "answers": []}, "the rater gave none"),
            ({**GOOD, "answers": [ANSWER, ANSWER]}, "same photograph"),
            *(
                ({**GOOD, "answers": [{**ANSWER, key: value}]}, "answer 1 is")
                for key, value in [
                    ("photograph", "0"),
                    ("method", 4),
                    ("method", -1),
                    ("method", True),
                    ("coloring", "third"),
                    ("chosen", []),
                ]
            ),
        ],
    )
    def test_bad_file(self, text, words, tmp_path):
        path = tmp_path / "bad.json"
        text = text if isinstance(text, str) else json.dumps(text)
        path.write_bytes(text.encode("latin-1"))
        with pytest.raises(ValueError, match=f"bad.json.*{words}.*Download"):
            turing_test.score([path])

    @pytest.mark.parametrize(
        "change, words",
        [
            ({"study": "t"}, "1.json is of study t, but .*0.json is of study"),
            ({"methods": METHODS[:2]}, "methods differ"),
            ({"rater": "r"}, "0.json and .*1.json are of the same rater"),
        ],
    )
    def test_files_that_do_not_fit(self, score, change, words):
        with pytest.raises(ValueError, match=words):
            score(GOOD, {**GOOD, "rater": "other", **change})

    def test_same_file_twice(self, tmp_path):
        path = tmp_path / "a.json"
        path.write_text(json.dumps(GOOD))
        with pytest.raises(ValueError, match="same rater"):
            turing_test.score([path, path])
