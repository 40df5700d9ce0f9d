"""``evaluate``: judge a model on one split of a data set."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emotion_core.artefacts import load_card
from emotion_core.cli.options import add_data_options, quiet_native_libraries, read_data
from emotion_core.datasets import SPLITS
from emotion_core.evaluation import Classifier, EvaluationReport, evaluate_classifier
from emotion_core.files import write_json
from emotion_core.robustness import SHIFTED_BOXES, RobustnessReport, measure_robustness


def add_parser(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser(
        "evaluate",
        help="judge a model on one split of a data set",
        description="Accuracy, macro F1, precision, recall and F1 per expression with 95 % "
        "intervals, log loss, Brier score, calibration error and confusion matrix; what the "
        "answer uncertain leaves and how often the rest is right; and the accuracy without the "
        "images that also stand in Training.",
    )
    add_data_options(parser)
    parser.add_argument("--model", required=True, type=Path, metavar="MODEL_DIR")
    parser.add_argument("--split", choices=SPLITS, default="PublicTest", help="default: PublicTest")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    parser.add_argument(
        "--runtime",
        choices=("litert", "keras"),
        default="litert",
        help="what runs the network: litert as on live video (default), or keras",
    )
    parser.add_argument(
        "--shifted-boxes",
        action="store_true",
        help="measure also what is lost when the box around the face is a little off",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Evaluate, print the figures, and write them as JSON on request.

    Raises:
        EmotionCoreError: the model or the data cannot be read.
    """
    card = load_card(options.model)
    dataset = read_data(options.data, options)
    with quiet_native_libraries():
        classifier = load_classifier(options.model, options.runtime)
    report = evaluate_classifier(
        classifier,
        dataset,
        options.split,
        temperature=card.temperature,
        certainty_threshold=card.certainty_threshold,
    )
    print(report_text(report))
    content = report.to_json()
    if dataset.excluded is not None:
        content["excluded"] = asdict(dataset.excluded)
    if options.shifted_boxes:
        shifted = measure_robustness(classifier, dataset.split(options.split), SHIFTED_BOXES)
        print(f"\n{robustness_text(shifted)}")
        content["shifted_boxes"] = shifted.to_json()
    if options.json:
        write_json(options.json, content)


def load_classifier(model: Path, runtime: str) -> Classifier:
    """Return the model run by LiteRT or by Keras.

    Raises:
        ModelError: the model cannot be read.
    """
    # Each runtime only when asked for: importing TensorFlow takes seconds, and a machine that
    # trains on another Keras backend need not have LiteRT.
    if runtime == "litert":
        from emotion_core.classifier import EmotionClassifier

        return EmotionClassifier.load(model, threads=2)
    from emotion_core.keras_models import load_keras_classifier

    return load_keras_classifier(model)


def report_text(report: EvaluationReport) -> str:
    """Return the report as a plain table."""
    accuracy, macro_f1 = report.accuracy, report.macro_f1
    lines = [
        f"images       {report.n}",
        f"accuracy     {accuracy.value:.4f}  (95 % {accuracy.low:.4f} to {accuracy.high:.4f})",
        f"macro F1     {macro_f1.value:.4f}  (95 % {macro_f1.low:.4f} to {macro_f1.high:.4f})",
        f"log loss     {report.log_loss:.4f}",
        f"Brier score  {report.brier:.4f}",
        f"ECE          {report.ece:.4f}",
    ]
    if report.clean:
        clean = report.clean.accuracy
        lines.append(
            f"clean        {clean.value:.4f}  (95 % {clean.low:.4f} to {clean.high:.4f}) on "
            f"{report.clean.n} images that do not also stand in Training"
        )
    selective = report.selective
    if selective.threshold:
        coverage, right = selective.coverage, selective.accuracy
        lines += [
            f"answered     {coverage.value:.4f}  (95 % {coverage.low:.4f} to {coverage.high:.4f}) "
            f"score {selective.threshold:.2f} or more; the rest is uncertain",
            f"right then   {right.value:.4f}  (95 % {right.low:.4f} to {right.high:.4f}) of the "
            "answered",
        ]
    header = ("precision", "recall", "F1", "answered", "support")
    lines += ["", f"{'':10}" + "".join(f"{name:>10}" for name in header)]
    lines += [
        f"{metrics.emotion:10}{metrics.precision.value:10.4f}{metrics.recall.value:10.4f}"
        f"{metrics.f1.value:10.4f}{metrics.answered.value:10.4f}{metrics.support:10d}"
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
