"""What a report holds: the judgement and what was measured beside it, as JSON, rows and figures."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from emotion_core.datasets.types import Exclusion
from emotion_core.judging.judgement import Judgement
from emotion_core.judging.measures.intervals import Estimate
from emotion_core.judging.notices import Notice
from emotion_core.judging.paired_comparison import PairedComparison
from emotion_core.judging.robustness.curves import RobustnessCurves
from emotion_core.judging.speed import Speed

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, eq=False)
class Report:
    """What a report is made of.

    Attributes:
        judgement: of the model.
        notices: what to know about it.
        created: time in UTC, ISO 8601.
        excluded: the correction list that was applied; None: none was.
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
    comparison: PairedComparison | None = None
    other_robustness: RobustnessCurves | None = None
    speeds: dict[str, tuple[Speed, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values: ``Judgement.to_json`` and what was added."""
        content = self.judgement.to_json() | {
            "created": self.created,
            "notices": [asdict(notice) for notice in self.notices],
        }
        if self.excluded is not None:
            content["excluded"] = self.excluded.to_json()
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
    """Return one line an expression: its figures with their intervals, all shares 0..1.

    What is undefined, such as the recall of an expression without images, is empty.
    """
    import pandas as pd

    lines = []
    for metrics, curves in zip(judgement.report.per_class, judgement.curves, strict=True):
        line: dict[str, Any] = {"emotion": metrics.emotion, "images": metrics.support}
        for name in ("precision", "recall", "f1", "answered"):
            estimate: Estimate | None = getattr(metrics, name)
            line |= {name: estimate and estimate.value, f"{name}_low": estimate and estimate.low}
            line[f"{name}_high"] = estimate and estimate.high
        lines.append(line | {"auc": curves.auc, "average_precision": curves.average_precision})
    return pd.DataFrame(lines)


def headline(judgement: Judgement, *, technical: bool = True) -> dict[str, str]:
    """Return the most important figures as they are written: what is measured, and its value.

    Args:
        judgement: whose.
        technical: with the calibration error and the area under the ROC curves.
    """
    report = judgement.report
    figures = {}
    shares = {"accuracy": report.accuracy}
    if report.clean is not None and 0 < report.clean.n < report.n:
        shares[f"accuracy on the {report.clean.n:,} images that are not also in Training"] = (
            report.clean.accuracy
        )
    for what, share in shares.items():
        interval = f"95%: {100 * share.low:.1f} to {100 * share.high:.1f}"
        figures[f"{what} ({interval})"] = f"{share.value:.1%}"
    f1 = report.macro_f1
    figures[f"macro F1 (95%: {f1.low:.3f} to {f1.high:.3f})"] = f"{f1.value:.3f}"
    if report.selective.threshold and report.selective.answered:
        selective = report.selective
        figures[f"right when not “uncertain”, {selective.coverage.value:.0%} of the images"] = (
            f"{selective.accuracy.value:.1%}"
        )
    if not technical:
        return figures
    figures["calibration error (ECE)"] = f"{report.ece:.1%}"
    if judgement.mean_auc is not None:
        figures["mean area under the ROC curves"] = f"{judgement.mean_auc:.3f}"
    return figures


def comparison_figures(comparison: PairedComparison, *, technical: bool = True) -> dict[str, str]:
    """Return the figures of a comparison as they are written: what is measured, and its value.

    Args:
        comparison: which.
        technical: with the p of McNemar's test and the images on which both are right or wrong.
    """
    counts, difference = comparison.counts, comparison.counts.difference
    first, second = comparison.first.card.name, comparison.second.card.name
    low, high = 100 * difference.low, 100 * difference.high
    figures = {
        f"points: accuracy of {first} minus {second} (95%: {low:+.1f} to {high:+.1f})": (
            f"{100 * difference.value:+.1f}"
        ),
        f"only {first} is right": f"{counts.only_first:,}",
        f"only {second} is right": f"{counts.only_second:,}",
    }
    if technical:
        figures |= {
            "both are right": f"{counts.both:,}",
            "neither is right": f"{counts.neither:,}",
            "p of McNemar's test: a difference this large by chance": p_written(counts.p_value),
        }
    return figures


def p_written(value: float) -> str:
    """Return the probability of a test as it is written; one near 0 is never "0"."""
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"
