"""The FastAPI application: what it says of itself, and the routes of each subject."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI

from emotion_core.api import docs, models, sessions, videos
from emotion_core.api.access import bearer
from emotion_core.api.addresses import OPEN, PREFIX
from emotion_core.api.live import events, marks, recording, streams
from emotion_core.api.pictures import analyze
from emotion_core.api.problems import Problem, responses, tell_problems
from emotion_core.api.watching import health

#: One module for each subject, in the order of the documentation.
SUBJECTS: Final = (
    analyze, streams, events, marks, recording, sessions, videos, models, health, docs,
)  # fmt: skip

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
    describe = app.openapi

    def described() -> dict[str, Any]:
        document = describe()
        # Every answer names it; FastAPI knows of models in answers of application/json alone.
        schema = Problem.model_json_schema()
        document["components"].setdefault("schemas", {})["Problem"] = schema
        for path in OPEN:
            for operation in document["paths"].get(path, {}).values():
                operation["security"] = [{}]
        return document

    app.openapi = described  # type: ignore[method-assign]
    return app
