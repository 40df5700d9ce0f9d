"""``evaluate``: judge a model on one split of a data set."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from emotion_core.artefacts import load_card
from emotion_core.classifier import EmotionClassifier
from emotion_core.cli.options import add_data_options, quiet_native_libraries, read_data
from emotion_core.datasets import SPLITS
from emotion_core.evaluation import Classifier, EvaluationReport, evaluate_classifier
from emotion_core.files import write_json


def add_parser(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser(
        "evaluate",
        help="judge a model on one split of a data set",
        description="Accuracy, macro F1, precision, recall and F1 per expression with 95 % "
        "intervals, log loss, Brier score, calibration error and confusion matrix; and the "
        "accuracy without the images that also stand in Training.",
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
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Evaluate, print the figures, and write them as JSON on request.

    Raises:
        EmotionCoreError: the model or the data cannot be read.
    """
    temperature = load_card(options.model).temperature
    dataset = read_data(options.data, options)
    with quiet_native_libraries():
        classifier = load_classifier(options.model, options.runtime)
    report = evaluate_classifier(classifier, dataset, options.split, temperature=temperature)
    print(report_text(report))
    if options.json:
        write_json(options.json, report.to_json())


def load_classifier(model: Path, runtime: str) -> Classifier:
    """Return the model run by LiteRT or by Keras.

    Raises:
        ModelError: the model cannot be read.
    """
    if runtime == "litert":
        return EmotionClassifier.load(model, threads=2)
    # Only when asked for: importing TensorFlow takes seconds.
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
    lines += ["", f"{'':10}{'precision':>10}{'recall':>10}{'F1':>10}{'support':>10}"]
    lines += [
        f"{metrics.emotion:10}{metrics.precision.value:10.4f}{metrics.recall.value:10.4f}"
        f"{metrics.f1.value:10.4f}{metrics.support:10d}"
        for metrics in report.per_class
    ]
    names = "".join(f"{metrics.emotion:>10}" for metrics in report.per_class)
    lines += ["", f"{'label/answer':12}{names}"]
    lines += [
        f"{metrics.emotion:12}" + "".join(f"{count:10d}" for count in row)
        for metrics, row in zip(report.per_class, report.confusion, strict=True)
    ]
    return "\n".join(lines)
