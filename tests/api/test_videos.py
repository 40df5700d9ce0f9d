"""Videos that programs put into the queue, follow and cancel."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from emotion_core.api import videos
from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.photos.job import PhotoList
from emotion_core.recorded.photos.reading import PhotoSettings
from emotion_core.recorded.tasks import queue, reader, receiving
from emotion_core.recorded.tasks.adding import add_photos
from emotion_core.recorded.tasks.queue import work
from emotion_core.recorded.tasks.storage import find_task, tasks_dir
from emotion_core.recorded.tasks.task import UPLOAD_FILE, TaskStatus, write_outcome
from emotion_core.sessions.storage import find_session, sessions_dir
from emotion_core.system.processes.queueing import LOCK_FILE, QUEUED_FILE, write_status
from emotion_core.system.storage.locks import FileLock
from tests.api.conftest import MakeToken, client_of
from tests.kept import things_in
from tests.recorded.films import analyst, write_face_film


@pytest.fixture(autouse=True)
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_VIDEOS_DIR", str(tmp_path / "videos"))
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "sessions"))
    return tasks_dir()


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Start no process; note for which folder one would have been."""
    folders: list[Path] = []
    monkeypatch.setattr(videos, "start_worker", folders.append)
    return folders


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_face_film(tmp_path_factory.mktemp("films") / "film.mp4", 2.0)


def add(
    client: httpx.Client, content: bytes | Iterator[bytes], **choices: object
) -> httpx.Response:
    return client.post("/videos", content=content, params={"name": "film.mp4", **choices})


def test_without_a_video_the_list_is_empty(client: httpx.Client) -> None:
    assert client.get("/videos").json() == {"videos": [], "problems": []}


def test_a_video_is_read_as_if_the_page_had_added_it(
    client: httpx.Client, film: Path, parent: Path, started: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    added = add(client, film.read_bytes(), name="Gespräch 1.mp4", every=0.2, people=1, end=1.5)
    assert added.status_code == 201
    told = added.json()
    assert (told["name"], told["kind"], told["state"]) == ("Gespräch 1.mp4", "video", "queued")
    assert (told["share"], told["session"]) == (0, None)
    assert added.headers["location"] == f"/api/v1/videos/{told['id']}"
    assert started == [parent]
    task = find_task(parent, told["id"])
    assert (task.folder / UPLOAD_FILE).read_bytes() == film.read_bytes()
    assert (task.folder / UPLOAD_FILE).stat().st_mode & 0o077 == 0
    assert list(parent.glob(".upload*")) == []

    monkeypatch.setattr(reader, "VideoAnalyst", lambda: analyst(segment_seconds=1.0))
    monkeypatch.setattr(os, "nice", lambda _: None)  # the tests keep their priority
    monkeypatch.setattr(queue.queueing, "do_apart", lambda _, folder, *__: reader.read(folder))
    work(parent)
    done = client.get(f"/videos/{told['id']}").json()
    assert (done["state"], done["share"], done["message"]) == ("done", 1, "")
    session = find_session(sessions_dir(), done["session"])
    assert (session.header.name, session.frames, session.persons) == ("Gespräch 1.mp4", 8, 1)
    assert client.get("/videos").json()["videos"] == [done]
    assert client.get(f"/sessions/{done['session']}").json()["of"] == "video"


def test_a_video_comes_in_pieces_of_a_length_that_nobody_said(
    client: httpx.Client, parent: Path
) -> None:
    content = os.urandom(3 * (1 << 20) + 17)
    pieces = (content[start : start + 70_000] for start in range(0, len(content), 70_000))
    task = find_task(parent, add(client, pieces).json()["id"])
    assert (task.folder / UPLOAD_FILE).read_bytes() == content


def test_a_sender_who_gives_up_leaves_nothing(served: str, token: str, parent: Path) -> None:
    parts = urlsplit(served)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80)) as connection:
        connection.sendall(
            f"POST {parts.path}/videos?name=a.mp4 HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: 1000000\r\n\r\n".encode()
        )
        connection.sendall(b"x" * 1000)
        wait_until(lambda: bool(list(parent.glob(".upload*"))))
    wait_until(lambda: things_in(parent) == [])


def test_a_sender_who_rests_too_long_is_told_and_leaves_nothing(
    served: str, token: str, parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(videos, "_PATIENCE", 0.2)
    parts = urlsplit(served)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80)) as connection:
        connection.sendall(
            f"POST {parts.path}/videos?name=a.mp4 HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: 1000000\r\n\r\nx".encode()
        )
        assert b" 408 " in connection.recv(100)
    assert things_in(parent) == []


@pytest.mark.parametrize("name", ["a.exe", "a", "../a.mp4", "a/b.mp4", ".mp4/", "x\ny.mp4", ".."])
def test_a_name_that_is_none_of_a_video_is_refused(
    client: httpx.Client, parent: Path, name: str
) -> None:
    answer = add(client, b"x", name=name)
    assert answer.status_code == 422
    assert not parent.exists() or things_in(parent) == []


