"""``POST /analyze``: pictures in, their faces out."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from emotion_core.access.refusals import Refusal, RefusedError
from emotion_core.api.access import needs
from emotion_core.api.pictures.readers import READERS, BusyError, Read, Wish
from emotion_core.api.pictures.requests import FIELD, REQUEST_BODY, pictures_of
from emotion_core.api.problems import problem, responses
from emotion_core.api.watching.counting import PICTURES
from emotion_core.errors import ImageError

router = APIRouter(tags=["Pictures"], dependencies=[needs("analyze")])

Finder = Literal["haar", "blazeface", "haar+blazeface"]


class Face(BaseModel):
    """A face, as ``faces.json`` of the command line has it."""

    face: int = Field(description="tells it from the others of the picture, from 1", ge=1)
    x: int = Field(description="left side of its box in pixels, may lie outside")
    y: int = Field(description="upper side of its box in pixels, may lie outside")
    width: int = Field(description="of its box in pixels", ge=1)
    height: int = Field(description="of its box in pixels", ge=1)
    emotion: str = Field(description="the expression with the highest score")
    confidence: float = Field(description="its score", ge=0, le=1)
    answer: str = Field(description="the emotion, or uncertain")
    scores: dict[str, float] = Field(description="of each expression, 0 to 1; they add up to 1")


class Photo(BaseModel):
    """A picture and its faces, the largest first."""

    file: str = Field(description="its name")
    width: int = Field(description="in pixels, as it is seen", ge=1)
    height: int = Field(description="in pixels, as it is seen", ge=1)
    model: str = Field(description="name of the model that read the faces")
    view: str = Field(description="single, or mirrored where each face was read in the mirror, too")
    faces: list[Face]


_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    **responses(415, 503),
    200: {
        "description": "An entry for each picture, in their order; with annotated, the picture",
        "model": list[Photo],
        "content": {"image/jpeg": {}, "image/png": {}},
    },
}


@router.post(
    "/analyze",
    responses=_ANSWERS,
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def analyze(
    request: Request,
    finder: Annotated[
        Finder | None, Query(description="what looks for faces; the usual one when left out")
    ] = None,
    search: Annotated[
        Literal["quick", "thorough"],
        Query(
            description="quick looks once at the whole picture, and searches it thoroughly where "
            "that finds no face; thorough does so always, as the command line does, and finds "
            "small and tilted faces beside a large one, in ten times the time"
        ),
    ] = "quick",
    careful: Annotated[
        bool, Query(description="read each face in the mirror, too, and average the scores")
    ] = True,
    annotated: Annotated[
        Literal["", "jpeg", "png"] | None,
        Query(description="answer with the picture, its faces framed; one picture a request"),
    ] = None,
) -> Response:
    """Find the faces in pictures and read their expressions. Needs the right *analyze*.

    Pictures are sent as files of a form, or as JSON with base64. JPEG, PNG, WebP, AVIF, TIFF, BMP
    and more are read; each in a process of its own, for a picture may be made to do harm. If one
    of them cannot be read, the answer is 422 and says which.
    """
    pictures = await pictures_of(request)
    if annotated is not None and len(pictures) > 1:
        raise problem(
            422,
            f"expected one picture with annotated, found {len(pictures)}; send them one by one",
        )
    form = None if annotated is None else annotated or "jpeg"
    wish = Wish(finder, search == "thorough", careful, form)
    try:
        found = await READERS.read(pictures, wish)
    except BusyError:
        raise problem(
            503,
            "expected fewer pictures at a time, found that too many wait; try again",
            retry_after="2",
        ) from None
    readings = [each for each in found if isinstance(each, Read)]
    PICTURES["read"] += len(readings)
    PICTURES["refused"] += len(found) - len(readings)
    if len(readings) < len(found):
        raise RefusedError(_unread(found))
    if form is not None:
        return Response(readings[0].picture, media_type=f"image/{form}")
    return JSONResponse([each.photo for each in readings])


def _unread(found: list[Any]) -> Refusal:
    """Return which pictures cannot be read, and why."""
    problems = [(place, error) for place, error in enumerate(found) if not isinstance(error, Read)]
    errors = [{"where": f"{FIELD}.{place}", "problem": str(error)} for place, error in problems]
    first = problems[0][1]
    # What is wrong with the model is wrong with the app.
    status = 422 if isinstance(first, ImageError) else 503
    return Refusal(status, str(first), more={"errors": errors})
