"""Contact sheets of the faces in ``data/webcam-truth.csv``, to say what each shows.

    python benchmarks/contact_sheets.py --media FOLDER ... --seed 1 --out sheets
    python benchmarks/contact_sheets.py --seed 1 --answers answers.txt --column first
    python benchmarks/contact_sheets.py --agreement

The first writes ``sheet-1.png`` and so on: numbered faces in an order drawn by chance from
``--seed``, so that nobody sees in a row how a person looked a moment before. Whoever looks writes a
line ``NUMBER LABEL`` for each (calm, smiling, surprised, sad, angry, afraid, disgusted, unclear);
the second command enters them. Another seed and ``--column second`` for the second look, by
somebody who does not know the first one's answers. ``--agreement`` prints how often both agree, and
Cohen's kappa (1960).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np

from benchmarks.clips import Image
from benchmarks.truth import EMOTION_OF, TRUTH, UNCLEAR, Look, film_of, read_looks, write_looks

LABELS: Final = (*EMOTION_OF, UNCLEAR)
COLUMNS: Final = 6
ROWS: Final = 4
SIDE: Final = 220
# Side of what is shown in sides of the face: hair and chin belong to how a face looks.
ZOOM: Final = 1.6


def main() -> None:
    """Write sheets, enter answers, or print how far two looks agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=Path, nargs="*", default=[], help="folders of the films")
    parser.add_argument("--seed", type=int, default=1, help="of the order (default 1)")
    parser.add_argument("--out", type=Path, help="write the sheets into this folder")
    parser.add_argument("--answers", type=Path, help="enter these answers")
    parser.add_argument("--column", choices=("first", "second"), help="whose answers they are")
    parser.add_argument("--agreement", action="store_true", help="print how far two looks agree")
    parser.add_argument("--truth", type=Path, default=TRUTH, help="the file of labels")
    options = parser.parse_args()
    looks = read_looks(options.truth)
    order = np.random.default_rng(options.seed).permutation(len(looks)).tolist()
    if options.out:
        write_sheets([looks[index] for index in order], options.media, options.out)
    if options.answers:
        given = answers(options.answers.read_text("utf-8"), len(looks))
        for index, label in zip(order, given, strict=True):
            looks[index] = replace(looks[index], **{options.column: label})
        write_looks(looks, options.truth)
    if options.agreement:
        print(json.dumps(agreement(looks), indent=2))


def write_sheets(looks: Sequence[Look], folders: Sequence[Path], out: Path) -> None:
    """Write the sheets; a film that is not there leaves its cells empty."""
    out.mkdir(parents=True, exist_ok=True)
    cells: list[Image] = [np.zeros((SIDE, SIDE, 3), np.uint8) for _ in looks]
    for film in {look.film for look in looks}:
        played = film_of(film, folders)
        if played is None:
            print(f"{film}: not there", file=sys.stderr)
            continue
        wanted = {index: look for index, look in enumerate(looks) if look.film == film}
        for number, frame in enumerate(played.frames):
            for index, look in wanted.items():
                if round(look.seconds * played.rate) == number:
                    cells[index] = cell(frame, look)
    for number, cell_image in enumerate(cells, start=1):
        for color, width in (((0, 0, 0), 4), ((0, 255, 255), 1)):
            cv2.putText(cell_image, str(number), (4, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.7, color,
                        width, cv2.LINE_AA)  # fmt: skip
    size = COLUMNS * ROWS
    for number, start in enumerate(range(0, len(cells), size), start=1):
        own = cells[start : start + size]
        own += [np.zeros_like(own[0])] * (size - len(own))
        rows = [np.hstack(own[row : row + COLUMNS]) for row in range(0, size, COLUMNS)]
        cv2.imwrite(str(out / f"sheet-{number}.png"), np.vstack(rows))


def cell(frame: Image, look: Look) -> Image:
    """Return the face and what is around it, uint8 ``[SIDE, SIDE, 3]``."""
    square = look.box.to_square(ZOOM)
    x, y = look.box.center
    factor = SIDE / square.width
    matrix = np.array([[factor, 0, SIDE / 2 - factor * x], [0, factor, SIDE / 2 - factor * y]])
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.warpAffine(frame, matrix, (SIDE, SIDE), flags=way), np.uint8)


def answers(text: str, count: int) -> list[str]:
    """Return the labels of all ``count`` faces, by number.

    Raises:
        SystemExit: a line is none of ``NUMBER LABEL``, or a number is missing.
    """
    given: dict[int, str] = {}
    for line in text.splitlines():
        number, _, label = line.strip().partition(" ")
        if not line.strip():
            continue
        if not number.isdigit() or label not in LABELS:
            raise SystemExit(f"expected NUMBER and one of {', '.join(LABELS)}, found {line!r}")
        given[int(number)] = label
    if missing := set(range(1, count + 1)) - set(given):
        raise SystemExit(f"expected answers for 1 to {count}, found none for {sorted(missing)}")
    return [given[number] for number in range(1, count + 1)]


def agreement(looks: Sequence[Look]) -> dict[str, Any]:
    """Return how many faces two looks agree on, Cohen's kappa, and what they agree on."""
    both = [(look.first, look.second) for look in looks if look.first and look.second]
    same = sum(first == second for first, second in both) / len(both)
    first, second = (Counter(side) for side in zip(*both, strict=True))
    by_chance = sum(first[label] * second[label] for label in first) / len(both) ** 2
    kept = [look for look in looks if look.label != UNCLEAR]
    return {
        "faces": len(both),
        "agree": round(same, 3),
        "kappa": round((same - by_chance) / (1 - by_chance), 3) if by_chance < 1 else 1.0,
        "kept": dict(Counter(look.label for look in kept).most_common()),
        "differ": dict(
            Counter(" / ".join(sorted(pair)) for pair in both if pair[0] != pair[1]).most_common()
        ),
    }


if __name__ == "__main__":
    main()
