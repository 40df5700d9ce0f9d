from __future__ import annotations

import re

import httpx

from emotion_core.api.application import application
from emotion_core.api.docs import marked
from tests.api.conftest import MakeToken, client_of


def test_the_page_names_every_address_and_fetches_nothing(
    served: str, make_token: MakeToken
) -> None:
    make_token("live")
    with client_of(served) as client:
        page = client.get("/docs")
        document = client.get("/openapi.json").json()
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for path, methods in document["paths"].items():
        for method in methods:
            assert f"<b>{method.upper()}</b>{path}</h2>" in page.text
    for word in ("finder", "Needs the right <em>analyze</em>", "pictures[].content", "base64"):
        assert word in page.text
    assert re.findall(r"(?:src|href)=\"(?!#|/api/v1/)", page.text) == []
    assert "import(" not in page.text


def test_descriptions_are_text_and_no_markup_of_others() -> None:
    assert marked("a `b` *c*\n\n<script>") == (
        "<p>a <code>b</code> <em>c</em></p>\n<p>&lt;script&gt;</p>"
    )


def test_the_document_describes_what_is_answered() -> None:
    document = application().openapi()
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "/api/v1"}]
    (scheme,) = document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert document["components"]["schemas"]["Problem"]["required"] == [
        "title", "status", "detail",
    ]  # fmt: skip
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["description"]
            assert operation["responses"]["401"]["content"] == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }


def test_every_reference_leads_somewhere() -> None:
    document = application().openapi()
    schemas = document["components"]["schemas"]
    named = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert named
    assert named <= set(schemas)


def test_what_is_not_there_is_told(client: httpx.Client) -> None:
    answer = client.get("/nothing")
    assert answer.status_code == 404
    assert answer.json()["detail"] == (
        "expected an address of this interface, found none like it; see /api/v1/docs"
    )
    assert client.put("/sessions/0").headers["allow"] == "DELETE, GET"
    answer = client.delete("/models")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert answer.json()["detail"] == (
        "expected a method that this address takes, found another; see /api/v1/docs"
    )
