from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from emotion_core.client import Client, ClientError, RefusedError, Session, UnreachableError
from emotion_core.sessions.edits.marks import add_mark
from emotion_core.sessions.storage import sessions_dir
from tests.client.conftest import asking
from tests.sessions.recordings import record

FRAMES = [(0.1 * n, {1: "happy"}) for n in range(20)]
TOLD = {
    "id": "20260101-120000", "name": "", "notes": "", "tags": [], "of": "live",
    "state": "complete", "started": "2026-01-01T12:00:00Z", "seconds": 1.9, "frames": 20,
    "persons": 1, "model": "tiny", "purpose": "", "size": 10, "video": False, "marks": [],
    "files": [{"kind": "csv", "name": "session.csv", "media_type": "text/csv", "use": "rows"}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(data / "sessions"))
    return sessions_dir()


def test_sessions_are_listed_looked_at_downloaded_and_deleted(
    client: Client, folder: Path, tmp_path: Path
) -> None:
    made = record(folder, FRAMES)
    add_mark(made, 0.5, "stimulus", source="api")
    (listed,) = client.sessions.list()
    assert (listed.id, listed.frames, listed.of, listed.files) == (made.id, 20, "live", ())
    whole = client.sessions.get(listed)
    assert [(mark.label, mark.start, mark.source) for mark in whole.marks] == [
        ("stimulus", 0.5, "api")
    ]
    assert "csv" in [file.kind for file in whole.files]
    far: list[int] = []
    path = client.sessions.download(listed, "csv", tmp_path, progress=far.append)
    assert path == tmp_path / f"session-{made.id}.csv"
    assert len(path.read_text().splitlines()) == 21
    assert far[-1] == path.stat().st_size
    named = client.sessions.download(made.id, "zip", tmp_path / "mine.zip", raw=True)
    assert named.read_bytes().startswith(b"PK")
    client.sessions.delete(listed)
    assert client.sessions.list() == ()
    with pytest.raises(RefusedError) as caught:
        client.sessions.get(made.id)
    assert caught.value.status == 404


def test_a_file_that_there_is_not_is_told(client: Client, folder: Path) -> None:
    made = record(folder, FRAMES)
    with pytest.raises(ClientError) as caught:
        client.sessions.download(made.id, "video")
    assert str(caught.value) == (
        f"{made.id}: expected one of csv, parquet, zip, html, tsv, eaf, vtt, codebook, found "
        "'video'; ask for another"
    )


def sending(*pieces: bytes | Exception, name: str = "session.csv") -> Client:
    """Return a client of an app whose one session has one file, which comes in these pieces."""

    class Body(httpx.SyncByteStream):
        def __iter__(self):
            for piece in pieces:
                if isinstance(piece, Exception):
                    raise piece
                yield piece

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/files/csv"):
            return httpx.Response(200, stream=Body())
        return httpx.Response(200, json=TOLD | {"files": [{**TOLD["files"][0], "name": name}]})

    return asking(answer)


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    broken = sending(b"half", httpx.RemoteProtocolError("gone"))
    (tmp_path / "session.csv").write_text("older")
    with pytest.raises(UnreachableError):
        broken.sessions.download(TOLD["id"], "csv", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["session.csv"]
    assert (tmp_path / "session.csv").read_text() == "older"
    path = sending(b"who", b"le").sessions.download(TOLD["id"], "csv", tmp_path)
    assert path.read_text() == "whole"


@pytest.mark.parametrize("name", ["../out.csv", "/etc/passwd", "a/b", "..", "", "a\\b"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(ClientError) as caught:
        sending(b"x", name=name).sessions.download(TOLD["id"], "csv", inside)
    assert str(caught.value) == (
        f"expected a file's name from the app, found {name!r}; give a path"
    )
    assert list(tmp_path.rglob("*")) == [inside]
    # Whoever says where it is to lie takes no name from elsewhere.
    path = sending(b"x", name=name).sessions.download(TOLD["id"], "csv", inside / "mine.csv")
    assert path == inside / "mine.csv"


def test_a_session_is_a_value() -> None:
    session = sending().sessions.get(TOLD["id"])
    assert isinstance(session, Session)
    assert session.tags == ()
    assert hash(session.files[0])
