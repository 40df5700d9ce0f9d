"""Two views of a face, it and its mirror image: what a model makes of both, averaged.

Which side of a face is which says nothing of its expression, but no network learns that quite: the
one that ships answers one image in ten and its mirror image differently. The mean of both has the
lower log loss (test-time augmentation, Krizhevsky et al. 2012; docs/accuracy.md). What is fitted to
a model, its temperature and its certainty threshold, is fitted for one view and for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_core.models.folder import MIRRORED, SINGLE, ModelCard

#: The views, as cards, tables and JSON files name them, and what they are.
VIEWS: Final = {
    SINGLE: "each image as it is",
    MIRRORED: "each image and its mirror image, averaged",
}

# A score of 0 has no logit.
_LEAST: Final = 1e-15


class LogitsClassifier(Protocol):
    """What gives logits, such as ``EmotionClassifier``."""

    def predict_logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 logits ``[N, 7]`` of uint8 grey faces ``[N, 48, 48]``."""


def view_of(*, careful: bool) -> str:
    """Return the view that is read when somebody asks for a careful reading, or does not."""
    return MIRRORED if careful else SINGLE


def mirror(faces: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the mirror image of a face, uint8 ``[48, 48]``, or of several ``[N, 48, 48]``."""
    return np.ascontiguousarray(faces[..., ::-1])


def mean_logits(
    logits: NDArray[np.float32], of_mirrors: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return what both views of faces come to, float32 ``[N, 7]``: the mean of their logits."""
    return (logits + of_mirrors) / np.float32(2)


class BothViews:
    """A classifier that reads every face twice, as it is and mirrored, and averages the logits.

    Args:
        classifier: reads each view.
    """

    def __init__(self, classifier: LogitsClassifier) -> None:
        self._classifier = classifier

    def predict_logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 logits ``[N, 7]`` of uint8 grey faces ``[N, 48, 48]``."""
        as_they_are = self._classifier.predict_logits(crops)
        return mean_logits(as_they_are, self._classifier.predict_logits(mirror(crops)))


@dataclass(frozen=True)
class FittedViews:
    """What is fitted to a model for one view of a face and for both.

    Attributes:
        single: confidence 0..1 below which the answer to one view is "uncertain".
        mirrored: the same for the mean of both views.
        sharpening: temperature of one view, divided by that of both.
    """

    single: float = 0.0
    mirrored: float = 0.0
    sharpening: float = 1.0

    @classmethod
    def of(cls, classifier: object, certainty_threshold: float) -> FittedViews:
        """Return what the card of a classifier says, if it has one.

        Args:
            classifier: anything that scores faces.
            certainty_threshold: of one view; unless it is the card's, it is that of both too.
        """
        card = getattr(classifier, "card", None)
        if not isinstance(card, ModelCard):
            return cls(certainty_threshold, certainty_threshold)
        fitted = cls.of_card(card)
        if certainty_threshold == fitted.single:
            return fitted
        return cls(certainty_threshold, certainty_threshold, fitted.sharpening)

    @classmethod
    def of_card(cls, card: ModelCard) -> FittedViews:
        """Return what a card says; where it has nothing for both views, that of one counts."""
        both = card.mirrored
        return cls(
            card.certainty_threshold,
            both.certainty_threshold,
            card.temperature / both.temperature,
        )

    def threshold(self, view: str) -> float:
        """Return the certainty threshold of a view, one of ``VIEWS``."""
        return self.mirrored if view == MIRRORED else self.single

    def sharpened(self, scores: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return what the scores of one view are with the temperature of both.

        Args:
            scores: probabilities ``[..., 7]``, with the temperature of one view.
        """
        powers = np.maximum(scores, _LEAST) ** np.float64(self.sharpening)
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True))

    def mean(
        self, scores: NDArray[np.floating], of_mirror: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Return the scores ``[..., 7]`` that the mean of both views' logits gives.

        Args:
            scores: probabilities ``[..., 7]`` of faces, with the temperature of one view.
            of_mirror: the same of their mirror images.
        """
        return self.sharpened(np.sqrt(np.maximum(scores, _LEAST) * np.maximum(of_mirror, _LEAST)))
