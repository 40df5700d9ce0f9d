from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from emotion_core.access.names import Names
from emotion_core.access.tokens import add_token, revoke_token
from emotion_core.api import models
from emotion_core.api.addresses import PREFIX
from emotion_core.api.mounting import ASGIApp, Beside, Interface
from emotion_core.errors import FormatError, ModelError
from tests.api.conftest import client_of, serving


def test_a_token_lets_in(client: httpx.Client) -> None:
    answer = client.get("/models")
    assert answer.status_code == 200
    assert [model["in_use"] for model in answer.json()["models"]] == [True]


def test_without_any_token_nothing_is_answered_or_loaded() -> None:
    def load() -> ASGIApp:
        pytest.fail("nothing may be loaded")

    off = Beside(Starlette(), Interface(Names, load))
    with serving(off) as address, client_of(address, "emo_guessed") as client:
        for path in ("/health", "/models", "/docs", "/nothing"):
            answer = client.get(path)
            assert answer.status_code == 403
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json() == {
                "title": "Forbidden",
                "status": 403,
                "detail": "this interface is off: expected a token to have been made, found none; "
                "whoever runs the app makes one on the page Connect, or by python -m emotion_core "
                "tokens add NAME --may live,analyze",
            }


def test_a_revoked_token_is_refused_at_once(served: str) -> None:
    add_token("other", ["live"])
    made = add_token("camera", ["live"])
    with client_of(served, made.secret) as client:
        assert client.get("/models").status_code == 200
        revoke_token("camera")
        answer = client.get("/models")
    assert answer.status_code == 401
    assert answer.json()["detail"] == (
        "expected a token that is known, found one that is not, or was revoked; make another on "
        "the page Connect, or by python -m emotion_core tokens add NAME --may live,analyze"
    )


class TestFaults:
    """What nobody has thought of, in a route that is made for it."""

    def test_say_no_more_than_that(
        self,
        client: httpx.Client,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def fail() -> None:
            raise RuntimeError("anna-schmidt is not in the table")

        monkeypatch.setattr(models, "list_models", fail)
        answer = client.get("/models")
        assert answer.status_code == 500
        assert answer.json() == {
            "title": "Internal Server Error",
            "status": 500,
            "detail": "expected an answer, found a fault of the app; whoever runs it finds it in "
            "the log",
        }
        deadline = time.monotonic() + 30
        while not caplog.text and time.monotonic() < deadline:  # the answer leaves before
            time.sleep(0.01)
        assert "a request ended in RuntimeError:" in caplog.text
        assert "in fail" in caplog.text
        assert "anna-schmidt" not in caplog.text

    def test_tell_nobody_where_things_lie(
        self, client: httpx.Client, monkeypatch: pytest.MonkeyPatch, data: Path
    ) -> None:
        def fail() -> None:
            raise ModelError(f"{data / 'models' / 'mine'}: damaged; see {Path.home() / 'x'}")

        monkeypatch.setattr(models, "list_models", fail)
        answer = client.get("/models")
        assert answer.status_code == 422
        assert answer.json()["detail"] == "…/models/mine: damaged; see …/x"


def test_what_only_begins_alike_is_the_apps(interface: ASGIApp) -> None:
    with serving(interface) as address, httpx.Client(trust_env=False) as client:
        root = address.removesuffix(PREFIX)
        for path in ("/api/v10/models", "/api", "/x/api/v1/models"):
            assert client.get(f"{root}{path}").text == "Not Found"  # of an app without pages
        for path in (PREFIX, f"{PREFIX}/", f"{PREFIX}//models"):
            assert client.get(f"{root}{path}").status_code == 403


def test_folders_of_a_later_version_are_told_and_not_where_they_lie(data: Path) -> None:
    def load() -> ASGIApp:
        raise FormatError(f"{data / 'sessions'}: expected format 1 of sessions, found format 2")

    secret = add_token("camera", ["live"]).secret
    app = Beside(Starlette(), Interface(Names, load))
    with serving(app) as address, client_of(address, secret) as client:
        answer = client.get("/models")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "…/sessions: expected format 1 of sessions, found format 2"


def test_each_answer_names_its_request(client: httpx.Client) -> None:
    ids = {client.get("/models").headers["x-request-id"] for _ in range(2)}
    assert len(ids) == 2
