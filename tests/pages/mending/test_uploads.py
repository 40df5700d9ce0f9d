"""Uploads through Streamlit's own route, and what its widgets then give."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import logging
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from streamlit import config
from streamlit.elements.widgets import camera_input, file_uploader
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.web.server.starlette.starlette_routes import create_upload_routes

from emotion_core.access.room import Quota
from pages.mending import uploads
from pages.mending.uploads import KeptUpload, StoredUpload, content_of, keep_uploads_on_disk, room

LARGE = bytes(range(256)) * 12_000  # 3 MB
SMALL = b"a\nbc\n"


@pytest.fixture
def server(monkeypatch):
    """The route that takes uploads, its manager, and what a browser would use."""
    for module in (file_uploader, camera_input):
        monkeypatch.setattr(module, "UploadedFile", module.UploadedFile)
    monkeypatch.setattr(UploadFile, "read", UploadFile.read)
    keep_uploads_on_disk.__wrapped__()
    options = {"server.maxUploadSize": 5, "server.enableXsrfProtection": False}
    get = config.get_option
    monkeypatch.setattr(
        config, "get_option", lambda name: options[name] if name in options else get(name)
    )
    manager = MemoryUploadedFileManager("/_stcore/upload_file")
    runtime = SimpleNamespace(is_active_session=lambda _: True)
    yield manager, Starlette(routes=create_upload_routes(runtime, manager, None))
    manager.remove_session_files("one")
    gc.collect()


def upload(server, name: str, content: bytes) -> int:
    """Send a file as a browser does, and return the answer's status."""
    form = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = form.encode() + content + b"\r\n--b--\r\n"
    scope = {
        "type": "http",
        "method": "PUT",
        "path": f"/_stcore/upload_file/one/{name}",
        "query_string": b"",
        "headers": [(b"content-type", b"multipart/form-data; boundary=b")],
    }
    told = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, object]) -> None:
        told.append(message)

    asyncio.run(server[1](scope, receive, send))
    return told[0]["status"]


def widget(server, *names: str) -> list[StoredUpload]:
    records = server[0].get_files("one", list(names))
    return [file_uploader.UploadedFile(record, None) for record in records]


def files() -> list[Path]:
    return list(uploads._folder().path.iterdir())


@pytest.mark.parametrize("content", [LARGE, SMALL, b""])
def test_an_upload_is_what_was_sent(server, content):
    assert upload(server, "a", content) == 204
    (given,) = widget(server, "a")
    assert given.name == "a"
    assert given.size == len(content)
    assert given.getvalue() == bytes(given.getbuffer()) == content
    assert given.read() == content
    assert given.read() == b""
    assert given.seek(0) == 0
    assert given.read(3) + given.read1(2) == content[:5]
    assert given.tell() == len(content[:5])
    buffer = bytearray(4)
    read = given.readinto(buffer)
    assert bytes(buffer[:read]) == content[5:9]
    given.seek(0)
    assert list(given) == io.BytesIO(content).readlines()
    given.seek(0)
    assert given.readline() + b"".join(given.readlines()) == content
    given.seek(0)
    copy = io.BytesIO()
    shutil.copyfileobj(given, copy)
    assert copy.getvalue() == content


def test_only_a_large_one_is_on_the_disk_and_only_as_long_as_somebody_has_it(server):
    before = room.taken
    upload(server, "large", LARGE)
    upload(server, "small", SMALL)
    assert room.taken - before == len(LARGE) + len(SMALL)
    (path,) = files()
    assert path.read_bytes() == LARGE
    assert path.parent.stat().st_mode & 0o077 == 0
    held = content_of(widget(server, "large")[0])
    assert isinstance(held, KeptUpload)
    assert Path(held) == path
    assert content_of(widget(server, "small")[0]) == SMALL
    server[0].remove_session_files("one")  # the viewer has left; the video still plays
    gc.collect()
    assert files() == [path]
    del held
    gc.collect()
    assert files() == []
    assert room.taken == before


def test_no_more_is_taken_than_there_is_room_for(server, monkeypatch, caplog):
    monkeypatch.setattr(uploads, "MOST_IN_ALL", room.taken + len(LARGE) + 10)
    assert upload(server, "a", LARGE) == 204
    assert upload(server, "b", LARGE) == 507
    assert upload(server, "c", SMALL) == 204
    assert "An upload of 3 MB was refused" in caplog.text
    server[0].remove_file("one", "a")
    gc.collect()
    assert upload(server, "b", LARGE) == 204


