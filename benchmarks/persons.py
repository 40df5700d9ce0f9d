"""How many persons are counted where so many are, on films in which people leave and come back.

    python benchmarks/persons.py --media FOLDER --json figures.json
    python benchmarks/persons.py --seconds 2 --casts 0    # for a smoke test

Films (``staged_people.py``): people with skin, hair and clothes of their own leave, cross, turn
away, take turns, come back in another light; the first for the cast that `PersonGallery` was tuned
on, then some again with people drawn by chance (``--casts``). Clips (``--media``): the two real
ones played to and fro, with nothing to see in between, and with a view that pans so that everybody
leaves and comes back. For each: ``there``, who could be seen for half a second; ``tracks``, the
numbers there would be without `PersonGallery` (as before there was one); ``persons``, those there
are;
``splits``, numbers too many of somebody; ``merges``, numbers that two people had. Faces are taken
for those whose label they overlap best, by a third at least (Jaccard index).
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
from clips import CLIP_RATE, CLIPS, Image, labelled_faces, read_clip
from staged_people import CAST, FOR_OTHER_CASTS, STAGES, Costume, Stage, random_cast

from emotion_core.faces.boxes import Box, intersection_over_union
from emotion_core.faces.persons.gallery import CONFIRM_AFTER, PersonGallery
from emotion_core.faces.pictures.images import to_gray
from emotion_core.faces.tracking import FaceTracker
from emotion_core.system.storage.files import write_json

#: Time, picture and where whose face is.
Frames = Iterable[tuple[float, Image, dict[str, Box]]]
#: Frames a number has to be on somebody to count: less is chance, as when two cross.
_FEWEST_FRAMES: Final = 3
_GONE_SECONDS: Final = 3.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=Path, help="folder of the two clips")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each film, at most")
    parser.add_argument("--casts", type=int, default=3, help="drawn by chance")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    figures: dict[str, Any] = {
        "films": {name: count(cut(stage, CAST, options.seconds)) for name, stage in STAGES.items()},
        "other_casts": {
            f"{name}, cast {seed}": count(cut(STAGES[name], random_cast(seed), options.seconds))
            for seed in range(1, options.casts + 1)
            for name in FOR_OTHER_CASTS
        },
        "clips": {
            f"{clip}, {name}": count(frames)
            for clip in (CLIPS if options.media else ())
            for name, frames in clip_films(options.media, clip).items()
        },
    }
    figures["sums"] = {
        kind: {
            key: sum(each[key] for each in films.values())
            for key in ("there", "tracks", "persons", "splits", "merges")
        }
        for kind, films in figures.items()
    }
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def cut(stage: Stage, cast: dict[str, Costume], seconds: float) -> Frames:
    """Return the beginning of a film."""
    return itertools.takewhile(lambda frame: frame[0] < seconds, stage.frames(cast))


def count(frames: Frames) -> dict[str, Any]:
    """Return who was there, and the numbers that were given."""
    tracker, gallery = FaceTracker(), PersonGallery()
    seen: dict[str, float] = {}
    on: dict[int, dict[str, int]] = {}
    tracks: set[int] = set()
    before = 0.0
    for now, image, faces in frames:
        for name in faces:
            seen[name] = seen.get(name, 0.0) + now - before
        before = now
        found = tracker.update(to_gray(image), now)
        tracks |= {track.id for track in found}
        persons = gallery.update(image, found, now)
        for track in found:
            if track.id not in persons:
                continue
            counted = on.setdefault(persons[track.id], {})
            best = max(
                faces, key=lambda name: intersection_over_union(track.box, faces[name]), default=""
            )
            if best and intersection_over_union(track.box, faces[best]) >= 1 / 3:
                counted[best] = counted.get(best, 0) + 1
    owners = {
        number: {name for name, frames_on in names.items() if frames_on >= _FEWEST_FRAMES}
        for number, names in on.items()
    }
    there = {name for name, seconds in seen.items() if seconds >= CONFIRM_AFTER}
    numbers = {name: sum(name in own for own in owners.values()) for name in sorted(there)}
    return {
        "there": len(there),
        "tracks": len(tracks),
        "persons": len(on),
        "splits": sum(max(0, own - 1) for own in numbers.values()),
        "merges": sum(len(own) > 1 for own in owners.values()),
        "numbers": numbers,
    }


def clip_films(folder: Path, clip: str) -> dict[str, Frames]:
    """Return the films that are made of a clip."""
    frames = read_clip(folder, clip)
    labels = labelled_faces(clip, len(frames))
    there = list(zip(frames, labels, strict=True))
    back = there[::-1]
    nothing = [(np.full_like(frames[0], 90), dict[str, Box]())] * round(_GONE_SECONDS * CLIP_RATE)
    return {
        "played once": _timed(there),
        "to and fro": _timed([*there, *back, *there, *back]),
        "with nothing in between": _timed([*there, *nothing, *back, *nothing, *there]),
        "panned": _timed(_panned([*there, *back] * 3)),
    }


def _timed(frames: Iterable[tuple[Image, dict[str, Box]]]) -> Frames:
    for index, (image, faces) in enumerate(frames):
        yield index / CLIP_RATE, image, faces


def _panned(
    frames: Iterable[tuple[Image, dict[str, Box]]],
) -> Iterator[tuple[Image, dict[str, Box]]]:
    """Show a part that goes from the left to the right and back again in 20 s."""
    for index, (image, faces) in enumerate(frames):
        width = image.shape[1]
        part = width // 2
        left = round((width - part) * (0.5 - 0.5 * np.cos(2 * np.pi * index / CLIP_RATE / 20)))
        moved = {
            name: Box(face.x - left, face.y, face.width, face.height)
            for name, face in faces.items()
            if left <= face.center[0] - 0.4 * face.width
            and face.center[0] + 0.4 * face.width <= left + part
        }
        yield np.ascontiguousarray(image[:, left : left + part]), moved


if __name__ == "__main__":
    main()
