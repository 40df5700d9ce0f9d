import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotion_core.datasets.types import Exclusion
from emotion_core.judging.judgement import judge
from emotion_core.judging.notices import Notice
from emotion_core.judging.paired_comparison import compare_answers
from emotion_core.judging.report.contents import Report
from emotion_core.judging.report.page import FACES, html_report
from emotion_core.judging.robustness.changes import CHANGES
from emotion_core.judging.speed import Speed
from emotion_core.system.html.pages import page_template
from tests.judging.made_answers import made_answers, made_card, random_answers

CREATED = "2026-11-23T00:00:00+00:00"
IMAGES = np.random.default_rng(0).integers(0, 256, (300, 48, 48)).astype(np.uint8)
HOSTILE = """</script><script>alert(1)</script><img src=x onerror="alert('2')">{{ 7 * 7 }}&"""


def without_plotly(html: str) -> str:
    """Return the page without the library, which has pictures and addresses of its own."""
    return re.sub(r"<script>/\*.*?</script>", "", html, count=1, flags=re.DOTALL)


def test_html_has_every_part_and_needs_no_network(full):
    html = html_report(full, lambda places: IMAGES[places])
    page = without_plotly(html)
    for part in (
        "made on made PublicTest",
        "300 images · list no leaks: left out 7 images",
        "Not for &lt;choosing&gt;.",
        "Expressions",
        "Confusion",
        "Curves",
        "After calibration",
        "FER+ voters",
        "Most confident mistakes",
        "Robustness",
        "Compared with other &lt;b&gt;",
        "Time per face",
        "1.00 to 2.00",
    ):
        assert part in page, part
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)
    assert html.count("plotly.js v") == 1
    assert page.count("data:image/png;base64,") == 3 * FACES
    assert page.count('class="plotly-graph-div"') == 8 + len(CHANGES)


def test_a_list_that_only_relabels_leaves_nothing_out(full):
    excluded = Exclusion("mended", 0, "ab", relabelled=1)
    html = html_report(replace(full, excluded=excluded))
    assert "300 images · list mended: gave 1 image another label" in html


def test_f1_is_written_as_on_the_page(full):
    """A share of nothing: it was the one percentage among F1s."""
    judgement = full.judgement
    f1 = judgement.report.per_class[0].f1
    assert f"<td>{f1.value:.3f} ({f1.low:.3f} to {f1.high:.3f})</td>" in html_report(full)


def test_html_without_faces_and_extras():
    html = without_plotly(html_report(Report(judge(random_answers()), (), CREATED)))
    assert "data:image/png" not in html
    for part in (
        "Robustness",
        "Compared with",
        "FER+ voters",
        "Time per face",
        "Most confident mistakes",
    ):
        assert f"<h2>{part}" not in html


@pytest.mark.parametrize("labels", [[3], [0, 3]])
def test_html_of_next_to_nothing(labels):
    answers = made_answers(labels, labels)
    html = html_report(Report(judge(answers), (), CREATED), lambda places: IMAGES[places])
    assert "Most confident mistakes" not in html
    assert "nan" not in re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL).lower()


def test_hostile_names_stay_text(full):
    """Names of models, datasets and lists, and times, come from files that others wrote."""
    first, second = full.comparison.first, full.comparison.second
    hostile = replace(
        full,
        judgement=judge(replace(first, card=made_card(HOSTILE), dataset=HOSTILE)),
        notices=(Notice("warning", HOSTILE),),
        created=HOSTILE,
        excluded=Exclusion(HOSTILE, 7, "ab"),
        comparison=compare_answers(
            replace(first, card=made_card(HOSTILE)), replace(second, card=made_card(HOSTILE))
        ),
        speeds={HOSTILE: (Speed(HOSTILE, 5, 1.25, 1.0, 2.0),)},
    )
    html = html_report(hostile, lambda places: IMAGES[places])
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert html.count("&lt;/script&gt;&lt;script&gt;alert(1)") == 17
    assert "{{ 7 * 7 }}&amp;" in html
    plain = html_report(full, lambda places: IMAGES[places])
    assert html.count("<script") == plain.count("<script")


def test_template_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    page_template.cache_clear()
    monkeypatch.chdir(tmp_path)
    assert html_report(Report(judge(random_answers()), (), CREATED)).startswith("<!doctype html>")
