"""How long the page Evaluate takes for what it shows, at first and once it is known.

    python benchmarks/evaluation_page.py --data fer2013.csv [--model MODEL_DIR] [--split PublicTest]

Prints JSON, in seconds unless it says otherwise: judging the split for the first time (with an
empty cache) and again; robustness on 500 images at first and again; the reasons for one answer; the
HTML report and its megabytes; and the milliseconds of one face.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).parents[1]))

from emotion_core.datasets import SPLITS, FaceDataset, open_dataset
from emotion_core.judging.explanation import explain
from emotion_core.judging.judgement import judge_model
from emotion_core.judging.predictions.predict import ParallelClassifier
from emotion_core.judging.report.contents import Report
from emotion_core.judging.report.page import html_report
from emotion_core.judging.robustness.curves import SAMPLE, robustness_of, sample_places
from emotion_core.judging.speed import litert_speeds
from emotion_core.models.folder import default_model_dir

Result = TypeVar("Result")


def main() -> None:
    """Measure everything and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", type=Path, default=default_model_dir())
    parser.add_argument("--split", choices=SPLITS, default="PublicTest")
    options = parser.parse_args()
    dataset = open_dataset(options.data)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EMOTION_CACHE_DIR"] = str(Path(folder) / "datasets")
        figures = measure(options.model, dataset, options.split)
    print(json.dumps(figures, indent=2))


def measure(model: Path, dataset: FaceDataset, split: str) -> dict[str, Any]:
    """Return the figures of one model on one split."""
    judgement, first = timed(lambda: judge_model(model, dataset, split))
    _, again = timed(lambda: judge_model(model, dataset, split))
    answers = judgement.answers
    images = dataset.images[answers.indices]
    places = sample_places(len(answers), SAMPLE)
    sample = images[places], answers.labels[places]
    curves, robustness = timed(lambda: robustness_of(model, *sample, of=len(answers)))
    _, robustness_again = timed(lambda: robustness_of(model, *sample, of=len(answers)))
    classifier = ParallelClassifier.load(model)
    _, reasons = timed(lambda: explain(classifier, images[0]))
    report = Report(judgement, (), "now", robustness=curves)
    html, writing = timed(lambda: html_report(report, lambda places: images[places]))
    (speed,) = litert_speeds([model])
    return {
        "images": len(answers),
        "accuracy": round(judgement.report.accuracy.value, 4),
        "first": round(first, 2),
        "again": round(again, 2),
        "robustness_images": curves.n,
        "robustness_first": round(robustness, 2),
        "robustness_again": round(robustness_again, 3),
        "reasons": round(reasons, 2),
        "report": round(writing, 2),
        "report_megabytes": round(len(html.encode()) / 1e6, 1),
        "face_milliseconds": round(speed.milliseconds, 2),
    }


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return what the work returns, and its seconds."""
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


if __name__ == "__main__":
    main()
