"""Finds images that show the same photograph: cropped, scaled, marked or compressed differently.

Light and shade are taken away first (what a Gaussian blur of 4 pixels keeps); what is left is an
image's *detail*. Two images are near-duplicates when the middle 40 x 40 pixels of one's detail are
found, at some shift of up to 4 pixels, in the other's with a normalized correlation of at least
``LEAST_LIKENESS``. Correlation does not see brightness and contrast: a darker copy is a copy. Two
photographs of one person a moment apart usually differ by more than that; where nothing has moved
they cannot be told from two copies of one photograph, and count.

To compare all pairs so would take hours. Therefore every detail is described by its 6 x 6 lowest
frequencies (discrete cosine transform, as in perceptual hashes, but not rounded to bits), and all
pairs of descriptions are compared, by matrix products; only pairs that are alike there are compared
pixel by pixel. Mirroring changes the sign of the odd horizontal frequencies, so that mirrored
copies need no description of their own.

Images with next to no detail (below ``LEAST_DETAIL``: blank, or nearly so) have nothing to compare.
They are no near-duplicates of anything here; they are found by how they look (``quality``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.checks.filters import BLOCK, blur_matrix, transform
from emotion_core.emotions import FACE_SIZE
from emotion_core.system.progress import CountProgress

#: Correlation from which two images are near-duplicates, chosen by looking at pairs of FER2013:
#: from 0.72 on all show the same photograph, between 0.68 and 0.72 about two in three do.
LEAST_LIKENESS: Final = 0.72

#: The same for mirrored copies. These are rarer than faces that are alike by chance up to 0.76, of
#: which there must be as many among the others: one pair in a hundred and forty there.
LEAST_MIRRORED_LIKENESS: Final = 0.78

#: Standard deviation of the detail, in grey levels, below which there is nothing to compare.
LEAST_DETAIL: Final = 2.0

#: With how many of the images most alike each image is compared pixel by pixel. Larger families of
#: copies stay connected through one another.
MOST_PARTNERS: Final = 20

# Correlation of descriptions from which a pair is compared pixel by pixel. FER2013 has 30,000 such
# pairs, and 25,000 mirrored ones: as many as can be compared in a few seconds.
_LEAST_ALIKE: Final = 0.825
_FREQUENCIES: Final = 6
_BLUR: Final = 4.0
_MARGIN: Final = 4
# A mirror image has the same frequencies, the odd horizontal ones with the other sign.
_MIRROR_SIGNS: Final = np.tile([1, -1], _FREQUENCIES**2 // 2).astype(np.float32)


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Pairs of near-duplicates.

    Attributes:
        first: intp ``[P]``, index of an image, ascending.
        second: intp ``[P]``, index of its near-duplicate: a later one of the same images, or one of
            the images that these were compared with.
        likeness: float32 ``[P]``, normalized correlation, ``LEAST_LIKENESS`` to 1.
        mirrored: bool ``[P]``, whether one is like the mirror image of the other, and more so than
            like the other itself.
    """

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    likeness: NDArray[np.float32]
    mirrored: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.first)

    def subset(self, keep: NDArray[np.bool_]) -> NearPairs:
        """Return the pairs that the mask ``keep`` selects."""
        return NearPairs(
            self.first[keep], self.second[keep], self.likeness[keep], self.mirrored[keep]
        )


def find_near_pairs(images: NDArray[np.uint8], progress: CountProgress | None = None) -> NearPairs:
    """Return the near-duplicates among ``images``, identical ones included.

    Args:
        images: uint8 ``[N, 48, 48]``.
        progress: called now and then, in images; whatever it raises ends the search.
    """
    return _search(images, None, progress)


def find_near_pairs_between(
    images: NDArray[np.uint8], others: NDArray[np.uint8], progress: CountProgress | None = None
) -> NearPairs:
    """Return the pairs of one of ``images`` and one of ``others`` that are near-duplicates.

    Args:
        images: uint8 ``[N, 48, 48]``.
        others: uint8 ``[M, 48, 48]``; ``NearPairs.second`` counts these.
        progress: called now and then, in ``images``; whatever it raises ends the search.
    """
    return _search(images, others, progress)


