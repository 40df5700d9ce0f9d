"""The figures of a judgement: in all, class by class, as curves, and what scores are worth."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.judging.figures.certainty import coverage_figure, reliability_figure
from emotion_core.judging.figures.classes import class_metrics_figure, curves_figure
from emotion_core.judging.measures.evaluation import EvaluationReport
from emotion_core.judging.report.contents import classes_table, headline
from emotion_core.judging.votes_fit import VoteFit
from pages.evaluation.card import show_card
from pages.evaluation.choice import Evaluated
from pages.widgets import display
from pages.widgets.display import NO_TOOLBAR
from pages.widgets.glossary import explain_terms, meaning
from pages.widgets.technical import technical

#: Of the table of classes, what the page calls them, and what that means.
_COLUMNS: Final = {
    "precision": ("precision", meaning("precision")),
    "recall": ("recall", meaning("recall")),
    "f1": ("F1", meaning("F1")),
    "auc": ("area (ROC)", meaning("area (ROC)")),
    "average_precision": ("average precision", meaning("average precision")),
}
#: Of these columns, the ones that are shares of images.
_SHARES: Final = ("precision", "recall")

#: Of these columns, the ones for who wants technical figures.
_TECHNICAL: Final = ("auc", "average_precision")


def show_overview(evaluated: Evaluated) -> None:
    """Show how often the model is right, in all and for each expression."""
    judgement = evaluated.judgement
    st.html(display.numbers(headline(judgement, technical=technical())))
    explain_terms(
        "accuracy", "95% interval", "macro F1", "uncertain", "calibration error (ECE)",
        "area (ROC)", "FER2013", "PublicTest", "PrivateTest",
    )  # fmt: skip
    missing = [each.emotion for each in judgement.report.per_class if not each.support]
    if missing:
        st.caption(
            f"No image is labelled {' or '.join(missing)}, so nothing is known about these, and "
            "they are left out of the averages."
        )
    st.html('<div class="section">Precision, recall and F1 with 95% intervals</div>')
    st.plotly_chart(
        class_metrics_figure(judgement.report.per_class, ""),
        key="class metrics",
        config=NO_TOOLBAR,
        height=420,
    )
    table = classes_table(judgement)
    table[list(_SHARES)] *= 100
    columns = [name for name in _COLUMNS if technical() or name not in _TECHNICAL]
    st.dataframe(
        table[["emotion", "images", *columns]],
        hide_index=True,
        placeholder="-",
        column_config={
            name: st.column_config.NumberColumn(
                label, format="%.1f%%" if name in _SHARES else "%.3f", help=what
            )
            for name, (label, what) in _COLUMNS.items()
            if name in columns
        }
        | {"emotion": "expression"},
    )
    if judgement.votes is not None:
        _show_votes(judgement.votes)
    show_card(evaluated)


def _show_votes(votes: VoteFit) -> None:
    st.html(
        '<div class="section">Compared with the FER+ voters</div>'
        + display.numbers(
            {
                f"the model agrees with most voters ({votes.majority_n:,} images)": (
                    f"{votes.majority.value:.1%}"
                ),
                "the label agrees with most voters": f"{votes.label_majority.value:.1%}",
                "of the voters agree with the model, on average": f"{votes.expected:.1%}",
                "of the voters agree with the label, on average": f"{votes.label_expected:.1%}",
                "is the highest agreement possible": f"{votes.ceiling:.1%}",
            }
            | _bits(votes)
        )
    )
    st.caption(
        "Ten people voted on each face (Barsoum et al. 2016). Where labels and voters differ, an "
        "answer marked wrong may still be what most people see."
    )
    explain_terms("FER+ votes", "Jensen-Shannon divergence")


def _bits(votes: VoteFit) -> dict[str, str]:
    if not technical():
        return {}
    what = f"bits between scores and votes (labels: {votes.label_divergence:.2f})"
    return {what: f"{votes.divergence:.2f}"}


def show_curves(evaluated: Evaluated) -> None:
    """Show how well each expression's score tells it from the rest, at every threshold."""
    judgement = evaluated.judgement
    if judgement.mean_auc is None:
        st.info("Curves need images of at least two expressions; there is only one here.")
        return
    if technical():
        st.html(
            display.numbers(
                {
                    "mean area under the ROC curves": f"{judgement.mean_auc:.3f}",
                    "mean average precision": f"{judgement.mean_average_precision:.3f}",
                }
            )
        )
    explain_terms("ROC curve", "area (ROC)", "precision", "recall", "average precision")
    left, right = st.columns(2)
    with left:
        st.plotly_chart(
            curves_figure(judgement.curves, "roc", "ROC curves"),
            key="roc",
            config=NO_TOOLBAR,
            height=540,
        )
    with right:
        st.plotly_chart(
            curves_figure(judgement.curves, "precision-recall", "Precision and recall"),
            key="precision-recall",
            config=NO_TOOLBAR,
            height=540,
        )
    st.caption(
        "Each expression against the rest. The legends give the area under the ROC curve and the "
        "average precision: a rare expression can have a large area and still a poor precision, so "
        "look at both. Click a name in a legend to hide its curve, double-click to show it alone."
    )


def show_calibration(evaluated: Evaluated) -> None:
    """Show whether scores mean what they say, and what answering less often gains."""
    before, after = evaluated.judgement.uncalibrated, evaluated.judgement.report
    if technical():
        st.html(
            display.numbers(
                {
                    "calibration error (ECE) before": f"{before.ece:.1%}",
                    f"after, with temperature {evaluated.card.temperature:.2f}": f"{after.ece:.1%}",
                    "log loss before": f"{before.log_loss:.3f}",
                    "log loss after": f"{after.log_loss:.3f}",
                    "Brier score before": f"{before.brier:.3f}",
                    "Brier score after": f"{after.brier:.3f}",
                }
            )
        )
    explain_terms(
        "score", "calibration error (ECE)", "temperature", "log loss", "Brier score",
        "certainty threshold", "uncertain",
    )  # fmt: skip
    on_the_line = "On the dashed line, answers with a score of 70% are right in 7 of 10 cases."
    left, right = st.columns(2)
    if technical():
        with left:
            _show_reliability(before, "Before calibration")
        with right:
            _show_reliability(after, "After calibration")
        st.caption(on_the_line)
        _show_coverage(after)
    else:
        with left:
            _show_reliability(after, "What scores are worth")
            st.caption(on_the_line)
        with right:
            _show_coverage(after)
    coverage, accuracy = after.selective.coverage, after.selective.accuracy
    if after.selective.threshold and after.selective.answered:
        st.markdown(
            f"With a certainty threshold of {after.selective.threshold:.0%} the model answers on "
            f"**{coverage.value:.1%}** of these images, and **{accuracy.value:.1%}** of its "
            f"answers are right. Without one, {after.accuracy.value:.1%} are right."
        )


def _show_reliability(report: EvaluationReport, title: str) -> None:
    st.plotly_chart(
        reliability_figure(report.reliability, title), key=title, config=NO_TOOLBAR, height=440
    )


def _show_coverage(report: EvaluationReport) -> None:
    title = "What “uncertain” costs and gains"
    st.plotly_chart(
        coverage_figure(report.coverage_curve, report.selective, title),
        key="coverage",
        config=NO_TOOLBAR,
        height=440,
    )
