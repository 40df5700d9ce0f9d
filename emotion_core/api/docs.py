"""``/docs``: the interface on one page, drawn from its OpenAPI document; nothing is fetched.

Swagger UI would load a megabyte of script from another server, or have to be shipped with the app.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from emotion_core.api.addresses import PREFIX
from emotion_core.system.html.pages import page_template

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Row:
    """One line of a table: a parameter, or a part of a body or an answer.

    Attributes:
        name: of it, with the names that it lies in.
        kind: its type, or its values.
        needed: whether it has to be there.
        text: what it is.
    """

    name: str
    kind: str
    needed: bool
    text: str


def marked(text: str) -> Markup:
    """Return a description as HTML: paragraphs, with `code` and *emphasis* as docstrings have."""
    escaped = str(escape(text.strip()))
    escaped = re.sub(r"`+([^`]+)`+", r"<code>\1</code>", escaped)
    escaped = re.sub(r"\*([^*\n]+)\*", r"<em>\1</em>", escaped)
    return Markup("\n".join(f"<p>{part}</p>" for part in re.split(r"\n\s*\n", escaped)))


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """Show what this interface takes and answers. Needs no token."""
    document = request.app.openapi()
    page = page_template(Path(__file__).parent, "docs.html")
    html = page.render(
        title=document["info"]["title"],
        prefix=PREFIX,
        address=f"{request.url.scheme}://{request.url.netloc}{PREFIX}",
        description=marked(document["info"]["description"]),
        operations=_operations(document),
    )
    return HTMLResponse(html)


def _operations(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(),
            "path": path,
            "text": marked(operation.get("description", operation.get("summary", ""))),
            "parameters": [
                Row(
                    each["name"],
                    _kind(each.get("schema", {}), document),
                    each.get("required", False),
                    each.get("description", ""),
                )
                for each in operation.get("parameters", [])
            ],
            "bodies": {
                media: list(_rows(content.get("schema", {}), document))
                for media, content in operation.get("requestBody", {}).get("content", {}).items()
            },
            "answers": {
                f"{status} {answer['description']}": {
                    media: list(_rows(content.get("schema", {}), document))
                    for media, content in answer.get("content", {}).items()
                }
                for status, answer in operation.get("responses", {}).items()
                if str(status).startswith("2")
            },
            "problems": [
                f"{status} {answer['description']}"
                for status, answer in sorted(operation.get("responses", {}).items())
                if not str(status).startswith("2")
            ],
        }
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _rows(
    schema: Mapping[str, Any], document: Mapping[str, Any], above: str = "", depth: int = 0
) -> list[Row]:
    """Return a line for each member of an object, and of those within it."""
    schema = _resolved(schema, document)
    if "items" in schema:
        return _rows(schema["items"], document, f"{above}[]", depth)
    rows = []
    for name, inner in schema.get("properties", {}).items():
        path = f"{above}.{name}".lstrip(".")
        text = inner.get("description", "")
        rows.append(Row(path, _kind(inner, document), name in schema.get("required", ()), text))
        if depth < 4:
            rows += _rows(inner, document, path, depth + 1)
    return rows


def _kind(schema: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    schema = _resolved(schema, document)
    if "enum" in schema:
        return " or ".join(repr(value) for value in schema["enum"])
    if "const" in schema:
        return repr(schema["const"])
    if any_of := schema.get("anyOf"):
        kinds = [_kind(each, document) for each in any_of]
        return " or ".join(kind for kind in kinds if kind != "null")
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}), document)}"
    return str(schema.get("contentEncoding", schema.get("type", "anything")))


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if reference := schema.get("$ref"):
        found: Mapping[str, Any] = document["components"]["schemas"][reference.rpartition("/")[2]]
        return found
    options = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if len(options) == 1 and "$ref" in options[0]:
        return _resolved(options[0], document)
    return schema
