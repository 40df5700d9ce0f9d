from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from emotion_core.live.streams.recording import consent
from emotion_core.sessions.storage import find_session
from tests.api.conftest import MakeToken, client_of
from tests.live.streams.made import Viewer, wait_until


@pytest.fixture
def address(viewer: Viewer) -> str:
    wait_until(lambda: viewer.stream.running)
    return f"/live/{viewer.stream.id}/recording"


def test_a_program_begins_and_ends_a_recording(
    client: httpx.Client, viewer: Viewer, address: str, data: Path
) -> None:
    begun = client.post(address, json={"consent": True, "purpose": " a study ", "video": True})
    assert begun.status_code == 201
    assert begun.json() == {"session": viewer.stream.recorded}
    assert viewer.stream.recording.by == "everything"
    assert client.get(f"/live/{viewer.stream.id}").json()["recording"] == viewer.stream.recorded
    twice = client.post(address, json={"consent": True})
    assert twice.status_code == 409
    wait_until(lambda: viewer.stream.recorder.frames > 0)
    ended = client.delete(address)
    assert (ended.status_code, ended.json()) == (200, begun.json())
    assert client.delete(address).status_code == 409
    header = find_session(data / "sessions", begun.json()["session"]).header
    assert header.frames > 0
    assert header.video is not None
    assert header.description.purpose == "a study"
    assert header.description.consent == f"{consent()} Confirmed by the program everything."


@pytest.mark.parametrize(
    "body", [{}, {"consent": False}, {"consent": "yes"}, {"consent": 1}, {"agreed": True}, []]
)
def test_without_consent_nobody_is_recorded(
    client: httpx.Client, viewer: Viewer, address: str, body: Any
) -> None:
    answer = client.post(address, json=body)
    assert answer.status_code == 422
    assert "consent" in answer.json()["detail"] or body == []
    assert viewer.stream.recorded is None


def test_what_consent_means_is_said_where_it_is_refused(client: httpx.Client, address: str) -> None:
    assert client.post(address, json={"consent": False}).json()["detail"] == (
        "expected consent: true, found false; it says: Everyone in view has agreed to be recorded. "
        "Ask them, then try again"
    )


def test_who_may_only_look_does_not_record(
    served: str, make_token: MakeToken, viewer: Viewer, address: str
) -> None:
    with client_of(served, make_token("live")) as client:
        for answer in (client.post(address, json={"consent": True}), client.delete(address)):
            assert answer.status_code == 403
            assert answer.json()["detail"] == (
                "expected a token that may record, found one that may live; make another"
            )
    assert viewer.stream.recorded is None


def test_a_disk_that_takes_nothing_is_told(
    client: httpx.Client, address: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "file").touch()
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(data / "file" / "sessions"))
    answer = client.post(address, json={"consent": True})
    assert answer.status_code == 503
    assert "expected a folder to record in" in answer.json()["detail"]
