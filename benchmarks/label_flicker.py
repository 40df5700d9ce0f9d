"""How often the label of a face changes on video, with and without smoothing, and how late it is.

    python benchmarks/label_flicker.py --media FOLDER --json figures.json
    python benchmarks/label_flicker.py             # the lag only, for a smoke test

``single view``, ``both views``: label changes a minute of each person, and of all together, on the
two clips (where nobody changes expression much), for time constants in seconds; 0 is without
smoothing. ``held`` is what the project shows: a label stays until another one is clearly ahead.
``answers``: the same for what is told a person, where "uncertain" is an answer too. ``movement``:
how much of the smoothed scores goes from one expression to another in a second, of their sum of 1.
Every face is read in every frame, from the same boxes, so that only what is made of the readings
differs. In ``both views`` every other one is of the face's mirror image, as on the live page.

``lag_seconds``: how long after a sudden change of the true expression the label changes, on made-up
scores: sure ones (0.9 for the true expression), unsure ones (0.45) and unsure ones with noise
(median of many); ``lag_seconds_both_views``: the same with both views.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from dataclasses import asdict, dataclass, field
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
from emotion_core.faces.pictures.images import to_gray
from emotion_core.faces.tracking import FaceTracker
from emotion_core.live.settings import LiveSettings
from emotion_core.live.smoothing import HOLD_MARGIN, SteadyScores
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.folder import MIRRORED, SINGLE
from emotion_core.models.views import FittedViews, mirror
from emotion_core.system.storage.files import write_json

TIME_CONSTANTS: Final = (0.0, 0.25, 0.5, 1.0, 2.0)
LAG_RATE: Final = 30.0

WAYS: Final = {"single view": False, "both views": True}

Scores = NDArray[np.float64]
#: A person's scores ``[N, 7]`` by the view that was read.
Views = dict[str, Scores]
#: Figures by name and time constant.
Flicker = dict[str, dict[str, float]]


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
        views = FittedViews.of(classifier, classifier.card.certainty_threshold)
        figures |= {"model": classifier.card.name, "views": asdict(views)}
        people = {
            f"{clip}, {person}": rows
            for clip in CLIPS
            for person, rows in read_scores(options.media, clip, classifier).items()
        }
        for way, alternate in WAYS.items():
            measured = {
                person: measure_flicker(rows, views, alternate=alternate)
                for person, rows in people.items()
            }
            figures[way] = measured | {"all together": together(measured, people)}
    for name, alternate in (("lag_seconds", False), ("lag_seconds_both_views", True)):
        figures[name] = {
            f"{seconds:g} s": measure_lag(seconds, alternate=alternate)
            for seconds in TIME_CONSTANTS
        }
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def read_scores(folder: Path, clip: str, classifier: EmotionClassifier) -> dict[str, Views]:
    """Return each person's scores ``[N, 7]`` in the frames that they have a box in, by view."""
    frames = read_clip(folder, clip)
    tracker, people = FaceTracker(), labelled_faces(clip, len(frames))
    scores: dict[str, dict[str, list[Scores]]] = {}
    for index, (frame, faces) in enumerate(zip(frames, people, strict=True)):
        gray = to_gray(frame)
        for track in tracker.update(gray, index / CLIP_RATE):
            for person, face in faces.items():
                if intersection_over_union(track.box, face) >= 0.5:
                    crop = crop_face(gray, track.tilted_box)[None]
                    for view, image in ((SINGLE, crop), (MIRRORED, mirror(crop))):
                        row = classifier.predict_scores(image)[0].astype(np.float64)
                        scores.setdefault(person, {}).setdefault(view, []).append(row)
    return {
        person: {view: np.stack(rows) for view, rows in of_person.items()}
        for person, of_person in scores.items()
    }


def measure_flicker(rows: Views, views: FittedViews, *, alternate: bool) -> Flicker:
    """Return, by time constant, the changes a minute of labels and answers, and the movement."""
    figures: Flicker = {"highest": {}, "held": {}, "answers": {}, "movement": {}}
    minutes = len(rows[SINGLE]) / CLIP_RATE / 60
    for seconds in TIME_CONSTANTS:
        played = play(rows, CLIP_RATE, seconds, views, alternate=alternate)
        for name in ("highest", "held", "answers"):
            labels = getattr(played, name)
            changes = sum(first != second for first, second in itertools.pairwise(labels))
            figures[name][f"{seconds:g} s"] = round(changes / minutes, 1)
        moved = np.abs(np.diff(played.smoothed, axis=0)).sum() / 2 / len(rows[SINGLE])
        figures["movement"][f"{seconds:g} s"] = round(float(moved) * CLIP_RATE, 3)
    return figures


def together(measured: dict[str, Flicker], people: dict[str, Views]) -> Flicker:
    """Return the means of all, each person counting as long as they were there."""
    weights = [len(people[person][SINGLE]) for person in measured]
    return {
        name: {
            seconds: round(
                float(np.average([own[name][seconds] for own in measured.values()], 0, weights)), 3
            )
            for seconds in figures
        }
        for name, figures in next(iter(measured.values())).items()
    }


@dataclass
class Played:
    """What was made of a person's readings, frame by frame.

    Attributes:
        highest: the expression with the highest smoothed score.
        held: the one that is held.
        answers: the same; -1 is uncertain.
        smoothed: the scores ``[7]``.
    """

    highest: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    smoothed: list[tuple[float, ...]] = field(default_factory=list)


def play(
    rows: Views, rate: float, seconds: float, views: FittedViews, *, alternate: bool
) -> Played:
    """Play a person's readings as the live page would see them."""
    steady, played = SteadyScores(), Played()
    for index in range(len(rows[SINGLE])):
        now = index / rate
        view = steady.next_view(now, seconds) if alternate else SINGLE
        steady.note(tuple(rows[view][index].tolist()), now, seconds, views, view)
        assert steady.held is not None
        played.highest.append(int(np.argmax(steady.smoothed)))
        played.held.append(steady.held)
        played.answers.append(steady.held if steady.certain else -1)
        played.smoothed.append(steady.smoothed)
    return played


def measure_lag(seconds: float, *, alternate: bool) -> dict[str, float]:
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
            rows = {SINGLE: scores, MIRRORED: scores}
            held = play(rows, LAG_RATE, seconds, FittedViews(), alternate=alternate).held
            lags.append(next(i for i, label in enumerate(held[before:]) if label == 4) / LAG_RATE)
        figures[name] = round(float(np.median(lags)), 3)
    return figures


if __name__ == "__main__":
    main()
