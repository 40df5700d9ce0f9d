from __future__ import annotations

import pytest

from emotion_core.access.gate import Caller, Gate, lacks, too_large
from emotion_core.access.names import Names
from emotion_core.access.refusals import Refusal
from emotion_core.access.tokens import NewToken, add_token, revoke_token

HOW = "python -m emotion_core tokens add NAME --may live,analyze"


@pytest.fixture
def gate() -> Gate:
    return Gate(lambda: Names(origins=("https://named.example",)))


@pytest.fixture
def made() -> NewToken:
    return add_token("camera", ["live"], requests_a_second=1.0, most_bytes=1_000)


def asked(gate: Gate, *, is_open: bool = False, **headers: str) -> Caller | Refusal:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return gate.admit({"host": "localhost:8501", **named}, is_open=is_open)


def refused(gate: Gate, **headers: str) -> Refusal:
    found = asked(gate, **headers)
    assert isinstance(found, Refusal)
    return found


class TestLettingIn:
    def test_by_header(self, gate: Gate, made: NewToken) -> None:
        for scheme in ("Bearer", "bearer "):
            found = asked(gate, authorization=f"{scheme} {made.secret}")
            assert isinstance(found, Caller)
            assert found.token == made.token

    def test_by_protocol_where_a_browser_can_send_no_header(
        self, gate: Gate, made: NewToken
    ) -> None:
        found = asked(gate, sec_websocket_protocol=f"emotion.v1, token.{made.secret}")
        assert isinstance(found, Caller)
        assert found.may("live")
        assert not found.may("admin")

    def test_what_is_open_takes_no_token(self, gate: Gate) -> None:
        add_token("camera", ["live"])
        found = asked(gate, is_open=True)
        assert isinstance(found, Caller)
        assert found.token is None
        assert found.stays()
        assert not found.may("live")

    def test_from_a_website_that_is_named(self, gate: Gate, made: NewToken) -> None:
        found = asked(gate, origin="https://named.example", authorization=f"Bearer {made.secret}")
        assert isinstance(found, Caller)

    def test_a_caller_learns_that_the_token_was_revoked(self, gate: Gate, made: NewToken) -> None:
        found = asked(gate, authorization=f"Bearer {made.secret}")
        assert isinstance(found, Caller)
        assert found.stays()
        revoke_token("camera")
        assert not found.stays()


class TestRefusing:
    def test_what_is_off(self, gate: Gate) -> None:
        for is_open in (False, True):
            found = asked(gate, is_open=is_open, authorization="Bearer emo_x")
            assert found == Refusal(
                403,
                "this interface is off: expected a token to have been made, found none; whoever "
                f"runs the app makes one on the page Connect, or by {HOW}",
            )

    def test_a_foreign_name_before_all_else(self, gate: Gate, made: NewToken) -> None:
        """DNS rebinding: the website's own name leads to this machine."""
        found = refused(
            gate, host="evil.example:8501", origin="http://evil.example:8501",
            authorization=f"Bearer {made.secret}",
        )  # fmt: skip
        assert found == Refusal(
            403,
            "expected one of the names localhost, 127.0.0.1, ::1, found 'evil.example:8501'; "
            "whoever runs the app can add a name: server.allowedHosts in .streamlit/config.toml",
        )

    def test_a_website(self, gate: Gate, made: NewToken) -> None:
        found = refused(gate, origin="https://evil.example", authorization=f"Bearer {made.secret}")
        assert found == Refusal(
            403,
            "expected a request of a program, or of one of the app's own pages, found one of "
            "'https://evil.example'; whoever runs the app can allow it: server.corsAllowedOrigins "
            "in .streamlit/config.toml",
        )

    @pytest.mark.parametrize(
        "header", ["", "Bearer", "Bearer ", "Basic YTpi", "emo_x", "Digest emo_x"]
    )
    def test_who_shows_no_token(self, gate: Gate, header: str) -> None:
        add_token("camera", ["live"])
        assert refused(gate, authorization=header) == Refusal(
            401,
            "expected a token, found none; send the header Authorization: Bearer TOKEN",
            {"www-authenticate": 'Bearer realm="emotion-dashboard"'},
        )

    def test_who_shows_another_token(self, gate: Gate, made: NewToken) -> None:
        found = refused(gate, authorization=f"Bearer {made.secret}x")
        assert found.status == 401
        assert found.headers == {
            "www-authenticate": 'Bearer realm="emotion-dashboard", error="invalid_token"'
        }
        assert found.detail == (
            "expected a token that is known, found one that is not, or was revoked; make another "
            f"on the page Connect, or by {HOW}"
        )

    def test_who_asks_too_often(self, gate: Gate, made: NewToken) -> None:
        header = f"Bearer {made.secret}"
        assert isinstance(asked(gate, authorization=header), Caller)
        assert isinstance(asked(gate, authorization=header), Caller)
        assert refused(gate, authorization=header) == Refusal(
            429,
            "expected at most 1 requests a second with this token, found more; send fewer, or make "
            "a token with a higher rate",
            {"retry-after": "1"},
        )

    def test_who_sends_too_much(self, gate: Gate, made: NewToken) -> None:
        header = f"Bearer {made.secret}"
        assert refused(gate, authorization=header, content_length="1001") == too_large(1_000)
        assert too_large(1_000) == Refusal(
            413,
            "expected a request of at most 1 kB, found a larger one; send less at a time, or "
            "make a token with a higher limit",
        )
        assert isinstance(asked(gate, authorization=header, content_length="1000"), Caller)

    @pytest.mark.parametrize("length", ["-1", "1e3", "²", "", "1" * 5_000])
    def test_a_length_that_is_none(self, gate: Gate, made: NewToken, length: str) -> None:
        found = refused(gate, authorization=f"Bearer {made.secret}", content_length=length)
        assert found.status == (413 if length.startswith("11") else 400)
        if found.status == 400:
            assert found.detail == ("expected a number as Content-Length, found something else")

    def test_what_the_token_does_not_allow(self, made: NewToken) -> None:
        assert lacks(made.token, "admin") == Refusal(
            403, "expected a token that may admin, found one that may live; make another"
        )


def test_a_refusal_is_a_problem_detail() -> None:
    assert Refusal(429, "expected less", more={"errors": []}).to_json() == {
        "title": "Too Many Requests",
        "status": 429,
        "detail": "expected less",
        "errors": [],
    }
