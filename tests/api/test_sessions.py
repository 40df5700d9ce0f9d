"""Recorded sessions, asked for by programs."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pandas as pd
import pytest

from emotion_core.access.audit import entries
from emotion_core.sessions.edits.marks import add_mark
from emotion_core.sessions.edits.persons import name_person
from emotion_core.sessions.exports.kinds import write_session
from emotion_core.sessions.storage import Session, open_session, rename_session, sessions_dir
from emotion_core.system.storage import temporary
from tests.api.conftest import MakeToken, client_of
from tests.sessions.recordings import IMAGE, event, face, record, start

FRAMES = [(0.1 * n, {1: "happy", 2: "sad"}) for n in range(30)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "sessions"))
    return sessions_dir()


@pytest.fixture
def session(folder: Path) -> Session:
    made = record(folder, FRAMES, [event(1.0)])
    add_mark(made, 1.5, "stimulus", source="api")
    name_person(made, 1, "Ana")
    return rename_session(made, name="First", notes="calm", tags=["pilot"])


def test_without_a_session_the_list_is_empty(client: httpx.Client) -> None:
    assert client.get("/sessions").json() == {"sessions": [], "problems": []}


def test_a_session_says_what_it_is(client: httpx.Client, session: Session) -> None:
    (listed,) = client.get("/sessions").json()["sessions"]
    assert listed == {
        "id": session.id,
        "name": "First",
        "notes": "calm",
        "tags": ["pilot"],
        "of": "live",
        "state": "complete",
        "started": session.header.started,
        "seconds": 2.9,
        "frames": 30,
        "persons": 2,
        "model": "fer2013-vgg",
        "purpose": "",
        "size": session.size,
        "video": False,
    }
    whole = client.get(f"/sessions/{session.id}").json()
    assert {name: whole[name] for name in listed} == listed
    assert [(mark["label"], mark["source"], mark["start"]) for mark in whole["marks"]] == [
        ("happy above 80% for 2 s", "rule", 1.0),
        ("stimulus", "api", 1.5),
    ]
    assert [each["kind"] for each in whole["files"]] == [
        "csv", "parquet", "zip", "html", "tsv", "eaf", "vtt", "events", "codebook",
    ]  # fmt: skip


def test_a_damaged_one_keeps_nobody_from_the_others(
    client: httpx.Client, session: Session, folder: Path
) -> None:
    (folder / "damaged").mkdir()
    (folder / "damaged" / "session.json").write_text("{")
    listed = client.get("/sessions").json()
    assert [each["id"] for each in listed["sessions"]] == [session.id]
    assert "damaged" in listed["problems"][0]


def test_every_file_that_is_named_can_be_had(client: httpx.Client, session: Session) -> None:
    for file in client.get(f"/sessions/{session.id}").json()["files"]:
        answer = client.get(f"/sessions/{session.id}/files/{file['kind']}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == file["media_type"]
        assert file["name"] in answer.headers["content-disposition"]
        assert answer.content


def test_files_have_what_people_corrected_unless_they_are_asked_for_raw(
    client: httpx.Client, session: Session
) -> None:
    corrected = client.get(f"/sessions/{session.id}/files/csv").content
    assert corrected == written(session, "csv")
    assert set(pd.read_csv(io.BytesIO(corrected))["name"].dropna()) == {"Ana"}
    raw = client.get(f"/sessions/{session.id}/files/csv", params={"raw": True}).content
    assert raw == written(session, "csv", raw=True)
    assert b"Ana" not in raw


def test_a_zip_has_the_header_and_the_tables(client: httpx.Client, session: Session) -> None:
    content = client.get(f"/sessions/{session.id}/files/zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = {Path(name).name for name in archive.namelist()}
    assert {"session.json", "frames.csv", "faces.csv", "edits.jsonl"} <= names


def test_the_video_is_sent_in_parts_to_whoever_asks_for_one(
    client: httpx.Client, folder: Path
) -> None:
    recorder = start(folder, with_video=True)
    for n in range(10):
        recorder.record(1000 + 0.1 * n, [face(1, "happy")], IMAGE)
    session = recorder.stop()
    assert session.video is not None
    video = session.video.read_bytes()
    (named,) = [
        each
        for each in client.get(f"/sessions/{session.id}").json()["files"]
        if each["kind"] == "video"
    ]
    assert named["media_type"] == "video/mp4"
    address = f"/sessions/{session.id}/files/video"
    assert client.get(address).content == video
    noted = entries().entries[0]
    assert (noted.action, noted.name, noted.detail) == ("exported", session.id, "video")
    part = client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, video[10:20])


def test_what_is_made_to_be_sent_is_gone_afterwards(
    client: httpx.Client, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporary.tempfile, "gettempdir", lambda: str(tmp_path))
    assert client.get(f"/sessions/{session.id}/files/zip").status_code == 200
    wait_until(lambda: list(tmp_path.glob("emotion-*")) == [])  # after the answer's last byte


@pytest.mark.parametrize(
    "id_",
    ["nobody", "%2e", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc", "..%2fsecret", "%00", "a%5cb", "~"],
)
def test_no_id_leads_out_of_the_folder(client: httpx.Client, folder: Path, id_: str) -> None:
    secret = folder.parent / "secret"
    folder.mkdir()
    secret.mkdir()
    (secret / "session.json").write_text("{}")
    (secret / "faces.csv").write_text("secret")
    for address in (f"/sessions/{id_}", f"/sessions/{id_}/files/csv", f"/sessions/{id_}/files/zip"):
        answer = httpx.get(
            httpx.URL(str(client.base_url)).copy_with(
                raw_path=client.base_url.raw_path.rstrip(b"/") + address.encode()
            ),
            headers=client.headers,
        )
        assert answer.status_code == 404, answer.text
        assert b"secret" not in answer.content.replace(id_.encode(), b"")


@pytest.mark.parametrize(
    "kind", ["session.json", "edits.jsonl", "..%2fsession.json", "video", ".recording", "%2e%2e"]
)
def test_no_kind_is_a_path(client: httpx.Client, session: Session, kind: str) -> None:
    answer = client.get(f"/sessions/{session.id}/files/{kind}")
    assert answer.status_code == 404
    assert b"fer2013-vgg" not in answer.content


def test_an_unknown_kind_is_told_which_there_are(client: httpx.Client, session: Session) -> None:
    answer = client.get(f"/sessions/{session.id}/files/xlsx")
    assert answer.json()["detail"] == (
        "expected one of csv, parquet, zip, html, tsv, eaf, vtt, events, codebook, found 'xlsx'; "
        "ask for another"
    )


def test_a_link_is_no_session(client: httpx.Client, session: Session, folder: Path) -> None:
    (folder / "linked").symlink_to(session.folder)
    assert client.get("/sessions/linked").status_code == 404


def test_one_that_goes_on_can_be_looked_at_and_not_deleted(
    client: httpx.Client, folder: Path
) -> None:
    recorder = start(folder)
    recorder.record(1000.0, [face(1, "happy")], IMAGE)
    id_ = recorder.folder.name
    assert client.get(f"/sessions/{id_}").json()["state"] == "recording"
    answer = client.delete(f"/sessions/{id_}")
    assert answer.status_code == 409
    assert answer.json()["detail"] == f"{id_} is being recorded; stop the recording first"
    recorder.stop()
    assert client.delete(f"/sessions/{id_}").status_code == 204
    assert client.get(f"/sessions/{id_}").status_code == 404
    assert not (folder / id_).exists()


def test_a_full_disk_is_told(
    client: httpx.Client, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("emotion_core.api.sessions.TemporaryFolder", full)
    answer = client.get(f"/sessions/{session.id}/files/csv")
    assert answer.status_code == 507
    assert answer.json()["detail"] == (
        f"{session.id} cannot be written as csv (No space left on device); free up space where "
        "the system keeps temporary files"
    )


@pytest.mark.parametrize("right", ["live", "analyze", "admin"])
def test_other_rights_do_not_show_recordings(
    served: str, make_token: MakeToken, session: Session, right: str
) -> None:
    with client_of(served, make_token(right)) as client:
        for answer in (
            client.get("/sessions"),
            client.get(f"/sessions/{session.id}"),
            client.get(f"/sessions/{session.id}/files/csv"),
            client.delete(f"/sessions/{session.id}"),
        ):
            assert answer.status_code == 403
            assert json.loads(answer.content)["detail"] == (
                f"expected a token that may record, found one that may {right}; make another"
            )
    assert open_session(session.folder).frames == 30


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def written(session: Session, kind: str, *, raw: bool = False) -> bytes:
    file = io.BytesIO()
    write_session(session, kind, file, raw=raw)
    return file.getvalue()
