"""How many small faces in photos each way to find them finds, and how many false ones.

    python benchmarks/photo_faces.py --data fer2013.csv --json figures.json

Collages: PublicTest faces, 24 to 60 pixels high, tilted by up to 20 degrees, their edges soft, on
scikit-image's photographs without people, eight to a photo. A face counts as found when a box
overlaps its frame by a third (Jaccard index); boxes that overlap no frame so are false. The
photographs themselves, without faces, give false boxes too, as do those of scikit-image with one
face (the astronaut, the camera's man) beyond that face. Seconds a photo are of one thread, on the
clock and of the processor; a busy machine changes the latter less.

    python benchmarks/photo_faces.py --data fer2013.csv --portraits FOLDER

``portraits``: of a folder of pictures with one face each, those with just one box, and boxes too
many; to be looked at, for a picture may show more people.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
import skimage.data
from crop_rule import pictures
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box, intersection_over_union
from emotion_core.faces.finding.finders import FINDERS, photo_finder
from emotion_core.faces.pictures.images import read_image, to_gray
from emotion_core.system.storage.files import write_json

Gray = NDArray[np.uint8]

BACKGROUNDS: Final = (
    *("coffee", "rocket", "chelsea", "brick", "coins", "page", "clock", "moon", "text", "grass"),
    *("gravel", "hubble_deep_field", "immunohistochemistry", "retina", "horse"),
)
SIZE: Final = (1024, 768)
FACES: Final = 8
HEIGHTS: Final = (24, 60)
TILT: Final = 20.0
ENOUGH: Final = 1 / 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="fer2013.csv")
    parser.add_argument("--portraits", type=Path, help="folder of pictures with one face each")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--collages", type=int, default=45, help="how many (default 45)")
    parser.add_argument("--seed", type=int, default=0, help="of faces and places (default 0)")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    collages = made(options.data, options.collages, options.seed)
    figures: dict[str, Any] = {
        "collages": len(collages),
        "faces": sum(len(faces) for _, faces in collages),
        "finders": {name: measured(name, collages) for name in FINDERS},
    }
    if options.portraits:
        files = sorted(file for file in options.portraits.iterdir() if file.is_file())
        figures["portraits"] = {name: of_portraits(name, files) for name in FINDERS}
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def made(path: Path, count: int, seed: int) -> list[tuple[Gray, list[Box]]]:
    """Return photos with faces, and where these are; every background once without any."""
    generator = np.random.default_rng(seed)
    faces, _ = pictures(path, FACES * count)
    generator.shuffle(faces)
    empty: list[tuple[Gray, list[Box]]] = [(background(name), []) for name in BACKGROUNDS]
    return empty + [
        collage(background(BACKGROUNDS[number % len(BACKGROUNDS)]), faces[number::count], generator)
        for number in range(count)
    ]


def background(name: str) -> Gray:
    """Return a photograph without people, grey, uint8 ``[768, 1024]``."""
    picture = getattr(skimage.data, name)()
    if picture.dtype == bool:
        picture = picture.astype(np.uint8) * 255
    gray = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(gray, SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def collage(picture: Gray, faces: Gray, generator: np.random.Generator) -> tuple[Gray, list[Box]]:
    """Return the picture with the faces in it, one in each cell of a grid, and their frames."""
    result, frames = picture.astype(np.float32), []
    columns, rows = 4, 2
    for number, face in enumerate(faces[: columns * rows]):
        side = int(generator.integers(*HEIGHTS, endpoint=True))
        cell = SIZE[0] // columns, SIZE[1] // rows
        x, y = (
            int(generator.integers(at * length + side, (at + 1) * length - side))
            for at, length in zip((number % columns, number // columns), cell, strict=True)
        )
        angle = generator.uniform(-TILT, TILT)
        matrix = cv2.getRotationMatrix2D((23.5, 23.5), angle, side / 48)
        matrix[:, 2] += np.array((x, y)) - 23.5
        pasted = cv2.warpAffine(face, matrix, SIZE, borderMode=cv2.BORDER_REPLICATE)
        mask = cv2.warpAffine(soft_edge(), matrix, SIZE)
        result += mask * (pasted - result)
        frames.append(Box(round(x - side / 2), round(y - side / 2), side, side))
    return result.round().astype(np.uint8), frames


def soft_edge() -> NDArray[np.float32]:
    """Return how much of a face's pixels shows, 0..1, float32 ``[48, 48]``: an ellipse."""
    y, x = np.mgrid[:48, :48]
    away = np.hypot((x - 23.5) / 23.5, (y - 23.5) / 24.5)
    return np.asarray(np.clip((1.05 - away) / 0.15, 0, 1), np.float32)


def measured(name: str, collages: list[tuple[Gray, list[Box]]]) -> dict[str, Any]:
    """Return one finder's figures."""
    finder = photo_finder(name)
    finder.detect(collages[0][0])
    found = false = 0
    started, begun = time.perf_counter(), time.process_time()
    for picture, frames in collages:
        free = finder.detect(picture)
        for frame in frames:
            best = max(free, key=lambda box: intersection_over_union(box, frame), default=None)
            if best is not None and intersection_over_union(best, frame) >= ENOUGH:
                free.remove(best)
                found += 1
        false += len(free)
    return {
        "found": round(found / max(1, sum(len(frames) for _, frames in collages)), 3),
        "false_boxes": false,
        "seconds_a_photo": round((time.perf_counter() - started) / len(collages), 3),
        "cpu_seconds_a_photo": round((time.process_time() - begun) / len(collages), 3),
    }


def of_portraits(name: str, files: list[Path]) -> dict[str, int]:
    """Return how many pictures there are, how many have one box, and the boxes beyond that."""
    finder = photo_finder(name)
    counts = [len(finder.detect(to_gray(read_image(file)))) for file in files]
    return {
        "pictures": len(counts),
        "with_one_box": counts.count(1),
        "boxes_too_many": sum(max(0, count - 1) for count in counts),
    }


if __name__ == "__main__":
    main()
