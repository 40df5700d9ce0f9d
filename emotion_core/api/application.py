"""The FastAPI application: what it says of itself, and the routes of each subject."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from emotion_core.api import health, models, sessions, videos
from emotion_core.api.access import bearer
from emotion_core.api.addresses import PREFIX
from emotion_core.api.live import events, marks, recording, streams
from emotion_core.api.problems import responses, tell_problems

#: One module for each subject, in the order of the documentation.
SUBJECTS: Final = (streams, events, marks, recording, sessions, videos, models, health)

_DESCRIPTION: Final = """\
Facial expressions as values: pictures read on request, live streams as they are read, recorded
sessions, videos in the queue. Every request needs a token in the header
`Authorization: Bearer TOKEN`; each says which right its token needs.
"""


def application() -> FastAPI:
    """Return the application, without what lies in front of it: see ``mounting.Interface``."""
    app = FastAPI(
        title="Emotion dashboard",
        version="1",
        description=_DESCRIPTION,
        servers=[{"url": PREFIX}],
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        dependencies=[bearer],
        responses=responses(),
        redirect_slashes=False,
    )
    tell_problems(app)
    for subject in SUBJECTS:
        app.include_router(subject.router)
    return app
