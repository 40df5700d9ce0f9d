"""How often the label of a face changes on video, with and without smoothing, and how late it is.

    python benchmarks/label_flicker.py --media FOLDER --json figures.json
    python benchmarks/label_flicker.py             # the lag only, for a smoke test

``changes_per_second``: label changes a second of each person, on the two clips (where nobody
changes expression much), for time constants in seconds; 0 is without smoothing. ``held`` is what
the project shows: a label stays until another one is clearly ahead. ``answers``: the same for what
is told a person, where "uncertain" is an answer too. Every face is read in every frame, from the
same boxes, so that only the smoothing differs.

``lag_seconds``: how long after a sudden change of the true expression the label changes, on made-up
scores: sure ones (0.9 for the true expression), unsure ones (0.45) and unsure ones with noise
(median of many).
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
from clips import CLIP_RATE, CLIPS, labelled_faces, read_clip
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.boxes import intersection_over_union
from emotion_core.faces.crops import crop_face
from emotion_core.faces.images import to_gray
from emotion_core.faces.tracking import FaceTracker
from emotion_core.live.reader import HOLD_MARGIN
from emotion_core.live.session import LiveSettings
from emotion_core.live.smoothing import ScoreSmoother, hold
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.system.files import write_json

TIME_CONSTANTS: Final = (0.0, 0.25, 0.5, 1.0, 2.0)
LAG_RATE: Final = 30.0

Scores = NDArray[np.float64]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=Path, help="folder of the two clips")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    figures: dict[str, Any] = {
        "default": {"time_constant": LiveSettings().smoothing_seconds, "margin": HOLD_MARGIN}
    }
    if options.media:
        classifier = EmotionClassifier.load()
        threshold = classifier.card.certainty_threshold
        figures |= {"model": classifier.card.name, "certainty_threshold": threshold}
        figures["changes_per_second"] = {
            clip: {
                person: measure_flicker(scores, threshold)
                for person, scores in read_scores(options.media, clip, classifier).items()
            }
            for clip in CLIPS
        }
    figures["lag_seconds"] = {f"{seconds:g} s": measure_lag(seconds) for seconds in TIME_CONSTANTS}
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def read_scores(folder: Path, clip: str, classifier: EmotionClassifier) -> dict[str, Scores]:
    """Return each person's scores ``[N, 7]`` in the frames that they have a box in."""
    frames = read_clip(folder, clip)
    tracker, people = FaceTracker(), labelled_faces(clip, len(frames))
    scores: dict[str, list[Scores]] = {}
    for index, (frame, faces) in enumerate(zip(frames, people, strict=True)):
        gray = to_gray(frame)
        for track in tracker.update(gray, index / CLIP_RATE):
            for person, face in faces.items():
                if intersection_over_union(track.box, face) >= 0.5:
                    crop = crop_face(gray, track.tilted_box)[None]
                    row = classifier.predict_scores(crop)[0].astype(np.float64)
                    scores.setdefault(person, []).append(row)
    return {person: np.stack(rows) for person, rows in scores.items()}


def measure_flicker(scores: Scores, threshold: float) -> dict[str, dict[str, float]]:
    """Return the changes a second by time constant, of labels and of answers."""
    figures: dict[str, dict[str, float]] = {"highest": {}, "held": {}, "answers": {}}
    for seconds in TIME_CONSTANTS:
        highest, held, answers = labels_of(scores, CLIP_RATE, seconds, threshold)
        for name, labels in (("highest", highest), ("held", held), ("answers", answers)):
            changes = sum(first != second for first, second in itertools.pairwise(labels))
            figures[name][f"{seconds:g} s"] = round(changes * CLIP_RATE / len(labels), 2)
    return figures


def labels_of(
    scores: Scores, rate: float, seconds: float, threshold: float = 0.0
) -> tuple[list[int], list[int], list[int]]:
    """Return labels without and with holding, and answers (-1 is uncertain), frame by frame."""
    smoother = ScoreSmoother()
    highest: list[int] = []
    held: list[int] = []
    answers: list[int] = []
    margin = HOLD_MARGIN if seconds > 0 else 0.0
    for index, row in enumerate(scores):
        smoothed = smoother.update(tuple(row), index / rate, seconds)
        highest.append(int(np.argmax(smoothed)))
        held.append(hold(held[-1] if held else None, smoothed, margin))
        certain = bool(answers) and answers[-1] >= 0
        least = threshold - (margin if certain else 0.0)
        answers.append(held[-1] if smoothed[held[-1]] >= least else -1)
    return highest, held, answers


def measure_lag(seconds: float) -> dict[str, float]:
    """Return after how long the label follows a change, by how sure the scores are."""
    random = np.random.default_rng(0)
    before = round(LAG_RATE * (1 + 5 * seconds))
    after = round(LAG_RATE * (2 + 10 * seconds))
    figures = {}
    for name, score, noise in (("sure", 0.9, 0.0), ("unsure", 0.45, 0.0), ("noisy", 0.45, 0.15)):
        lags = []
        for _ in range(50 if noise else 1):
            scores = np.full((before + after, len(EMOTIONS)), (1 - score) / (len(EMOTIONS) - 1))
            scores[:before, 3], scores[before:, 4] = score, score
            scores = np.clip(scores + noise * random.standard_normal(scores.shape), 1e-3, None)
            scores /= scores.sum(axis=1, keepdims=True)
            held = labels_of(scores, LAG_RATE, seconds)[1]
            lags.append(next(i for i, label in enumerate(held[before:]) if label == 4) / LAG_RATE)
        figures[name] = round(float(np.median(lags)), 3)
    return figures


if __name__ == "__main__":
    main()
