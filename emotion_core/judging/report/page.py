"""A judgement to hand on: one HTML file that opens without the network, JSON, and CSV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import Exclusion
from emotion_core.emotions import EMOTIONS
from emotion_core.judging.answers import Answers
from emotion_core.judging.judgement import Judgement
from emotion_core.judging.measures.intervals import Estimate
from emotion_core.judging.notices import Notice
from emotion_core.judging.paired_comparison import Comparison
from emotion_core.judging.report.figures import (
    change_figure,
    class_metrics_figure,
    curves_figure,
    differences_figure,
)
from emotion_core.judging.report.html import STYLE, face_grid, numbers, plot, section, table
from emotion_core.judging.report.model_figures import (
    confusion_figure,
    coverage_figure,
    reliability_figure,
)
from emotion_core.judging.robustness.changes import CHANGES
from emotion_core.judging.robustness.curves import RobustnessCurves
from emotion_core.judging.speed import Speed

if TYPE_CHECKING:
    from pandas import DataFrame

#: Faces shown of the most confident mistakes, and of what two models differ on.
FACES: Final = 24

#: Returns the faces, uint8 ``[M, 48, 48]``, at some places among the answers, intp ``[M]``.
FaceSource = Callable[[NDArray[np.intp]], NDArray[np.uint8]]


@dataclass(frozen=True, eq=False)
class Report:
    """What a report is made of.

    Attributes:
        judgement: of the model.
        notices: what to know about it.
        created: time in UTC, ISO 8601.
        excluded: the exclusion list whose images do not count; None: all do.
        robustness: the model's, if it was measured.
        comparison: with another model, if one was chosen.
        other_robustness: the other model's, if it was measured.
        speeds: times of one face by the model's name, if they were measured.
    """

    judgement: Judgement
    notices: tuple[Notice, ...]
    created: str
    excluded: Exclusion | None = None
    robustness: RobustnessCurves | None = None
    comparison: Comparison | None = None
    other_robustness: RobustnessCurves | None = None
    speeds: dict[str, tuple[Speed, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values: ``Judgement.to_json`` and what was added."""
        content = self.judgement.to_json() | {
            "created": self.created,
            "notices": [asdict(notice) for notice in self.notices],
        }
        if self.excluded is not None:
            content["excluded"] = asdict(self.excluded)
        if self.robustness is not None:
            content["robustness"] = self.robustness.to_json()
        if self.comparison is not None:
            content["comparison"] = self.comparison.to_json()
        if self.other_robustness is not None:
            content["robustness_of_second"] = self.other_robustness.to_json()
        if self.speeds:
            content["speed"] = {
                name: [speed.to_json() for speed in speeds] for name, speeds in self.speeds.items()
            }
        return content


def classes_table(judgement: Judgement) -> DataFrame:
    """Return one line an expression: its figures with their intervals, all shares 0..1."""
    import pandas as pd

    lines = []
    for metrics, curves in zip(judgement.report.per_class, judgement.curves, strict=True):
        line: dict[str, Any] = {"emotion": metrics.emotion, "images": metrics.support}
        for name in ("precision", "recall", "f1", "answered"):
            estimate: Estimate = getattr(metrics, name)
            line |= {name: estimate.value, f"{name}_low": estimate.low}
            line[f"{name}_high"] = estimate.high
        lines.append(line | {"auc": curves.auc, "average_precision": curves.average_precision})
    return pd.DataFrame(lines)


