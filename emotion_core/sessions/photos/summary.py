"""What a set of photos comes to: how many faces show what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from emotion_core.emotions import ANSWER_COLORS, EMOTIONS
from emotion_core.errors import SessionError
from emotion_core.sessions.photos.table import Photo, read_photos
from emotion_core.sessions.storage import Session
from emotion_core.sessions.tables import read_tables

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PhotoFaces:
    """One photo, and what was found in it.

    Attributes:
        photo: which one.
        answers: of each face, what the pages show: one of ``ANSWER_COLORS``.
        confidences: of each face, 0 to 1.
    """

    photo: Photo
    answers: tuple[str, ...]
    confidences: tuple[float, ...]


@dataclass(frozen=True)
class PhotoSummary:
    """A whole set. Each face counts once, however often somebody is in it.

    Attributes:
        photos: all of them, in the order of their frames.
        answers: how many faces have each answer: the seven expressions and "uncertain".
        mean_scores: mean of each score over all faces, in the order of ``EMOTIONS``; NaN without a
            face.
    """

    photos: tuple[PhotoFaces, ...]
    answers: dict[str, int]
    mean_scores: tuple[float, ...]

    @property
    def faces(self) -> int:
        """Number of faces in all photos."""
        return sum(self.answers.values())

    @property
    def unread(self) -> int:
        """Number of photos that could not be read."""
        return sum(bool(each.photo.problem) for each in self.photos)

    @property
    def without_face(self) -> int:
        """Number of photos that were read and show no face."""
        return sum(not each.photo.problem and not each.answers for each in self.photos)

    @property
    def shares(self) -> dict[str, float]:
        """Share 0..1 of all faces, for each answer; all 0 without a face."""
        return {
            answer: count / self.faces if self.faces else 0.0
            for answer, count in self.answers.items()
        }


def summarize_photos(session: Session) -> PhotoSummary:
    """Read the tables of a set of photos and return what they come to.

    Raises:
        SessionError: it is another kind of session, or a table is missing or damaged.
    """
    if session.header.kind != "photos":
        raise SessionError(f"{session.id}: expected photos, found a {session.header.kind} session")
    _, faces = read_tables(session.folder)
    return summarize(read_photos(session.folder), faces)


def summarize(photos: tuple[Photo, ...], faces: pd.DataFrame) -> PhotoSummary:
    """Return what photos and their faces come to.

    Args:
        photos: see `read_photos`.
        faces: see `emotion_core.sessions.tables.read_tables`.
    """
    of_frames = faces.groupby("frame").indices
    answers, confidences = faces["answer"].to_numpy(object), faces["confidence"].to_numpy(float)
    counts = Counter(answers)
    scores = faces[list(EMOTIONS)].to_numpy(np.float64)
    means = scores.mean(axis=0) if len(scores) else np.full(len(EMOTIONS), np.nan)
    return PhotoSummary(
        tuple(
            PhotoFaces(
                photo,
                tuple(answers[of_frames.get(photo.frame, [])].tolist()),
                tuple(confidences[of_frames.get(photo.frame, [])].tolist()),
            )
            for photo in photos
        ),
        {answer: counts[answer] for answer in ANSWER_COLORS},
        tuple(means.tolist()),
    )
