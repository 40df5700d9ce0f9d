"""What a program may reach: the things of whoever made its token, and of nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from emotion_core.access.sharing import share
from emotion_core.access.tokens import RIGHTS, add_token
from emotion_core.api import videos
from emotion_core.models.changes import add_model
from emotion_core.models.folder import default_model_dir, load_card
from emotion_core.models.in_use import model_in_use
from emotion_core.recorded.photos.job import PhotoList
from emotion_core.recorded.photos.reading import PhotoSettings
from emotion_core.recorded.tasks.adding import add_photos
from emotion_core.recorded.tasks.storage import list_tasks, tasks_dir
from emotion_core.sessions.storage import Session, list_sessions, sessions_dir
from emotion_core.system.storage.persons import at_home
from tests.api.conftest import client_of
from tests.live.streams.made import Viewer, wait_until
from tests.sessions.recordings import record

ANN, BEN = "a" * 16, "b" * 16


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EMOTION_SESSIONS_DIR", "EMOTION_VIDEOS_DIR", "EMOTION_MODELS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(videos, "start_worker", lambda *_: None)


def token_of(person: str) -> str:
    with at_home(person):
        return add_token("program", RIGHTS, requests_a_second=1_000).secret


@pytest.fixture
def ann(served: str) -> Iterator[httpx.Client]:
    with client_of(served, token_of(ANN)) as client:
        yield client


@pytest.fixture
def ben(served: str) -> Iterator[httpx.Client]:
    with client_of(served, token_of(BEN)) as client:
        yield client


@pytest.fixture
def session(data: Path) -> Session:  # noqa: ARG001
    with at_home(ANN):
        return record(sessions_dir(), [(0.0, {1: "happy"}), (0.1, {1: "sad"})])


@pytest.fixture
def viewer(data: Path) -> Iterator[Viewer]:  # noqa: ARG001
    """Ann, whose video runs."""
    with at_home(ANN):
        viewer = Viewer()
    with viewer.filming():
        wait_until(lambda: viewer.stream.running)
        yield viewer
    viewer.session.on_ended()
    viewer.stream.recording.follow(viewer.session)


def guesses(session: Session) -> list[str]:
    """Return what somebody may take for the id of another's session."""
    return [
        session.id,
        f"{session.id}@{ANN}",
        f"..%2F..%2F{ANN}%2Fsessions%2F{session.id}",
        f"%2e%2e/%2e%2e/{ANN}/sessions/{session.id}",
        str(session.folder).replace("/", "%2F"),
    ]


def test_sessions_are_listed_to_their_owner_alone(
    ann: httpx.Client, ben: httpx.Client, session: Session
) -> None:
    assert [each["id"] for each in ann.get("/sessions").json()["sessions"]] == [session.id]
    assert ben.get("/sessions").json() == {"sessions": [], "problems": []}


def test_a_session_is_not_found_by_a_guess(ben: httpx.Client, session: Session) -> None:
    for guess in guesses(session):
        for answer in (
            ben.get(f"/sessions/{guess}"),
            ben.get(f"/sessions/{guess}/files/parquet"),
            ben.delete(f"/sessions/{guess}"),
        ):
            assert answer.status_code == 404, answer.request.url
            assert ANN not in answer.text.replace(guess, "")
    with at_home(ANN):
        assert list_sessions(sessions_dir()).sessions == (session,)


def test_a_shared_session_is_not_a_programs_to_delete(ben: httpx.Client, session: Session) -> None:
    with at_home(ANN):
        share("session", session.folder)
    assert ben.delete(f"/sessions/{session.id}").status_code == 404
    assert session.folder.is_dir()


