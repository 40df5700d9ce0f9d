"""Faces read in a thread of their own, so that no frame waits for a slow model."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.readings import FaceClassifier
from emotion_core.models.folder import SINGLE
from emotion_core.models.views import FittedViews

if TYPE_CHECKING:
    from emotion_core.models.classifier import EmotionClassifier
    from emotion_core.models.classifier_process import ClassifierProcess

#: A classifier that takes longer for one face has a thread of its own: a third of the time between
#: two frames. A quick one answers sooner where it is needed.
QUICK_SECONDS: Final = 0.010
#: Seconds without a face after which the thread ends, and what it reads with is closed; the next
#: face begins another. Who leaves, or stops the video, leaves nothing behind.
IDLE_SECONDS: Final = 10.0

# So often in a row reading may fail before it is given up.
_MOST_FAILURES: Final = 3


@runtime_checkable
class _Closing(Protocol):
    def close(self) -> None: ...


@dataclass(frozen=True, eq=False)
class Crop:
    """A face to be read.

    Attributes:
        number: tells the face from others.
        image: uint8 ``[48, 48]``.
        shown_at: time of its frame in seconds.
        view: what the image is of, one of ``emotion_core.models.views.VIEWS``.
    """

    number: int
    image: NDArray[np.uint8]
    shown_at: float
    view: str = SINGLE


@dataclass(frozen=True)
class Answer:
    """What a face was read as.

    Attributes:
        number: that of its `Crop`.
        scores: one probability for each expression.
        shown_at: that of its `Crop`.
        view: that of its `Crop`.
    """

    number: int
    scores: tuple[float, ...]
    shown_at: float
    view: str = SINGLE


class BackgroundReading:
    """Reads one face after the other; what is offered anew replaces what still waits.

    ``offer`` and ``take`` never wait for the classifier. One thread calls them, and any may
    ``close``.

    Args:
        classifier: used by this object's thread alone, and closed when that ends, if it can be.
    """

    def __init__(self, classifier: FaceClassifier) -> None:
        self._classifier = classifier
        self._changed = threading.Condition()
        self._waiting: list[Crop] = []
        self._answers: list[Answer] = []
        self._reading: int | None = None
        self._thread: threading.Thread | None = None
        self._failures = 0
        self._problem: Exception | None = None
        self._closed = False

    @property
    def reading(self) -> int | None:
        """Number of the face that is being read."""
        return self._reading

    @property
    def thread(self) -> threading.Thread | None:
        """What reads, if there has been a face lately."""
        return self._thread

    def offer(self, crops: Sequence[Crop]) -> None:
        """Let these faces be read, the first of them next, instead of those offered before."""
        with self._changed:
            self._waiting = list(crops)
            if self._closed or not crops or self._problem is not None:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="face-reading", daemon=True)
                self._thread.start()
            self._changed.notify()

    def take(self) -> list[Answer]:
        """Return the answers that have come since the last call.

        Raises:
            ModelError: what the classifier raised; nothing is read until ``forget``.
        """
        with self._changed:
            if self._problem is not None:
                raise self._problem
            answers, self._answers = self._answers, []
            return answers

    def forget(self) -> None:
        """Forget all faces, and a failure unless it was one of several in a row."""
        with self._changed:
            self._waiting, self._answers = [], []
            if self._failures < _MOST_FAILURES:
                self._problem = None

    def close(self) -> None:
        """Read no more faces; waits for nothing."""
        with self._changed:
            self._closed = True
            self._waiting = []
            self._changed.notify()

    def _run(self) -> None:
        try:
            while (crop := self._next()) is not None:
                (row,) = self._classifier.predict_scores(crop.image[None]).tolist()
                with self._changed:
                    self._answers.append(Answer(crop.number, tuple(row), crop.shown_at, crop.view))
                    self._reading, self._failures = None, 0
        except Exception as error:  # noqa: BLE001 - raised again where somebody takes answers
            with self._changed:
                self._failures += 1
                self._problem, self._reading, self._waiting = error, None, []
        finally:
            if isinstance(self._classifier, _Closing):
                self._classifier.close()
            self._end()

    def _next(self) -> Crop | None:
        """Wait for a face; None when none came for a while."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, IDLE_SECONDS)
            if not self._waiting:
                return None
            crop = self._waiting.pop(0)
            self._reading = crop.number
            return crop

    def _end(self) -> None:
        """Leave, unless a face has come in the meantime: then another thread reads it."""
        with self._changed:
            self._thread = None
            waiting = self._waiting
        self.offer(waiting)


def background_for(classifier: FaceClassifier) -> BackgroundReading | None:
    """Return a thread for a slow classifier; None for a quick one, and one that says nothing."""
    slow = getattr(classifier, "seconds_a_face", 0.0) > QUICK_SECONDS
    return BackgroundReading(classifier) if slow else None


@dataclass(frozen=True, eq=False)
class Judge:
    """What reads a face, and how sure it has to be.

    Attributes:
        classifier: scores the crops of faces.
        certainty_threshold: confidence 0..1 below which an expression is "uncertain".
        background: the thread that a slow classifier reads in; None for a quick one.
        views: what is fitted for one view of a face and for both.
    """

    classifier: FaceClassifier
    certainty_threshold: float
    background: BackgroundReading | None
    views: FittedViews

    @classmethod
    def of(cls, classifier: FaceClassifier, certainty_threshold: float) -> Judge:
        """Return what reads faces with this classifier."""
        views = FittedViews.of(classifier, certainty_threshold)
        return cls(classifier, certainty_threshold, background_for(classifier), views)


def live_classifier(model_dir: Path | None = None) -> EmotionClassifier | ClassifierProcess:
    """Load and warm up a model for live video: a slow one for a process of its own.

    Args:
        model_dir: its folder; that of the model that ships with the project when left out.

    Raises:
        ModelError: the folder holds no usable model.
    """
    # Imported here so that a reader with a classifier of one's own needs no LiteRT.
    from emotion_core.models.classifier import EmotionClassifier
    from emotion_core.models.classifier_process import ClassifierProcess
    from emotion_core.models.folder import default_model_dir

    classifier = EmotionClassifier.load(model_dir)
    if classifier.seconds_a_face <= QUICK_SECONDS:
        return classifier
    folder = (model_dir or default_model_dir()).absolute()
    return ClassifierProcess(folder, classifier.card, classifier.seconds_a_face)
