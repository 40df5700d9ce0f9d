"""The two ways to send pictures: a form with files, as browsers do, or JSON with base64."""

from __future__ import annotations

import asyncio
import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from emotion_core.api.pictures.readers import Sent
from emotion_core.api.problems import problem
from emotion_core.quantities import byte_size
from emotion_core.system.storage.json_reading import checked, parse_json

#: The form's field, and the JSON's name.
FIELD: Final = "pictures"
#: Pictures in one request.
MOST_PICTURES: Final = 50
#: Bytes of JSON: Python lets no other thread run while it reads one, and live video waits.
MOST_JSON_BYTES: Final = 16_000_000
_LONGEST_NAME: Final = 255

_FORM: Final = "multipart/form-data"
_JSON: Final = "application/json"

#: Says in the OpenAPI document what a request may hold.
REQUEST_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        _FORM: {
            "schema": {
                "type": "object",
                "required": [FIELD],
                "properties": {
                    FIELD: {
                        "type": "array",
                        "description": "files",
                        "items": {"type": "string", "contentMediaType": "image/*"},
                        "minItems": 1,
                        "maxItems": MOST_PICTURES,
                    }
                },
            }
        },
        _JSON: {
            "schema": {
                "type": "object",
                "required": [FIELD],
                "additionalProperties": False,
                "properties": {
                    FIELD: {
                        "type": "array",
                        "description": "in the order of the answer",
                        "minItems": 1,
                        "maxItems": MOST_PICTURES,
                        "items": {
                            "type": "object",
                            "required": ["content"],
                            "additionalProperties": False,
                            "properties": {
                                "content": {
                                    "type": "string",
                                    "contentEncoding": "base64",
                                    "description": "of the file",
                                },
                                "name": {
                                    "type": "string",
                                    "maxLength": _LONGEST_NAME,
                                    "description": "that the answer calls it by",
                                },
                            },
                        },
                    }
                },
            }
        },
    },
}


@dataclass(frozen=True)
class _Encoded:
    content: str
    name: str = ""


@dataclass(frozen=True)
class _Body:
    pictures: tuple[_Encoded, ...]


async def pictures_of(request: Request) -> list[Sent]:
    """Return the pictures that a request brings, 1 to ``MOST_PICTURES``.

    Raises:
        RefusedError: it brings none, or something else.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _FORM:
        pictures = await _of_form(request)
    elif kind == _JSON:
        body = await request.body()
        if len(body) > MOST_JSON_BYTES:
            raise problem(
                413,
                f"expected at most {byte_size(MOST_JSON_BYTES)} of JSON, found "
                f"{byte_size(len(body))}; send the pictures as files of a form",
            )
        # A large one takes a while: not in the event loop.
        pictures = await asyncio.to_thread(_of_json, body)
    else:
        raise problem(
            415, f"expected pictures as {_FORM} or {_JSON}, found {ascii(kind[:100]) or 'neither'}"
        )
    if not 1 <= len(pictures) <= MOST_PICTURES:
        raise problem(
            422,
            f"expected 1 to {MOST_PICTURES} pictures in {FIELD}, found {len(pictures)}",
        )
    return pictures


async def _of_form(request: Request) -> list[Sent]:
    try:
        form = await request.form(max_files=MOST_PICTURES, max_fields=MOST_PICTURES)
    except HTTPException as error:
        raise problem(
            400, f"expected a form with files in {FIELD}, found another ({error.detail})"
        ) from error
    async with request.form():
        others = [name for name in form if name != FIELD]
        files = form.getlist(FIELD)
        if others or not all(isinstance(file, UploadFile) for file in files):
            found = f"the field {others[0][:40]!a}" if others else "text"
            raise problem(422, f"expected files in {FIELD} and nothing else, found {found}")
        return [
            Sent(_name(file.filename or "", number), await file.read())
            for number, file in enumerate(files, start=1)
            if isinstance(file, UploadFile)
        ]


def _of_json(body: bytes) -> list[Sent]:
    try:
        given = checked(parse_json(body), _Body).pictures
        return [
            Sent(_name(each.name, number), base64.b64decode(each.content, validate=True))
            for number, each in enumerate(given, start=1)
        ]
    except KeyError as error:
        raise problem(422, f"expected {error.args[0]} in the JSON, found none") from error
    except (binascii.Error, ValueError) as error:
        raise problem(
            422,
            f'expected {{"{FIELD}": [{{"content": BASE64}}]}}, found something else ({error})',
        ) from error


def _name(given: str, number: int) -> str:
    return given[:_LONGEST_NAME] or f"picture {number}"