def test_a_video_is_its_owners_alone(ann: httpx.Client, ben: httpx.Client) -> None:
    with at_home(ANN):
        task = add_photos(
            tasks_dir(), "two", PhotoList("/none", ("1.png",)), default_model_dir(), PhotoSettings()
        )
    assert [each["id"] for each in ann.get("/videos").json()["videos"]] == [task.id]
    assert ben.get("/videos").json() == {"videos": [], "problems": []}
    assert ben.get(f"/videos/{task.id}").status_code == 404
    assert ben.delete(f"/videos/{task.id}").status_code == 404
    with at_home(ANN):
        assert [each.state for each in list_tasks(tasks_dir()).tasks] == ["queued"]


def test_what_is_sent_lies_in_its_senders_home(ben: httpx.Client, data: Path) -> None:
    answer = ben.post("/videos", content=b"no video", params={"name": "film.mp4"})
    assert answer.status_code == 201
    (task,) = (data / "people" / BEN / "videos").glob("[!.]*")
    assert task.name == answer.json()["id"]
    assert not (data / "videos").exists()


def test_a_model_is_its_owners_alone(ann: httpx.Client, ben: httpx.Client) -> None:
    with at_home(ANN):
        add_model(default_model_dir(), "mine", load_card(default_model_dir()))
    assert ann.put("/models/in-use", json={"name": "mine"}).status_code == 200
    names = [each["name"] for each in ben.get("/models").json()["models"]]
    assert names == [default_model_dir().name]
    assert ben.put("/models/in-use", json={"name": "mine"}).status_code == 422
    asked = ben.post("/videos", content=b"", params={"name": "film.mp4", "model": "mine"})
    assert asked.status_code == 422
    with at_home(ANN):
        assert model_in_use().name == "mine"
    with at_home(BEN):  # whose model in use ann has not changed
        assert model_in_use().folder == default_model_dir()


def test_a_live_stream_is_its_viewers_alone(
    ann: httpx.Client, ben: httpx.Client, viewer: Viewer
) -> None:
    stream = viewer.stream.id
    assert [each["id"] for each in ann.get("/live").json()["streams"]] == [stream]
    assert ben.get("/live").json() == {"streams": [], "missing": []}
    tries: list[Callable[[], httpx.Response]] = [
        lambda: ben.get(f"/live/{stream}"),
        lambda: ben.get(f"/live/{stream}/events"),
        lambda: ben.post(f"/live/{stream}/marks", json={"label": "x"}),
        lambda: ben.post(f"/live/{stream}/recording", json={"consent": True}),
        lambda: ben.delete(f"/live/{stream}/recording"),
    ]
    assert [attempt().status_code for attempt in tries] == [404] * len(tries)
    assert viewer.stream.recorded is None
    assert viewer.stream.readers == 0


def test_nobody_else_follows_it_by_websocket(
    served: str, ben: httpx.Client, viewer: Viewer
) -> None:
    address = f"{served.replace('http', 'ws', 1)}/live/{viewer.stream.id}/socket"
    headers = {"authorization": ben.headers["authorization"]}
    with (
        pytest.raises((ConnectionClosed, InvalidStatus)),
        connect(address, additional_headers=headers, proxy=None) as socket,
    ):
        socket.recv(30)
    assert viewer.stream.readers == 0


def test_a_recording_lies_in_the_home_of_whose_video_it_is(
    ann: httpx.Client, viewer: Viewer, data: Path
) -> None:
    begun = ann.post(f"/live/{viewer.stream.id}/recording", json={"consent": True})
    assert begun.status_code == 201
    assert ann.delete(f"/live/{viewer.stream.id}/recording").status_code == 200
    (header,) = data.rglob("session.json")
    assert header.parent == data / "people" / ANN / "sessions" / begun.json()["session"]
    assert "others only if it is shared" in header.read_text("utf-8")


def test_what_the_server_tells_of_itself_names_nobody(
    ben: httpx.Client, session: Session, viewer: Viewer
) -> None:
    told = ben.get("/metrics").text
    assert "emotion_viewers 1.0" in told
    assert not any(name in told for name in (ANN, session.id, viewer.stream.id))
