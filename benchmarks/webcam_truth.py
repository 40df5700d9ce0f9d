"""What the live page says of faces that people have looked at: how often calm faces are "sad".

    python benchmarks/webcam_truth.py --media FOLDER ... --json figures.json
    python benchmarks/webcam_truth.py --media FOLDER ... --data fer2013.csv

Every film in ``data/webcam-truth.csv`` that is in one of the folders is played at its own pace
through the live page's reader, with its default settings, with each finder, as it is and as its
mirror image; short ones also from later on (``STARTS``). ``faces``: those that were labelled, in
the frames that were and those between two of one label. ``found``: the share with a box (Jaccard
index with the label's 0.3). Of these: ``answered``, the share whose answer is not "uncertain";
``smoothed``, the shares of what the page shows; ``single``, the same of the newest single readings;
``right`` and ``sad``, of the smoothed answers. ``films`` has each film, ``all`` the sums.

``--data``: happy, surprised and calm faces of FER2013's PublicTest, ``--images`` of each, each
swaying for ``SWAY_SECONDS`` in a wider picture that repeats its border; the answer at the end
counts. Their labels are the dataset's.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np

from benchmarks.clips import Image
from benchmarks.crop_rule import FRAME, in_scene, pictures
from benchmarks.truth import EMOTION_OF, TRUTH, Look, film_of, read_looks, shown_at
from emotion_core.emotions import EMOTIONS, UNCERTAIN
from emotion_core.faces.boxes import Box, intersection_over_union
from emotion_core.faces.finding.finders import available_finders, live_finder
from emotion_core.faces.tracking import FaceTracker
from emotion_core.live.reader import LiveFace, LiveFaceReader
from emotion_core.live.settings import LiveSettings
from emotion_core.live.smoothing import BothViewsSmoother
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.folder import SINGLE
from emotion_core.system.storage.files import write_json

# A box is of the labelled face if they overlap so much (Jaccard index).
_SAME: Final = 0.3
#: Faces of FER2013 sway for so long, in seconds, at so many frames a second, by so many degrees.
SWAY_SECONDS: Final = 1.5
SWAY_RATE: Final = 12.0
SWAY_DEGREES: Final = 15.0


#: Films that last less than `SHORT_SECONDS` are played from each of these seconds on: what is said
#: of a face depends on how it looked when it was first seen.
STARTS: Final = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5)
SHORT_SECONDS: Final = 6.0


@dataclass
class Tally:
    """What was said of the faces with one label."""

    faces: int = 0
    smoothed: Counter[str] = field(default_factory=Counter)
    single: Counter[str] = field(default_factory=Counter)

    def note(self, face: LiveFace | None) -> None:
        """Count a labelled face and what the page says of it; None if it has no box."""
        self.faces += 1
        if face is not None:
            self.smoothed[face.smoothed.answer] += 1
            self.single[face.raw.answer] += 1

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.faces + other.faces, self.smoothed + other.smoothed, self.single + other.single
        )

    def figures(self, label: str) -> dict[str, Any]:
        """Return the figures of the module's description."""
        found = self.smoothed.total()
        if not found:
            return {"faces": self.faces, "found": 0.0}
        smoothed, single = (
            {answer: round(count / found, 3) for answer, count in counts.most_common()}
            for counts in (self.smoothed, self.single)
        )
        return {
            "faces": self.faces,
            "found": round(found / self.faces, 3),
            "answered": round(1 - smoothed.get(UNCERTAIN, 0.0), 3),
            "right": smoothed.get(EMOTION_OF[label], 0.0),
            "sad": smoothed.get("sad", 0.0),
            "sad_single": single.get("sad", 0.0),
            "smoothed": smoothed,
            "single": single,
        }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=Path, nargs="*", default=[], help="folders of the films")
    parser.add_argument("--films", nargs="*", help="only these")
    parser.add_argument("--finders", nargs="*", default=available_finders(), help="which")
    parser.add_argument("--model", type=Path, help="model folder (default: the shipped one)")
    parser.add_argument("--data", type=Path, help="fer2013.csv: faces that sway, too")
    parser.add_argument("--images", type=int, default=40, help="of each label (default 40)")
    parser.add_argument("--truth", type=Path, default=TRUTH, help="the file of labels")
    parser.add_argument(
        "--single-view", action="store_true", help="read no mirror images, to compare with"
    )
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    if options.single_view:
        BothViewsSmoother.next_view = lambda *_: SINGLE  # type: ignore[method-assign]
    cv2.setNumThreads(1)
    classifier = EmotionClassifier.load(options.model)
    figures: dict[str, Any] = {
        "model": classifier.card.name,
        "certainty_threshold": classifier.card.certainty_threshold,
    }
    looks = read_looks(options.truth)
    films = tuple(dict.fromkeys(options.films or [look.film for look in looks]))
    figures["not_there"] = [film for film in films if film_of(film, options.media) is None]
    swaying = sways(options.data, options.images) if options.data else {}
    for finder in options.finders:
        by_film = {
            film: tallies(
                [look for look in looks if look.film == film],
                options.media,
                classifier,
                finder,
            )
            for film in films
            if film not in figures["not_there"]
        }
        figures[finder] = {
            "films": {film: as_figures(own) for film, own in by_film.items()},
            "all": as_figures(summed(by_film.values())),
        }
        if swaying:
            own = {label: swayed(scenes, classifier, finder) for label, scenes in swaying.items()}
            figures[finder]["fer2013"] = as_figures(own)
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def a_reader(classifier: EmotionClassifier, finder: str) -> LiveFaceReader:
    """Return the live page's reader on a machine that always has time to read two faces."""
    tracker = FaceTracker(live_finder(finder))
    threshold = classifier.card.certainty_threshold
    return LiveFaceReader(classifier, tracker, threshold, clock=lambda: 0.0)