def likeness(detail: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return how well the middle of ``detail`` is found in ``other``, both uint8 ``[48, 48]``.

    Returns:
        The normalized correlation, -1..1, at the best shift of up to 4 pixels.
    """
    middle = detail[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    return float(cv2.matchTemplate(other, middle, cv2.TM_CCOEFF_NORMED).max())


@dataclass(frozen=True, eq=False)
class _Described:
    """Images as they are compared.

    Attributes:
        details: uint8 ``[N, 48, 48]``, what a blur takes away, 128 in the mean.
        descriptions: float32 ``[N, 36]``, its lowest frequencies, of length 1, so that the product
            of two rows is their correlation; zeros, like nothing, below ``LEAST_DETAIL``.
    """

    details: NDArray[np.uint8]
    descriptions: NDArray[np.float32]


def _describe(images: NDArray[np.uint8]) -> _Described:
    blur, waves = blur_matrix(_BLUR), _cosine_waves()
    details = np.empty(images.shape, np.uint8)
    descriptions = np.empty((len(images), _FREQUENCIES**2), np.float32)
    for start in range(0, len(images), BLOCK):
        block = slice(start, start + BLOCK)
        pixels = images[block].astype(np.float32)
        pixels -= transform(pixels, blur)
        details[block] = np.clip(np.rint(pixels + 128), 0, 255)
        found = transform(pixels, waves).reshape(len(pixels), -1)
        # The template of a comparison is the middle; a frame around one grey is no picture.
        middle = pixels[:, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
        found[middle.std(axis=(1, 2)) < LEAST_DETAIL] = 0
        descriptions[block] = found
    descriptions /= np.maximum(np.linalg.norm(descriptions, axis=1, keepdims=True), 1e-6)
    return _Described(details, descriptions)


def _cosine_waves() -> NDArray[np.float32]:
    """Return the lowest waves of the cosine transform (DCT-II), float32 ``[6, 48]``, length 1."""
    places, frequencies = np.arange(FACE_SIZE), np.arange(_FREQUENCIES)[:, None]
    waves = np.cos(np.pi * (2 * places + 1) * frequencies / (2 * FACE_SIZE))
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    return waves.astype(np.float32)


def _search(
    images: NDArray[np.uint8], others: NDArray[np.uint8] | None, progress: CountProgress | None
) -> NearPairs:
    """Return the near-duplicates between ``images`` and ``others``, or without these among each."""
    own = _describe(images)
    other = own if others is None else _describe(others)
    best: dict[tuple[int, int], tuple[float, bool]] = {}
    for start in range(0, len(images), BLOCK):
        block = own.descriptions[start : start + BLOCK]
        for mirrored in (False, True):
            rows, columns = _alike(
                block * _MIRROR_SIGNS if mirrored else block,
                other.descriptions,
                start if others is None else None,
            )
            for first, second in zip((rows + start).tolist(), columns.tolist(), strict=True):
                detail = other.details[second]
                if mirrored:
                    detail = np.ascontiguousarray(detail[:, ::-1])
                score = likeness(own.details[first], detail)
                if score >= _least(mirrored, best.get((first, second))):
                    best[first, second] = (score, mirrored)
        if progress is not None:
            progress(min(start + BLOCK, len(images)), len(images))
    return _as_pairs(best)


def _least(mirrored: bool, unmirrored: tuple[float, bool] | None) -> float:
    """Return the likeness from which a pair counts, given what it had in the other direction."""
    if not mirrored:
        return LEAST_LIKENESS
    if unmirrored is None:
        return LEAST_MIRRORED_LIKENESS
    # A symmetric image is as like its copy's mirror image as its copy: that is no mirrored copy.
    return max(LEAST_MIRRORED_LIKENESS, unmirrored[0] + 0.02)


def _alike(
    block: NDArray[np.float32], descriptions: NDArray[np.float32], start: int | None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of ``block`` and of ``descriptions`` that are alike.

    With ``start``, ``block`` begins at this row of ``descriptions``; only later rows are paired.
    """
    skipped = start or 0
    products = block @ descriptions[skipped:].T
    # As one flat array, which is searched several times faster than a table.
    hits = np.flatnonzero(products.ravel() >= _LEAST_ALIKE)
    rows, columns = np.divmod(hits, products.shape[1])
    if start is not None:
        later = columns > rows
        rows, columns = rows[later], columns[later]
    kept = _best_of_each_row(rows, products[rows, columns])
    return rows[kept], columns[kept] + skipped


def _best_of_each_row(rows: NDArray[np.intp], scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return which entries to keep, at most ``MOST_PARTNERS`` of each row; ``rows`` ascend."""
    by_score = np.lexsort((-scores, rows))
    starts = np.searchsorted(rows, rows)  # where the entries of each entry's row begin
    return by_score[np.arange(len(rows)) - starts < MOST_PARTNERS]


def _as_pairs(best: dict[tuple[int, int], tuple[float, bool]]) -> NearPairs:
    pairs = sorted(best)
    return NearPairs(
        first=np.array([first for first, _ in pairs], np.intp),
        second=np.array([second for _, second in pairs], np.intp),
        likeness=np.array([best[pair][0] for pair in pairs], np.float32),
        mirrored=np.array([best[pair][1] for pair in pairs], bool),
    )
