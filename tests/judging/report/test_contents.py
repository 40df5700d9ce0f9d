import json

import numpy as np

from emotion_core.judging.judgement import judge
from emotion_core.judging.paired_comparison import compare_answers
from emotion_core.judging.report.contents import (
    Report,
    classes_table,
    comparison_figures,
    headline,
    p_written,
)
from tests.judging.made_answers import made_answers, random_answers


def test_json_holds_everything(full):
    content = json.loads(json.dumps(full.to_json(), allow_nan=False))
    assert content["created"] == "2026-11-23T00:00:00+00:00"
    assert content["notices"] == [{"kind": "warning", "text": "Not for <choosing>."}]
    assert content["excluded"]["images"] == 7
    assert content["robustness"] == content["robustness_of_second"]
    assert content["comparison"]["second"] == "other <b>"
    assert content["speed"]["made"][0]["milliseconds"] == 1.25
    bare = Report(full.judgement, (), "now").to_json()
    assert not {"excluded", "robustness", "comparison", "speed"} & set(bare)


def test_table_of_classes(full):
    table = classes_table(full.judgement)
    assert len(table) == 7
    known = table["images"] > 0
    assert (table["recall_low"] <= table["recall"])[known].all()
    assert table.loc[1, "images"] == 0
    assert table.loc[1, ["recall", "f1", "answered", "auc"]].isna().all()


def test_probabilities_are_never_nought():
    assert p_written(3e-9) == "< 0.0001"
    assert p_written(0.0312) == "0.031"


def test_headline_says_what_is_known():
    leaked = np.zeros(300, bool)
    leaked[:50] = True
    figures = headline(judge(random_answers(leaked=leaked)))
    assert any(
        "accuracy on the 250 images that are not also in Training" in what for what in figures
    )
    nothing_leaked = headline(judge(random_answers(leaked=np.zeros(300, bool))))
    assert not any("Training has not" in what for what in nothing_leaked)
    one = headline(judge(made_answers([3], [3])))
    assert one["accuracy (95%: 20.7 to 100.0)"] == "100.0%"
    assert "mean area under the ROC curves" not in one


def test_figures_of_a_comparison(full):
    figures = comparison_figures(full.comparison)
    assert sum(int(figures[f"{who} is right"]) for who in ("only made", "only other <b>")) > 0
    same = compare_answers(full.comparison.first, full.comparison.first)
    assert comparison_figures(same)["p of McNemar's test: a difference this large by chance"] == "1"
