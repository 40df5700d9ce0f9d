"""The sections of a model's README that tell its figures: tables, and how to read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from emotion_core.emotions import EMOTIONS
from emotion_core.models.folder import MIRRORED, ModelCard
from emotion_core.models.readme.markdown import section, table


def _figures(card: ModelCard) -> str:
    metrics = card.metrics
    if "accuracy" not in metrics:
        return ""
    intervals = metrics.get("interval_95", {})
    rows = [
        [f"accuracy, {metrics['n']:,} images", _estimate(metrics, "accuracy", intervals)],
    ]
    if clean := metrics.get("clean"):
        without = f"accuracy without those also in the training data, {clean['n']:,} images"
        rows.append([without, _estimate(clean, "accuracy", {"accuracy": clean["interval_95"]})])
    rows.append(["macro F1", _estimate(metrics, "macro_f1", intervals)])
    rows += [
        [name, f"{metrics[key]:.3f}"]
        for name, key in (("log loss", "log_loss"), ("Brier score, 0 to 2", "brier"))
        if key in metrics
    ]
    seed = card.config.get("seed")
    once = "" if seed is None else f", one run with one seed ({seed})"
    lines = [
        f"A single view of each image{once}. In brackets, the 95% interval: by Wilson (1927) for "
        "shares, by bootstrap for F1. It covers the choice of images, not the choice of seed."
    ]
    return section("Figures", lines, table(["", "figure"], rows))


def _expressions(card: ModelCard) -> str:
    per_class = card.metrics.get("per_class")
    if not per_class:
        return ""
    columns = [key for key in ("recall", "precision", "f1") if key in per_class[EMOTIONS[0]]]
    if card.certainty_threshold and "answered" in per_class[EMOTIONS[0]]:
        columns.append("answered")
    rows = [
        [
            emotion,
            f"{figures['support']:,}",
            *(_estimate(figures, column, figures.get("interval_95", {})) for column in columns),
        ]
        for emotion, figures in per_class.items()
    ]
    recall = {name: entry["recall"] for name, entry in per_class.items() if entry["support"]}
    lines = [
        "Recall is the share of faces with this label that are named so: best for "
        f"{max(recall, key=lambda name: recall[name])}, worst for "
        f"{min(recall, key=lambda name: recall[name])}."
    ]
    if "answered" in columns:
        lines.append("Answered is the share of them whose answer is not “uncertain”.")
    names = ["F1" if column == "f1" else column for column in columns]
    return section("Expressions", lines, table(["", "images", *names], rows))


def _confusion(card: ModelCard) -> str:
    confusion = card.metrics.get("confusion")
    if not confusion:
        return ""
    rows = [
        [label, *(f"{count:,}" for count in row)]
        for label, row in zip(card.labels, confusion, strict=True)
    ]
    lines = ["Number of images: one row per label, one column per highest-scoring expression."]
    return section("Confusion matrix", lines, table(["", *card.labels], rows))


def _calibration(card: ModelCard) -> str:
    metrics = card.metrics
    if "ece" not in metrics:
        return ""
    errors = [
        [name, f"{100 * metrics[key]:.1f}%"]
        for name, key in (
            ("without temperature", "ece_uncalibrated"),
            ("with it", "ece"),
            ("fitted on one half, measured on the other", "ece_cross_fitted"),
        )
        if key in metrics
    ]
    lines = [
        f"The logits are divided by a temperature of {card.temperature:.3f} (Guo et al. 2017), so "
        "that a score tells how often such an answer is right. The table gives the expected "
        "calibration error in 15 bins; the scores of both halves are sorted into the same bins."
    ]
    if "ece_if_perfect" in metrics:
        lines.append(
            f"On so many images, chance alone would show {100 * metrics['ece_if_perfect']:.1f}% if "
            "every score were exactly right."
        )
    text = section("Calibration", lines, table(["", "error"], errors))
    bins = [bin_ for bin_ in metrics.get("reliability", ()) if bin_["count"]]
    if not bins:
        return text
    rows = [
        [
            f"{100 * bin_['low']:.0f} to {100 * bin_['high']:.0f}%",
            f"{bin_['count']:,}",
            f"{100 * bin_['confidence']:.1f}%",
            f"{100 * bin_['accuracy']:.1f}%",
        ]
        for bin_ in bins
    ]
    return text + "\n" + table(["highest score", "images", "mean score", "right"], rows)


def _certainty(card: ModelCard) -> str:
    selective = card.metrics.get("selective")
    if not selective:
        return ""
    if not card.certainty_threshold:
        return section("Uncertain", ["Every face gets an answer: the certainty threshold is 0."])
    intervals = selective["interval_95"]
    lines = [
        f"A face whose highest score is below {100 * card.certainty_threshold:.0f}% gets the "
        "answer “uncertain” (selective classification, Geifman and El-Yaniv 2017). That leaves "
        f"{_estimate(selective, 'coverage', intervals)} of the images answered, and "
        f"{_estimate(selective, 'accuracy_answered', intervals)} of the answers are right, instead "
        f"of {100 * selective['accuracy_all']:.1f}% of all."
    ]
    if "target_accuracy" in selective:
        lines.append(
            f"The rule: the lowest threshold with which {100 * selective['target_accuracy']:.0f}% "
            "of the answers are right, but none that leaves less than "
            f"{100 * selective['least_coverage']:.0f}% of the images answered."
        )
        if selective["accuracy_answered"] < selective["target_accuracy"]:
            lines.append(
                "Here none does both; of those that leave that many answered, this one gives the "
                "most accurate answers."
            )
    if "coverage_cross_fitted" in selective:
        lines.append(
            "With the threshold chosen on one half and measured on the other, "
            f"{100 * selective['coverage_cross_fitted']:.1f}% are answered, "
            f"{100 * selective['accuracy_answered_cross_fitted']:.1f}% of them correctly."
        )
    curve = selective["curve"]
    rows = [
        [f"{100 * threshold:.0f}%", f"{100 * coverage:.1f}%", f"{100 * accuracy:.1f}%"]
        for threshold, coverage, accuracy in zip(
            curve["threshold"], curve["coverage"], curve["accuracy"], strict=True
        )
        if round(100 * threshold) % 10 == 0
    ]
    return section("Uncertain", lines, table(["threshold", "answered", "right among these"], rows))


def _views(card: ModelCard) -> str:
    if MIRRORED not in card.metrics:
        return ""
    views = card, card.mirrored
    rows = [
        [name, *(_of_view(view.metrics, key) for view in views)]
        for name, key in (
            ("accuracy", "accuracy"),
            ("macro F1", "macro_f1"),
            ("log loss", "log_loss"),
            ("calibration error, fitted on one half, measured on the other", "ece_cross_fitted"),
        )
        if all(key in view.metrics for view in views)
    ]
    rows.append(["temperature", *(f"{view.temperature:.3f}" for view in views)])
    rows.append(["uncertain below", *(f"{100 * view.certainty_threshold:.0f}%" for view in views)])
    selective = [view.metrics.get("selective") for view in views]
    rows += [
        [name, *(f"{100 * each[key]:.1f}%" for each in selective if each)]
        for name, key in (("answered", "coverage"), ("right among these", "accuracy_answered"))
        if all(selective)
    ]
    lines = [
        "The other figures on this page are of a single view of each image. A photo that is read "
        "carefully, and live video with smoothing, average a face and its mirror image, with a "
        "temperature and a certainty threshold that are fitted to the mean of both. On images it "
        "is the mean of the logits; live video averages the scores of readings that take turns."
    ]
    return section("Both views", lines, table(["", "single view", "with mirror image"], rows))


def _of_view(metrics: dict[str, Any], key: str) -> str:
    if key == "log_loss":
        return f"{metrics[key]:.3f}"
    return _estimate(metrics, key, metrics.get("interval_95", {}))


def _robustness(card: ModelCard) -> str:
    shifted = card.metrics.get("shifted_boxes")
    if not shifted:
        return ""
    name = shifted["name"].replace(" %", "%")  # so older cards have it
    lines = [
        f"On {name}, at random ({shifted['repeats']} repeats, seed {shifted['seed']}): "
        f"{100 * shifted['accuracy_perturbed']:.1f}% right, with a standard deviation of "
        f"{100 * shifted['standard_deviation']:.1f} points between repeats, against "
        f"{100 * shifted['accuracy']:.1f}% on the images as they are."
    ]
    return section("Shifted boxes", lines)


def _estimate(figures: dict[str, Any], key: str, intervals: dict[str, list[float]]) -> str:
    """Return a figure with its interval where there is one: F1 as it is, shares in per cent.

    "-" where it is undefined, such as the recall of an expression without images.
    """
    if figures[key] is None:
        return "-"
    scale, digits, unit = (1, 3, "") if "f1" in key else (100, 1, "%")
    text = f"{scale * figures[key]:.{digits}f}{unit}"
    if key not in intervals:
        return text
    low, high = (f"{scale * bound:.{digits}f}" for bound in intervals[key])
    return f"{text} ({low} to {high})"


#: In the order in which they are read; each is empty where the card has no such figures.
FIGURE_SECTIONS: Final[tuple[Callable[[ModelCard], str], ...]] = (
    _figures,
    _expressions,
    _confusion,
    _calibration,
    _certainty,
    _views,
    _robustness,
)