def html_report(report: Report, faces: FaceSource | None = None) -> str:
    """Return the report as one HTML page that needs no network.

    Args:
        report: what to tell.
        faces: returns faces to show of the most confident mistakes; None: the page has none.
    """
    from plotly.offline import get_plotlyjs

    judgement = report.judgement
    answers = judgement.answers
    title = f"{answers.card.name} on {answers.dataset} {answers.split}"
    sections = [
        _overview(report),
        _classes(judgement),
        section("Confusion", _confusion(judgement)),
        _curves(judgement),
        _calibration(judgement),
        _votes(judgement),
        _mistakes(answers, faces),
        _robustness(report),
        _comparison(report, faces),
        _speeds(report.speeds),
    ]
    left_out = ""
    if report.excluded is not None:
        left_out = (
            f" · without the {report.excluded.images:,} images of {escape(report.excluded.name)}"
        )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>"
        f"<script>{get_plotlyjs()}</script></head><body><h1>{escape(title)}</h1>"
        f'<p class="sub">{len(answers):,} images{left_out} · {escape(report.created)}</p>'
        + "".join(
            f'<p class="notice {notice.kind}">{escape(notice.text)}</p>'
            for notice in report.notices
        )
        + "".join(sections)
        + "</body></html>\n"
    )


def headline(judgement: Judgement) -> dict[str, str]:
    """Return the most important figures as they are written: what is measured, and its value."""
    report = judgement.report
    figures = {}
    shares = {"accuracy": report.accuracy, "macro F1": report.macro_f1}
    if report.clean is not None and 0 < report.clean.n < report.n:
        shares[f"accuracy on the {report.clean.n:,} images that Training has not"] = (
            report.clean.accuracy
        )
    for what, share in shares.items():
        interval = f"95 %: {100 * share.low:.1f} to {100 * share.high:.1f}"
        figures[f"{what} ({interval})"] = f"{share.value:.1%}"
    if report.selective.threshold and report.selective.answered:
        selective = report.selective
        figures[f"right where it is certain, {selective.coverage.value:.0%} of the images"] = (
            f"{selective.accuracy.value:.1%}"
        )
    figures["calibration error (ECE)"] = f"{report.ece:.1%}"
    if judgement.mean_auc is not None:
        figures["mean area under the ROC curves"] = f"{judgement.mean_auc:.3f}"
    return figures


def _written(estimate: Estimate) -> str:
    return f"{estimate.value:.1%} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def _overview(report: Report) -> str:
    return section("Overview", numbers(headline(report.judgement)))


def _confusion(judgement: Judgement) -> str:
    figure = confusion_figure(judgement.report.confusion, "")
    # As wide as the page: squares would be too small for their numbers on a phone.
    figure.update_yaxes(scaleanchor=False)
    figure.update_layout(margin={"l": 70, "r": 0})
    return plot(figure, 520)


def _classes(judgement: Judgement) -> str:
    rows = [
        [
            metrics.emotion,
            f"{metrics.support:,}",
            *(_written(each) for each in (metrics.precision, metrics.recall, metrics.f1)),
            "" if curves.auc is None else f"{curves.auc:.3f}",
        ]
        for metrics, curves in zip(judgement.report.per_class, judgement.curves, strict=True)
    ]
    header = ("", "images", "precision (95 %)", "recall (95 %)", "F1 (95 %)", "area (ROC)")
    figure = class_metrics_figure(judgement.report.per_class, "")
    return section("Expressions", plot(figure, 420) + table(header, rows))


def _curves(judgement: Judgement) -> str:
    roc = curves_figure(judgement.curves, "roc", "ROC, each against the rest")
    recall = curves_figure(judgement.curves, "precision-recall", "Precision and recall")
    return section("Curves", f'<div class="two">{plot(roc, 520)}{plot(recall, 520)}</div>')


def _calibration(judgement: Judgement) -> str:
    before, after = judgement.uncalibrated, judgement.report
    figures = [
        reliability_figure(before.reliability, f"Before calibration: ECE {before.ece:.1%}"),
        reliability_figure(after.reliability, f"After calibration: ECE {after.ece:.1%}"),
        coverage_figure(after.coverage_curve, after.selective, "What “uncertain” costs and gains"),
    ]
    rows = [
        [name, f"{report.ece:.4f}", f"{report.log_loss:.4f}", f"{report.brier:.4f}"]
        for name, report in (("before", before), ("after", after))
    ]
    losses = table(("", "ECE", "log loss (nats)", "Brier score"), rows)
    plots = "".join(plot(figure, 460) for figure in figures)
    return section("Calibration", f'<div class="two">{plots}</div>{losses}')


