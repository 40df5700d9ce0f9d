"""``evaluate``: judge a model on one split of a dataset."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tqdm import tqdm

from emotion_core.cli.options import add_data_options, add_model_option, chosen_model, read_data
from emotion_core.datasets import SPLITS, FaceDataset
from emotion_core.judging.answers import Answers, answers_table, collect_answers, split_members
from emotion_core.judging.judgement import judge
from emotion_core.judging.measures.evaluation import Classifier, EvaluationReport
from emotion_core.judging.notices import notices
from emotion_core.judging.paired_comparison import compare_answers
from emotion_core.judging.report.contents import Report, comparison_figures
from emotion_core.judging.report.page import html_report
from emotion_core.judging.robustness.changes import CHANGES
from emotion_core.judging.robustness.curves import (
    SAMPLE,
    RobustnessCurves,
    breaking_strength,
    measure_curves,
    sample_places,
)
from emotion_core.judging.robustness.perturbations import (
    SHIFTED_BOXES,
    RobustnessReport,
    measure_robustness,
)
from emotion_core.models.folder import load_card
from emotion_core.models.seen_images import SeenImages, load_seen_images
from emotion_core.models.views import VIEWS, BothViews, view_of
from emotion_core.system.native import quiet_native_libraries
from emotion_core.system.storage.files import replace_file, write_json
from emotion_core.system.tables import csv_of


def add_parser(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser(
        "evaluate",
        help="judge a model on one split of a dataset",
        description="Accuracy, macro F1, and precision, recall and F1 of each expression, with 95% "
        "intervals; log loss, Brier score, calibration error and confusion matrix; how many images "
        "get an answer other than “uncertain” and how many of those answers are right; and the "
        "accuracy without the images that are also in Training.",
    )
    add_data_options(parser)
    add_model_option(parser)
    parser.add_argument("--split", choices=SPLITS, default="PublicTest", help="default: PublicTest")
    parser.add_argument(
        "--compare",
        type=Path,
        metavar="MODEL_DIR",
        help="another model on the same images: McNemar's test, and where the two differ",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    parser.add_argument(
        "--csv",
        type=Path,
        metavar="FILE",
        help="write the answer and scores for each image to FILE",
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE.html",
        help="write a report with figures and faces that opens offline",
    )
    parser.add_argument(
        "--runtime",
        choices=("litert", "keras"),
        default="litert",
        help="what runs the network: litert, as on live video (default), or keras",
    )
    parser.add_argument(
        "--careful",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="read each image and its mirror image and average, as analyze does, with the "
        "temperature and threshold that are fitted to that; default: a single view of each image",
    )
    parser.add_argument(
        "--shifted-boxes",
        action="store_true",
        help="also measure how much accuracy is lost when the box around the face is slightly off",
    )
    parser.add_argument(
        "--robustness",
        action="store_true",
        help="also measure the accuracy under shift, scale, rotation, darkness, blur, noise, JPEG "
        f"compression and occlusion, on {SAMPLE} random images",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Evaluate, print the figures, and write them on request.

    Raises:
        EmotionCoreError: a model or the data cannot be read.
    """
    model = chosen_model(options.model)
    dataset = read_data(options.data, options)
    judged, classifier = _judge(model, dataset, options)
    seen = load_seen_images(model, judged.card)
    report = _report(judged, classifier, dataset, seen, options)
    print(f"view         {judged.view}: {VIEWS[judged.view]}")
    print(report_text(report.judgement.report))
    for notice in report.notices:
        print(f"\n{notice.text}")
    if report.comparison is not None:
        print("\n" + "\n".join(
            f"{value:>24}  {what}" for what, value in comparison_figures(report.comparison).items()
        ))  # fmt: skip
    if report.robustness is not None:
        print(f"\n{curves_text(report.robustness)}")
    content = report.to_json()
    if options.shifted_boxes:
        shifted = measure_robustness(classifier, dataset.split(options.split), SHIFTED_BOXES)
        print(f"\n{robustness_text(shifted)}")
        content["shifted_boxes"] = shifted.to_json()
    if options.json:
        write_json(options.json, content)
    if options.csv:
        _write_text(options.csv, csv_of(answers_table(judged)))
    if options.report:
        html = html_report(report, lambda places: dataset.images[judged.indices[places]])
        _write_text(options.report, html)


def _judge(
    model: Path, dataset: FaceDataset, options: argparse.Namespace
) -> tuple[Answers, Classifier]:
    """Return what a model answers, and what runs it."""
    card = load_card(model)
    with quiet_native_libraries():
        classifier = load_classifier(model, options.runtime)
    if options.careful:
        classifier, card = BothViews(classifier), card.mirrored
    members = split_members(dataset, options.split)
    logits = classifier.predict_logits(dataset.images[members])
    view = view_of(careful=options.careful)
    return collect_answers(card, dataset, options.split, members, logits, view), classifier


