"""``/health``, ``/ready`` and ``/metrics``: for whoever watches over the app."""

from __future__ import annotations

import threading
from typing import Annotated, Final, Literal

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from starlette.responses import PlainTextResponse

from emotion_core.api.addresses import PREFIX
from emotion_core.api.problems import problem, responses
from emotion_core.api.siblings import ask_siblings
from emotion_core.api.watching.metrics import MEDIA_TYPE, exposition
from emotion_core.emotions import FACE_SIZE
from emotion_core.errors import ModelError
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.in_use import model_in_use
from emotion_core.system.native import quiet_native_libraries
from emotion_core.system.processes.siblings import own_place

router = APIRouter(tags=["Health"])


class Health(BaseModel):
    """The app is there."""

    status: Literal["ok"] = Field(description="always this: whoever answers is there")


class Ready(BaseModel):
    """The model answers."""

    status: Literal["ready"] = Field(description="always this; status 503 where it is not")
    model: str = Field(description="name of the model in use")


class _Answering:
    """Tries the model in use; loads it once, not for every question."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = ""
        self._classifier: EmotionClassifier | None = None

    def try_it(self) -> str:
        """Let the model score a face of noise, and return its name.

        Raises:
            ModelError: it cannot be used.
        """
        with self._lock:
            in_use = model_in_use()
            if self._classifier is None or self._version != in_use.version:
                with quiet_native_libraries():
                    self._classifier = EmotionClassifier.load(in_use.folder)
                self._version = in_use.version
            face = np.random.default_rng(0).integers(0, 256, (1, FACE_SIZE, FACE_SIZE), np.uint8)
            scores = self._classifier.predict_scores(face)
        if not np.isfinite(scores).all():
            raise ModelError(
                f"{in_use.name}: expected scores from 0 to 1, found others; use another model"
            )
        return in_use.name


_ANSWERING: Final = _Answering()


@router.get("/health")
async def health() -> Health:
    """Tell that the app is there. Needs no token."""
    return Health(status="ok")


@router.get("/ready", responses=responses(503))
def ready() -> Ready:
    """Tell whether the model in use answers. Needs no token."""
    try:
        return Ready(status="ready", model=_ANSWERING.try_it())
    except ModelError:
        # Without a token, nobody learns what models there are.
        raise problem(
            503, "expected a model that answers, found none; see the page Models"
        ) from None


@router.get("/metrics", response_class=PlainTextResponse, responses=responses(404, 503))
async def metrics(
    request: Request,
    process: Annotated[
        int | None,
        Query(
            description="number of the process of the app that is meant; left out: the one that "
            "answers",
            ge=1,
        ),
    ] = None,
) -> PlainTextResponse:
    """Tell how streams, queues and this interface keep up, for Prometheus. Any token will do.

    Where the app runs as several processes, each has figures of its own: ask for each.
    """
    place = own_place()
    if process is None or process == place.number:
        text = await run_in_threadpool(exposition)
        return PlainTextResponse(text, media_type=MEDIA_TYPE)
    if process not in place.others:
        raise problem(
            404,
            f"expected a process from 1 to {len(place.addresses)}, found {process}; name another",
        )
    answers = await ask_siblings(request, f"{PREFIX}/metrics", only=process)
    if not (found := answers.get(process)):
        raise problem(
            503,
            f"expected process {process} to answer, but it does not; try again",
            retry_after="5",
        )
    return PlainTextResponse(found, media_type=MEDIA_TYPE)
