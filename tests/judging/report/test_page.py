import json
import re

import numpy as np
import pytest

from emotion_core.datasets import VOTE_NAMES
from emotion_core.datasets.types import Exclusion
from emotion_core.judging.judgement import judge
from emotion_core.judging.notices import Notice
from emotion_core.judging.paired_comparison import compare_answers
from emotion_core.judging.report.page import (
    FACES,
    Report,
    classes_table,
    comparison_figures,
    headline,
    html_report,
)
from emotion_core.judging.robustness.changes import CHANGES
from emotion_core.judging.robustness.curves import measure_curves
from emotion_core.judging.speed import Speed
from tests.judging.made_answers import made_answers, made_card, random_answers

CREATED = "2026-11-23T00:00:00+00:00"
IMAGES = np.random.default_rng(0).integers(0, 256, (300, 48, 48)).astype(np.uint8)


class Guessing:
    def predict_logits(self, crops):
        return np.eye(7, dtype=np.float32)[crops[:, 0, 0] % 7]


def without_plotly(html: str) -> str:
    """Return the page without the library, which has pictures and addresses of its own."""
    return re.sub(r"<script>/\*.*?</script>", "", html, count=1, flags=re.DOTALL)


@pytest.fixture
def full() -> Report:
    votes = np.zeros((300, len(VOTE_NAMES)), np.uint8)
    votes[:, :2] = 5
    first = random_answers(votes=votes)
    second = random_answers(seed=1, card=made_card("other <b>"))
    curves = measure_curves(Guessing(), IMAGES[:20], first.labels[:20], of=300)
    return Report(
        judge(first),
        (Notice("warning", "Not for <choosing>."),),
        CREATED,
        excluded=Exclusion("no leaks", 7, "ab"),
        robustness=curves,
        comparison=compare_answers(first, second),
        other_robustness=curves,
        speeds={"made": (Speed("LiteRT", 5, 1.25, 1.0, 2.0),)},
    )


def test_html_has_every_part_and_needs_no_network(full):
    html = html_report(full, lambda places: IMAGES[places])
    page = without_plotly(html)
    for part in (
        "made on made PublicTest",
        "300 images · without the 7 images of no leaks",
        "Not for &lt;choosing&gt;.",
        "Expressions",
        "Confusion",
        "Curves",
        "After calibration",
        "FER+ voters",
        "Most confident mistakes",
        "Robustness",
        "Compared with other &lt;b&gt;",
        "Speed of one face",
        "1.00 to 2.00",
    ):
        assert part in page, part
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)
    assert html.count("plotly.js v") == 1
    assert page.count("data:image/png;base64,") == 3 * FACES
    assert page.count('class="plotly-graph-div"') == 8 + len(CHANGES)


def test_html_without_faces_and_extras():
    html = without_plotly(html_report(Report(judge(random_answers()), (), CREATED)))
    assert "data:image/png" not in html
    for part in ("Robustness", "Compared with", "FER+ voters", "Speed", "Most confident mistakes"):
        assert f"<h2>{part}" not in html


@pytest.mark.parametrize("labels", [[3], [0, 3]])
def test_html_of_next_to_nothing(labels):
    answers = made_answers(labels, labels)
    html = html_report(Report(judge(answers), (), CREATED), lambda places: IMAGES[places])
    assert "Most confident mistakes" not in html
    assert "nan" not in re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL).lower()


def test_json_holds_everything(full):
    content = json.loads(json.dumps(full.to_json(), allow_nan=False))
    assert content["created"] == CREATED
    assert content["notices"] == [{"kind": "warning", "text": "Not for <choosing>."}]
    assert content["excluded"]["images"] == 7
    assert content["robustness"] == content["robustness_of_second"]
    assert content["comparison"]["second"] == "other <b>"
    assert content["speed"]["made"][0]["milliseconds"] == 1.25
    bare = Report(full.judgement, (), CREATED).to_json()
    assert not {"excluded", "robustness", "comparison", "speed"} & set(bare)


def test_table_of_classes(full):
    table = classes_table(full.judgement)
    assert len(table) == 7
    assert (table["recall_low"] <= table["recall"]).all()
    assert table.loc[1, "images"] == 0
    assert np.isnan(table.loc[1, "auc"])


def test_headline_says_what_is_known():
    leaked = np.zeros(300, bool)
    leaked[:50] = True
    figures = headline(judge(random_answers(leaked=leaked)))
    assert any("accuracy on the 250 images that Training has not" in what for what in figures)
    nothing_leaked = headline(judge(random_answers(leaked=np.zeros(300, bool))))
    assert not any("Training has not" in what for what in nothing_leaked)
    one = headline(judge(made_answers([3], [3])))
    assert one["accuracy (95 %: 20.7 to 100.0)"] == "100.0%"
    assert "mean area under the ROC curves" not in one


def test_figures_of_a_comparison(full):
    figures = comparison_figures(full.comparison)
    assert sum(int(figures[f"{who} is right"]) for who in ("only made", "only other <b>")) > 0
    same = compare_answers(full.comparison.first, full.comparison.first)
    assert comparison_figures(same)["p, McNemar's test: a difference as large by chance"] == "1"