def _report(
    judged: Answers,
    classifier: Classifier,
    dataset: FaceDataset,
    seen: SeenImages | None,
    options: argparse.Namespace,
) -> Report:
    comparison = robustness = other_robustness = None
    if options.robustness:
        robustness = _measure_curves(judged, classifier, dataset)
    if options.compare:
        other, other_classifier = _judge(options.compare, dataset, options)
        if other.card.name == judged.card.name:  # one model before and after, in two folders
            other = replace(other, card=replace(other.card, name=str(options.compare)))
        comparison = compare_answers(judged, other)
        if options.robustness:
            other_robustness = _measure_curves(other, other_classifier, dataset)
    return Report(
        judge(judged),
        notices(judged.card, dataset, options.split, judged.indices, seen),
        datetime.now(UTC).isoformat(timespec="seconds"),
        excluded=dataset.excluded,
        robustness=robustness,
        comparison=comparison,
        other_robustness=other_robustness,
    )


def _measure_curves(
    judged: Answers, classifier: Classifier, dataset: FaceDataset
) -> RobustnessCurves:
    with tqdm(desc=f"Robustness of {judged.card.name}", leave=False, disable=None) as bar:

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        places = sample_places(len(judged), SAMPLE)
        faces = dataset.images[judged.indices[places]]
        return measure_curves(
            classifier, faces, judged.labels[places], of=len(judged), progress=advance
        )


def _write_text(path: Path, content: str) -> None:
    with replace_file(path) as temporary:
        # A file's name, of which this may speak, is any bytes on Linux.
        temporary.write_text(content, encoding="utf-8", errors="backslashreplace")


def load_classifier(model: Path, runtime: str) -> Classifier:
    """Return the model run by LiteRT or by Keras.

    Raises:
        ModelError: the model cannot be read.
    """
    # Each runtime only when asked for: importing TensorFlow takes seconds, and a machine that
    # trains on another Keras backend need not have LiteRT.
    if runtime == "litert":
        from emotion_core.models.classifier import EmotionClassifier

        return EmotionClassifier.load(model, threads=2)
    from emotion_core.training.networks.loading import load_keras_classifier

    return load_keras_classifier(model)


def report_text(report: EvaluationReport) -> str:
    """Return the report as a plain table."""
    accuracy, macro_f1 = report.accuracy, report.macro_f1
    lines = [
        f"images       {report.n}",
        f"accuracy     {accuracy.value:.4f}  (95% {accuracy.low:.4f} to {accuracy.high:.4f})",
        f"macro F1     {macro_f1.value:.4f}  (95% {macro_f1.low:.4f} to {macro_f1.high:.4f})",
        f"log loss     {report.log_loss:.4f}",
        f"Brier score  {report.brier:.4f}",
        f"ECE          {report.ece:.4f}",
    ]
    if report.clean:
        clean = report.clean.accuracy
        lines.append(
            f"clean        {clean.value:.4f}  (95% {clean.low:.4f} to {clean.high:.4f}) on "
            f"{report.clean.n} images that are not also in Training"
        )
    selective = report.selective
    if selective.threshold:
        coverage, right = selective.coverage, selective.accuracy
        lines += [
            f"answered     {coverage.value:.4f}  (95% {coverage.low:.4f} to {coverage.high:.4f}) "
            f"score {selective.threshold:.2f} or more; the rest are uncertain",
            f"right then   {right.value:.4f}  (95% {right.low:.4f} to {right.high:.4f}) of the "
            "answers",
        ]
    header = ("precision", "recall", "F1", "answered", "support")
    lines += ["", f"{'':10}" + "".join(f"{name:>10}" for name in header)]
    lines += [
        f"{metrics.emotion:10}"
        + "".join(
            f"{'-' if share is None else f'{share.value:.4f}':>10}"
            for share in (metrics.precision, metrics.recall, metrics.f1, metrics.answered)
        )
        + f"{metrics.support:10d}"
        for metrics in report.per_class
    ]
    names = "".join(f"{metrics.emotion:>10}" for metrics in report.per_class)
    lines += ["", f"{'label/answer':12}{names}"]
    lines += [
        f"{metrics.emotion:12}" + "".join(f"{count:10d}" for count in row)
        for metrics, row in zip(report.per_class, report.confusion, strict=True)
    ]
    return "\n".join(lines)


def robustness_text(report: RobustnessReport) -> str:
    """Return what a perturbation costs as two lines."""
    return (
        f"{report.name}, {len(report.perturbed)} repeats\n"
        f"accuracy     {report.mean:.4f}  (standard deviation {report.deviation:.4f}); "
        f"{report.points_lost:.2f} points lost"
    )


def curves_text(curves: RobustnessCurves) -> str:
    """Return the accuracy under every change as a plain table."""
    accuracy = curves.accuracy.value
    lines = [f"robustness on {curves.n} random images of {curves.of}; unchanged: {accuracy:.4f}"]
    for change, curve in zip(CHANGES, curves.curves, strict=True):
        points = "  ".join(
            f"{point.strength:g}: {point.accuracy.value:.3f}" for point in curve.points
        )
        breaking = breaking_strength(change, curve, accuracy)
        half = (
            ""
            if breaking is None
            else f"  (half of its lead over guessing is lost at {breaking:g})"
        )
        lines.append(f"{change.name:10} {change.axis:28} {points}{half}")
    return "\n".join(lines)
