"""What a person's rest does to calm faces that are called sad or angry, before and after.

    python benchmarks/baseline.py --media FOLDER ... --json figures.json

Each film of ``data/webcam-truth.csv`` that is in one of the folders is played as by
`webcam_truth.py`: with the live page's reader and settings, as it is and as its mirror image. The
labelled faces of a person's first ``--rest`` seconds that are calm are their rest; those after it
are counted: ``before`` by the page's answer, ``after`` by the highest of the scores relative to
the rest (`emotion_core.sessions.numbers.baseline`), "uncertain" below the model's threshold.
``wrong`` is the share with an answer that is not the label's. ``highest_…`` leave the threshold
out: what is highest, whatever its score.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np

from benchmarks.truth import EMOTION_OF, TRUTH, Look, film_of, read_looks, shown_at
from benchmarks.webcam_truth import a_reader, nearest_face, read
from emotion_core.emotions import EMOTIONS, UNCERTAIN
from emotion_core.faces.finding.finders import available_finders
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.sessions.numbers.baseline import SMALLEST, relative_scores
from emotion_core.system.storage.files import write_json

#: A rest is made of so many frames of a person, or they are left out.
FEWEST: Final = 5

#: Answers by label and by way of reading them: counts.
Counts = dict[str, dict[str, Counter[str]]]


@dataclass(frozen=True)
class Sight:
    """A labelled face as it was read: when, what it shows, the page's answer and scores."""

    seconds: float
    label: str
    answer: str
    scores: tuple[float, ...]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=Path, nargs="*", default=[], help="folders of the films")
    parser.add_argument("--finders", nargs="*", default=available_finders(), help="which")
    parser.add_argument("--model", type=Path, help="model folder (default: the shipped one)")
    parser.add_argument("--truth", type=Path, default=TRUTH, help="the file of labels")
    parser.add_argument("--rest", type=float, default=1.5, help="seconds of rest (default 1.5)")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    classifier = EmotionClassifier.load(options.model)
    threshold = classifier.card.certainty_threshold
    looks = read_looks(options.truth)
    figures: dict[str, Any] = {"model": classifier.card.name, "rest_seconds": options.rest}
    for finder in options.finders:
        by_film: dict[str, Counts] = {}
        for film in dict.fromkeys(look.film for look in looks):
            own = [look for look in looks if look.film == film]
            counts: Counts = defaultdict(lambda: defaultdict(Counter))
            for sights in played(own, options.media, classifier, finder):
                note(sights, options.rest, threshold, counts)
            if counts:
                by_film[film] = counts
        everything: Counts = defaultdict(lambda: defaultdict(Counter))
        for counts in by_film.values():
            for label, ways in counts.items():
                for way, answers in ways.items():
                    everything[label][way] += answers
        figures[finder] = {
            "all": shares(everything),
            "films": {film: shares(counts) for film, counts in by_film.items()},
        }
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def shares(counts: Counts) -> dict[str, Any]:
    """Return the figures of the module's description, by label."""
    found: dict[str, Any] = {}
    for label, ways in sorted(counts.items()):
        found[label] = {"faces": ways["before"].total()}
        for way, answers in ways.items():
            share = {name: round(count / answers.total(), 3) for name, count in answers.items()}
            right = share.get(EMOTION_OF[label], 0.0)
            found[label][way] = {
                **{name: share.get(name, 0.0) for name in ("sad", "angry", UNCERTAIN)},
                "right": right,
                "wrong": round(1 - right - share.get(UNCERTAIN, 0.0), 3),
            }
    return found


def note(sights: Sequence[Sight], rest: float, threshold: float, counts: Counts) -> None:
    """Count one person's faces after their rest, if they have one."""
    until = sights[0].seconds + rest if sights else 0.0
    calm = [each.scores for each in sights if each.seconds < until and each.label == "calm"]
    if len(calm) < FEWEST:
        return
    mean = np.log(np.maximum(calm, SMALLEST)).mean(axis=0)
    for each in sights:
        if each.seconds < until:
            continue
        raw = np.array(each.scores)
        relative = relative_scores(raw[None], mean)[0]
        best = EMOTIONS[int(relative.argmax())]
        ways = counts[each.label]
        ways["before"][each.answer] += 1
        ways["after"][best if relative.max() >= threshold else UNCERTAIN] += 1
        ways["highest_before"][EMOTIONS[int(raw.argmax())]] += 1
        ways["highest_after"][best] += 1


def played(
    looks: Sequence[Look], folders: Sequence[Path], classifier: EmotionClassifier, finder: str
) -> list[list[Sight]]:
    """Return each person's labelled faces, played as it is and as its mirror image."""
    people: dict[tuple[str, bool], list[Sight]] = defaultdict(list)
    for mirrored in (False, True):
        film = film_of(looks[0].film, folders)
        if film is None or film.is_still:
            return []
        reader = a_reader(classifier, finder)
        for index, frame in enumerate(film.frames):
            now = index / film.rate
            shown = np.ascontiguousarray(frame[:, ::-1]) if mirrored else frame
            faces = read(reader, shown, now)
            for person, (box, label) in shown_at(looks, now, film.rate).items():
                left = frame.shape[1] - box.x - box.width
                face = nearest_face(faces, replace(box, x=left) if mirrored else box)
                if face is not None:
                    smoothed = face.smoothed
                    people[person, mirrored].append(
                        Sight(now, label, smoothed.answer, tuple(smoothed.scores))
                    )
    return list(people.values())


if __name__ == "__main__":
    main()