def test_refusals_say_what_to_do(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def detail(answer: httpx.Response) -> tuple[int, str]:
        return answer.status_code, answer.json()["detail"]

    assert detail(add(client, b"x", name="notes.txt")) == (
        422,
        "expected the name of a video's file, such as interview.mp4, found 'notes.txt'; such names "
        "end in .mp4, .m4v, .mov, .mkv, .webm, .avi or the like",
    )
    assert detail(add(client, b"")) == (
        422,
        "film.mp4: expected a video, found an empty file; send it",
    )
    form = client.post("/videos", params={"name": "a.mp4"}, files={"file": b"x"})
    assert detail(form) == (
        415,
        "expected the video itself as the body, found a form; send the file as it is, with its "
        "name as ?name=",
    )
    status, text = detail(add(client, b"x", model="nobody's"))
    assert (status, text.startswith("expected a model, one of ")) == (422, True)
    assert text.endswith('found "nobody\'s"; name another')
    assert detail(add(client, b"x", start=5, end=4)) == (
        422,
        "to: expected a time after 5 s, where reading begins, found 4.0; choose another value",
    )
    status, text = detail(add(client, b"x", colour="red"))
    assert (status, "colour" in text) == (422, True)
    assert add(client, b"x", finder="eyes").status_code == 422
    monkeypatch.setattr(receiving, "LEFT_FREE", 10**18)
    status, text = detail(add(client, b"x"))
    assert status == 507
    assert text.startswith("film.mp4: expected room for it and 1,000,000,000 GB more, found ")


def test_a_disk_that_fills_up_meanwhile_is_told(
    client: httpx.Client, parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 1_000_000_000 + 1_500_000

    monkeypatch.setattr(receiving.shutil, "disk_usage", lambda _: Usage)
    pieces = (bytes(1 << 20) for _ in range(4))  # nobody says how many

    def filling() -> Iterator[bytes]:
        for piece in pieces:
            yield piece
            Usage.free -= 1 << 20

    answer = add(client, filling())
    assert answer.status_code == 507
    assert things_in(parent) == []


def test_how_far_one_is(client: httpx.Client, parent: Path) -> None:
    id_ = add(client, b"x").json()["id"]
    task = find_task(parent, id_)
    with FileLock(task.folder / LOCK_FILE) as lock:
        assert lock.acquire()
        (task.folder / QUEUED_FILE).unlink()
        write_status(task.folder, TaskStatus(1, 0.25, 30.0, 12.5, writing=True))
        told = client.get(f"/videos/{id_}").json()
        assert (told["state"], told["share"]) == ("running", 0.25)
        assert (told["seconds_left"], told["writing"]) == (12.5, True)
        asked = client.delete(f"/videos/{id_}").json()
        assert (asked["state"], asked["asked"]) == ("running", "cancel")
    assert client.get(f"/videos/{id_}").json()["state"] == "cancelled"


def test_one_that_waits_is_cancelled_with_its_file(client: httpx.Client, parent: Path) -> None:
    id_ = add(client, b"x").json()["id"]
    assert client.delete(f"/videos/{id_}").json()["state"] == "cancelled"
    assert not (find_task(parent, id_).folder / UPLOAD_FILE).exists()
    again = client.delete(f"/videos/{id_}")
    assert again.status_code == 409
    assert again.json()["detail"] == "film.mp4 is cancelled already; remove it instead"


def test_why_one_failed(client: httpx.Client, parent: Path) -> None:
    id_ = add(client, b"x").json()["id"]
    folder = find_task(parent, id_).folder
    (folder / QUEUED_FILE).unlink()
    write_outcome(folder, "failed", "expected a video")
    told = client.get(f"/videos/{id_}").json()
    assert (told["state"], told["message"]) == ("failed", "expected a video")


def test_photos_of_the_page_are_listed_as_such(client: httpx.Client, parent: Path) -> None:
    add_photos(parent, "Photos", PhotoList(("a.jpg",)), default_model_dir(), PhotoSettings("haar"))
    (told,) = client.get("/videos").json()["videos"]
    assert (told["name"], told["kind"]) == ("Photos", "photos")


@pytest.mark.parametrize("id_", ["nobody", "%2e%2e", "..%2f..%2fetc", "%00", ".worker.lock"])
def test_no_id_leads_out_of_the_folder(client: httpx.Client, parent: Path, id_: str) -> None:
    add(client, b"x")
    (parent / ".worker.lock").touch()
    for method in ("GET", "DELETE"):
        assert client.request(method, f"/videos/{id_}").status_code == 404


def test_other_rights_add_nothing(served: str, make_token: MakeToken, parent: Path) -> None:
    with client_of(served, make_token("live", "record", "admin")) as client:
        for answer in (client.get("/videos"), add(client, b"x"), client.delete("/videos/x")):
            assert answer.status_code == 403
    assert not parent.exists()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
