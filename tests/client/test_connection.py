from __future__ import annotations

from dataclasses import dataclass

import httpx
import pytest

from emotion_core.client import Client, ClientError, RefusedError, UnreachableError
from emotion_core.client.connection import Connection, checked_part
from tests.client.conftest import Pauses, connected


@dataclass(frozen=True)
class Answer:
    value: int


def test_a_request_has_the_token_and_the_answer_is_a_value() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer token"
        assert str(request.url) == "http://app/api/v1/thing?n=1"
        return httpx.Response(200, json={"value": 1, "of a later version": True})

    assert connected(answer).ask("GET", "/thing", Answer, params={"n": 1}) == Answer(1)


@pytest.mark.parametrize(
    "url",
    [
        "app", "localhost:8501", "ftp://app", "http://", "http://app:x", "http://app?x=1",
        "http://app#x", "http://me:secret@app", "http://[::1", "http://app:0",
    ],
)  # fmt: skip
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(ClientError) as caught:
        Client(url, "token")
    assert str(caught.value) == (
        f"expected the app's address such as http://localhost:8501, found {url!r}"
    )


@pytest.mark.parametrize("url", ["http://app/", "http://app/api/v1", "https://app:8501/base"])
def test_what_is_an_address(url: str) -> None:
    Client(url, "token").close()


@pytest.mark.parametrize(
    ("token", "found"), [(None, "none"), (" ", "none"), ("ü", "something else")]
)
def test_what_is_no_token_is_said(
    token: str | None, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EMOTION_TOKEN", raising=False)
    with pytest.raises(ClientError) as caught:
        Client("http://app", token)
    assert str(caught.value) == (
        f"expected a token, found {found}; make one on the page Connect and give it here, or by "
        "EMOTION_TOKEN"
    )


def test_the_environment_may_name_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_TOKEN", " hidden ")

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer hidden"
        return httpx.Response(200, json={"value": 1})

    transport = httpx.MockTransport(answer)
    assert Connection("http://app", None, transport=transport).ask("GET", "/", Answer).value == 1


def test_a_refusal_says_why() -> None:
    problem = {"title": "Forbidden", "status": 403, "detail": "expected a token that may live"}

    def answer(_: httpx.Request) -> httpx.Response:
        headers = {"content-type": "application/problem+json"}
        return httpx.Response(403, json=problem, headers=headers)

    with pytest.raises(RefusedError) as caught:
        connected(answer).ask("GET", "/live", Answer)
    assert str(caught.value) == "http://app refused: expected a token that may live"
    assert (caught.value.status, caught.value.title) == (403, "Forbidden")
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    "found",
    [
        httpx.Response(200, html="<p>Another program</p>"),
        httpx.Response(404, html="<p>Nothing</p>"),
        httpx.Response(200, json={"value": "text"}),
        httpx.Response(200, json=[]),
        httpx.Response(302, headers={"location": "http://elsewhere/"}),
    ],
)
def test_what_is_not_the_app_is_told(found: httpx.Response) -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return found

    with pytest.raises(ClientError) as caught:
        connected(answer).ask("GET", "/live", Answer)
    assert "expected the app's answer to " in str(caught.value)
    assert "check the address, and whether the app and this client are of the same version" in str(
        caught.value
    )
    assert len(asked) == 1  # no token goes where a redirect leads


def test_nobody_there_is_told() -> None:
    with pytest.raises(UnreachableError) as caught:
        Client("http://localhost:1", "token").streams()
    assert "expected the app at http://localhost:1, found nobody there (" in str(caught.value)
    assert str(caught.value).endswith("start it by “streamlit run app.py”, or give its address")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            httpx.ReadTimeout("slow"),
            "expected the app at http://app to answer /live, found that it takes too long; try "
            "again, or give it longer by timeout",
        ),
        (
            httpx.RemoteProtocolError("gone"),
            "expected an answer to /live from http://app, found that the connection broke "
            "(RemoteProtocolError: gone); try again",
        ),
    ],
)
def test_a_connection_that_fails_is_worth_another_try(error: Exception, message: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(UnreachableError) as caught:
        connected(answer).ask("GET", "/live", Answer)
    assert str(caught.value) == message


def test_too_many_requests_are_sent_again_when_it_is_time() -> None:
    pauses, answers = Pauses(), [429, 429, 200]

    def answer(_: httpx.Request) -> httpx.Response:
        status = answers.pop(0)
        headers = {"retry-after": "2"} if status == 429 else {}
        return httpx.Response(status, json={"value": 1}, headers=headers)

    assert connected(answer, pause=pauses).ask("POST", "/marks", Answer, json={}).value == 1
    assert pauses.taken == [2, 2]


def test_too_many_requests_for_long_are_told() -> None:
    pauses = Pauses()

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(429, json={"detail": "fewer"}, headers={"retry-after": "60"})

    with pytest.raises(RefusedError) as caught:
        connected(answer, pause=pauses).ask("GET", "/live", Answer)
    assert caught.value.retry_after == 60
    assert pauses.taken == []


@pytest.mark.parametrize("text", ["", "..", "a/b", "a\\b", "a?b", "a#b", "%2e", "ü", "a\nb"])
def test_no_id_makes_another_address(text: str) -> None:
    with pytest.raises(ClientError) as caught:
        checked_part(text, "the id of a session")
    assert str(caught.value) == (
        f"expected the id of a session, found {text!r}; ask for the list of them"
    )