def _votes(judgement: Judgement) -> str:
    votes = judgement.votes
    if votes is None:
        return ""
    return section(
        "FER+ voters",
        numbers(
            {
                f"says what most voters say ({votes.majority_n:,} images)": _written(
                    votes.majority
                ),
                "the label says that": _written(votes.label_majority),
                "of the voters, on average, say what the model says": f"{votes.expected:.1%}",
                "say what the label says": f"{votes.label_expected:.1%}",
                "at best": f"{votes.ceiling:.1%}",
                "Jensen-Shannon divergence from the votes, bits": f"{votes.divergence:.3f}",
            }
        ),
    )


def _mistakes(answers: Answers, faces: FaceSource | None) -> str:
    places = answers.confident_mistakes()[:FACES]
    if faces is None or not len(places):
        return ""
    return section("Most confident mistakes", face_grid(faces(places), _captions(answers, places)))


def _captions(answers: Answers, places: NDArray[np.intp]) -> list[str]:
    return [
        f"{EMOTIONS[answers.labels[place]]} → {EMOTIONS[answers.emotions[place]]} "
        f"{answers.confidence[place]:.0%}"
        for place in places.tolist()
    ]


def _robustness(report: Report) -> str:
    if report.robustness is None:
        return ""
    measured = [(report.judgement.answers.card.name, report.robustness)]
    if report.other_robustness is not None and report.comparison is not None:
        measured.append((report.comparison.second.card.name, report.other_robustness))
    plots = "".join(plot(change_figure(measured, change), 300) for change in CHANGES)
    curves = report.robustness
    return section(
        "Robustness",
        f"<p>Accuracy on {curves.n:,} of {curves.of:,} images, drawn at random, with 95 % "
        f'intervals.</p><div class="four">{plots}</div>',
    )


def _comparison(report: Report, faces: FaceSource | None) -> str:
    comparison = report.comparison
    if comparison is None:
        return ""
    counts = comparison.counts
    first, second = (escape(each.card.name) for each in (comparison.first, comparison.second))
    content = numbers(comparison_figures(comparison)) + plot(
        differences_figure(comparison, "Difference of accuracy (recall) by label"), 420
    )
    for title, places, shown in (
        (f"Only {first} is right: {counts.only_first:,}", comparison.only_first(), 1),
        (f"Only {second} is right: {counts.only_second:,}", comparison.only_second(), 0),
    ):
        if faces is not None and len(places):
            mistaken = (comparison.first, comparison.second)[shown]
            captions = _captions(mistaken, places[:FACES])
            content += f"<h3>{title}</h3>" + face_grid(faces(places[:FACES]), captions)
    return section(f"Compared with {comparison.second.card.name}", content)


def comparison_figures(comparison: Comparison) -> dict[str, str]:
    """Return the figures of a comparison as they are written: what is measured, and its value."""
    counts, difference = comparison.counts, comparison.counts.difference
    first, second = comparison.first.card.name, comparison.second.card.name
    low, high = 100 * difference.low, 100 * difference.high
    return {
        f"points {first} is above {second} (95 %: {low:+.1f} to {high:+.1f})": (
            f"{100 * difference.value:+.1f}"
        ),
        "p, McNemar's test: a difference as large by chance": _p_written(counts.p_value),
        f"only {first} is right": f"{counts.only_first:,}",
        f"only {second} is right": f"{counts.only_second:,}",
        "both are right": f"{counts.both:,}",
        "neither is right": f"{counts.neither:,}",
    }


def _p_written(value: float) -> str:
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def _speeds(speeds: dict[str, tuple[Speed, ...]]) -> str:
    if not speeds:
        return ""
    rows = [
        [name, speed.runtime, f"{speed.milliseconds:.2f}", f"{speed.fast:.2f} to {speed.slow:.2f}"]
        for name, of_model in speeds.items()
        for speed in of_model
    ]
    header = ("", "runtime", "ms a face, median", "middle 80 %")
    return section("Speed of one face", table(header, rows))
