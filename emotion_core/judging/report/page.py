"""The report as one HTML page that opens without the network; its words stand in ``page.html``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.pictures.thumbnails import png_address
from emotion_core.judging.answers import Answers
from emotion_core.judging.figures.certainty import coverage_figure, reliability_figure
from emotion_core.judging.figures.classes import class_metrics_figure, curves_figure
from emotion_core.judging.figures.comparison import differences_figure
from emotion_core.judging.figures.confusion import confusion_figure
from emotion_core.judging.figures.robustness import COLORS, change_figure
from emotion_core.judging.judgement import Judgement
from emotion_core.judging.measures.intervals import Estimate
from emotion_core.judging.paired_comparison import PairedComparison
from emotion_core.judging.report.contents import Report, comparison_figures, headline
from emotion_core.judging.robustness.changes import CHANGES
from emotion_core.judging.robustness.curves import RobustnessCurves
from emotion_core.models.views import VIEWS
from emotion_core.system.html.pages import page_template, plotly_script

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: Faces shown of the most confident mistakes, and of what two models differ on.
FACES: Final = 24

#: Returns the faces, uint8 ``[M, 48, 48]``, at some places among the answers, intp ``[M]``.
FaceSource = Callable[[NDArray[np.intp]], NDArray[np.uint8]]


def html_report(report: Report, faces: FaceSource | None = None) -> str:
    """Return the report as one HTML page that needs no network; names in it are escaped.

    Args:
        report: what to tell.
        faces: returns faces to show of the most confident mistakes; None: the page has none.
    """
    judgement, answers = report.judgement, report.judgement.answers
    return page_template(Path(__file__).parent).render(
        title=f"{answers.card.name} on {answers.dataset} {answers.split}",
        plotly=plotly_script(),
        png_address=png_address,
        images=len(answers),
        view=VIEWS[answers.view],
        report=report,
        headline=headline(judgement),
        figures=_figures(report),
        robustness_names=[
            (name, color) for (name, _), color in zip(_measured(report), COLORS, strict=False)
        ],
        classes=_class_rows(judgement),
        losses=[
            (name, f"{each.ece:.1%}", f"{each.log_loss:.4f}", f"{each.brier:.4f}")
            for name, each in (("before", judgement.uncalibrated), ("after", judgement.report))
        ],
        votes=judgement.votes,
        mistakes=_captioned(answers, answers.confident_mistakes(), faces),
        comparison=report.comparison and comparison_figures(report.comparison),
        only_one_is_right=_only_one_is_right(report.comparison, faces),
        speeds=[
            (name, each.runtime, f"{each.milliseconds:.2f}", f"{each.fast:.2f} to {each.slow:.2f}")
            for name, speeds in report.speeds.items()
            for each in speeds
        ],
    )


def _written(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    return f"{estimate.value:.1%} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def _written_f1(estimate: Estimate | None) -> str:
    """Return F1 as everywhere else: no share of anything, so no percentage."""
    if estimate is None:
        return "-"
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def _figures(report: Report) -> dict[str, list[Figure]]:
    """Return the figures by their places in the page."""
    judgement, comparison = report.judgement, report.comparison
    before, after = judgement.uncalibrated, judgement.report
    robustness = _measured(report)
    confusion = confusion_figure(after.confusion, "")
    # As wide as the page: squares would be too small for their numbers on a phone.
    confusion.update_yaxes(scaleanchor=False).update_layout(margin={"l": 70, "r": 0})
    return {
        "classes": [class_metrics_figure(after.per_class, "")],
        "confusion": [confusion],
        "curves": [
            curves_figure(judgement.curves, "roc", "ROC curves"),
            curves_figure(judgement.curves, "precision-recall", "Precision and recall"),
        ],
        "calibration": [
            reliability_figure(before.reliability, f"Before calibration: ECE {before.ece:.1%}"),
            reliability_figure(after.reliability, f"After calibration: ECE {after.ece:.1%}"),
            coverage_figure(
                after.coverage_curve, after.selective, "What “uncertain” costs and gains"
            ),
        ],
        "robustness": [change_figure(robustness, change) for change in CHANGES if robustness],
        "differences": []
        if comparison is None
        else [
            differences_figure(comparison, "Difference overall (accuracy) and by label (recall)")
        ],
    }


def _measured(report: Report) -> list[tuple[str, RobustnessCurves]]:
    """Return the names and curves of the models whose robustness was measured."""
    measured = [(report.judgement.answers.card.name, report.robustness)]
    if report.comparison is not None:
        measured.append((report.comparison.second.card.name, report.other_robustness))
    return [(name, curves) for name, curves in measured if curves is not None]


def _class_rows(judgement: Judgement) -> list[list[str]]:
    return [
        [
            metrics.emotion,
            f"{metrics.support:,}",
            _written(metrics.precision),
            _written(metrics.recall),
            _written_f1(metrics.f1),
            "-" if curves.auc is None else f"{curves.auc:.3f}",
        ]
        for metrics, curves in zip(judgement.report.per_class, judgement.curves, strict=True)
    ]


def _only_one_is_right(
    comparison: PairedComparison | None, faces: FaceSource | None
) -> list[tuple[str, int, list[tuple[NDArray[np.uint8], str]]]]:
    """Return each model's name, how many images it alone reads right, and the other's mistakes."""
    if comparison is None:
        return []
    first, second, counts = comparison.first, comparison.second, comparison.counts
    return [
        (right.card.name, count, _captioned(wrong, places, faces))
        for right, wrong, places, count in (
            (first, second, comparison.only_first(), counts.only_first),
            (second, first, comparison.only_second(), counts.only_second),
        )
    ]


def _captioned(
    answers: Answers, places: NDArray[np.intp], faces: FaceSource | None
) -> list[tuple[NDArray[np.uint8], str]]:
    """Return the first faces at some places among the answers, with what they were read as."""
    places = places[:FACES]
    if faces is None or not len(places):
        return []
    captions = [
        f"{EMOTIONS[answers.labels[place]]} → {EMOTIONS[answers.emotions[place]]} "
        f"{answers.confidence[place]:.0%}"
        for place in places.tolist()
    ]
    return list(zip(faces(places), captions, strict=True))