def test_a_full_disk_refuses_and_leaves_nothing(server, monkeypatch, caplog):
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = room.taken
    monkeypatch.setattr(uploads.shutil, "copyfileobj", fail)
    assert upload(server, "a", LARGE) == 507
    gc.collect()
    assert (files(), room.taken) == ([], before)
    assert "An upload cannot be kept: No space left on device" in caplog.text


def test_the_servers_own_limit_still_holds(server):
    assert upload(server, "a", bytes(6 << 20)) == 413
    gc.collect()
    assert files() == []


def test_another_streamlit_is_left_as_it_is(monkeypatch, caplog):
    monkeypatch.setattr(file_uploader, "UploadedFile", object)
    read = UploadFile.read
    with caplog.at_level(logging.WARNING):
        keep_uploads_on_disk.__wrapped__()
    assert UploadFile.read is read
    assert caplog.messages == [
        "streamlit is not the version in requirements.txt: uploads stay in memory"
    ]


class TestQuota:
    """Somebody who may have 3 MB, of which 1 MB is left."""

    @pytest.fixture(autouse=True)
    def somebody(self, monkeypatch):
        quota = Quota(2_000_000, 3_000_000)
        monkeypatch.setattr(uploads, "quota_of", lambda person, **_: {"ann": quota}[person])
        monkeypatch.setattr(uploads, "at_home", lambda _: contextlib.nullcontext())
        monkeypatch.setattr(uploads, "whose", lambda: "ann")
        people = {"one": SimpleNamespace(id="ann")}
        monkeypatch.setattr(uploads, "standing_of", people.get)

    def sent(self, server, body: bytes, *, length: bool = True) -> tuple[int, str, int]:
        """Send a file; return the answer's status and text, and how many bytes of it were read."""
        _, route = server
        headers = [(b"content-type", b"multipart/form-data; boundary=b")]
        if length:
            headers.append((b"content-length", str(len(body)).encode()))
        scope = {
            "type": "http", "method": "PUT", "path": "/_stcore/upload_file/one/film",
            "query_string": b"", "headers": headers,
        }  # fmt: skip
        pieces = [body[place : place + 100_000] for place in range(0, len(body), 100_000)]
        told, read = [], 0

        async def receive():
            nonlocal read
            if not pieces:
                return {"type": "http.disconnect"}
            piece = pieces.pop(0)
            read += len(piece)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        async def send(message):
            told.append(message)

        asyncio.run(uploads.WithinQuota(route)(scope, receive, send))
        text = b"".join(each.get("body", b"") for each in told[1:]).decode()
        return told[0]["status"], text, read

    def body(self, size: int) -> bytes:
        form = '--b\r\nContent-Disposition: form-data; name="file"; filename="film.mp4"\r\n\r\n'
        return form.encode() + bytes(size) + b"\r\n--b--\r\n"

    def test_one_that_fits_comes_through(self, server):
        status, _, _ = self.sent(server, self.body(900_000))
        assert status == 204
        assert room.taken_by("ann") == 900_000

    def test_one_that_says_its_size_is_refused_unread(self, server):
        assert self.sent(server, self.body(1_000_001)) == (
            507,
            "the upload: expected room for it, found 1 MB left of your 3 MB; delete what you no "
            "longer need",
            0,
        )

    def test_one_that_does_not_is_stopped_in_the_midst(self, server):
        status, text, read = self.sent(server, self.body(2_500_000), length=False)
        assert (status, text[:10]) == (507, "the upload")
        assert read == 1_100_000

    def test_what_was_uploaded_and_is_not_kept_yet_counts(self, server):
        assert self.sent(server, self.body(600_000))[0] == 204
        assert self.sent(server, self.body(600_000))[0] == 507
        server[0].remove_session_files("one")
        gc.collect()
        assert room.taken_by("ann") == 0

    def test_who_has_no_account_has_no_quota(self, server, monkeypatch):
        monkeypatch.setattr(uploads, "standing_of", lambda _: None)
        assert self.sent(server, self.body(2_000_000))[0] == 204