def read(reader: LiveFaceReader, frame: Image, now: float) -> list[LiveFace]:
    """Return what the page says of the faces of the next frame, by its default settings."""
    settings = LiveSettings()
    return reader.read(frame, now, settings.smoothing_seconds, settings.smallest_face)


def tallies(
    looks: Sequence[Look],
    folders: Sequence[Path],
    classifier: EmotionClassifier,
    finder: str,
) -> dict[str, Tally]:
    """Return what is said of one film's faces by label, over all the ways to play it.

    Args:
        looks: the film's.
        folders: where it may lie.
        classifier: reads the faces.
        finder: finds them.
    """
    counted: dict[str, Tally] = {}
    film = film_of(looks[0].film, folders)
    assert film is not None
    starts = STARTS if not film.is_still and film.seconds < SHORT_SECONDS else STARTS[:1]
    for start, mirrored in itertools.product(starts, (False, True)):
        played = film_of(looks[0].film, folders)
        assert played is not None
        reader = a_reader(classifier, finder)
        for index, frame in enumerate(played.frames):
            now = index / played.rate
            if now < start:
                continue
            shown = np.ascontiguousarray(frame[:, ::-1]) if mirrored else frame
            faces = read(reader, shown, now)
            looked_at = 0.0 if played.is_still else now
            for box, label in shown_at(looks, looked_at, played.rate).values():
                left = frame.shape[1] - box.x - box.width
                at = replace(box, x=left) if mirrored else box
                counted.setdefault(label, Tally()).note(nearest_face(faces, at))
    return counted


def sways(path: Path, count: int) -> dict[str, list[Image]]:
    """Return scenes with PublicTest's faces, so many for each of three labels."""
    images, labels = pictures(path, 3589)
    scenes = {}
    for label in ("calm", "smiling", "surprised"):
        own = images[labels == EMOTIONS.index(EMOTION_OF[label])]
        chosen = np.unique(np.linspace(0, len(own) - 1, count).astype(int))
        scenes[label] = [in_scene(image) for image in own[chosen]]
    return scenes


def swayed(scenes: Sequence[Image], classifier: EmotionClassifier, finder: str) -> Tally:
    """Return what is said of each scene's face after it has swayed for a while."""
    tally = Tally()
    for number, scene in enumerate(scenes):
        reader, faces = a_reader(classifier, finder), list[LiveFace]()
        for index in range(round(SWAY_SECONDS * SWAY_RATE)):
            now = index / SWAY_RATE
            faces = read(reader, sway(scene, now, number), now)
        tally.note(nearest_face(faces, FRAME))
    return tally


def nearest_face(faces: Sequence[LiveFace], place: Box) -> LiveFace | None:
    """Return the face whose box overlaps ``place`` most, if it does so enough."""
    best = max(faces, key=lambda face: intersection_over_union(face.box, place), default=None)
    return best if best and intersection_over_union(best.box, place) >= _SAME else None


def sway(scene: Image, seconds: float, phase: float) -> Image:
    """Return a scene whose face is turned a little and shifted, as a head moves."""
    degrees = SWAY_DEGREES * math.sin(2 * math.pi * seconds / 3 + phase)
    matrix = cv2.getRotationMatrix2D(FRAME.center, degrees, 1.0)
    matrix[0, 2] += 12 * math.sin(2 * math.pi * seconds / 4 + phase)
    return np.asarray(
        cv2.warpAffine(scene, matrix, scene.shape[::-1], borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def summed(films: Iterable[dict[str, Tally]]) -> dict[str, Tally]:
    """Return the sums over films, by label."""
    sums: dict[str, Tally] = {}
    for film in films:
        for label, tally in film.items():
            sums[label] = sums.get(label, Tally()) + tally
    return sums


def as_figures(tallies: dict[str, Tally]) -> dict[str, Any]:
    """Return each label's figures."""
    return {label: tally.figures(label) for label, tally in sorted(tallies.items())}


if __name__ == "__main__":
    main()
