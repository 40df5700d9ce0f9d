"""Files for the browser, through Streamlit's own storage and route."""

from __future__ import annotations

import asyncio
import io
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from streamlit import runtime
from streamlit.runtime.download_data_util import convert_data_to_bytes_and_infer_mime
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileKind
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.web.server.starlette.starlette_routes import create_media_routes

from emotion_core.system.storage.folders import PROJECT
from pages.mending.downloads import (
    PIECE,
    FileOnDisk,
    InPieces,
    address_of,
    wait_until_asked,
    written,
)

CONTENT = bytes(range(256)) * 8000  # 2 MB


def anonymous() -> int:
    """Return the bytes of memory of this process that are no file's."""
    status = Path("/proc/self/status").read_text("utf-8")
    return 1024 * int(status.split("RssAnon:")[1].split()[0])


def answer(content: object, byte_range: str = "") -> tuple[bytes, list[int], int]:
    """Return what a browser gets: the content, the sizes of its pieces, and the status."""
    storage = MemoryMediaFileStorage("/media")
    data, _ = convert_data_to_bytes_and_infer_mime(content, unsupported_error=TypeError("data"))
    file_id = storage.load_and_get_id(data, "video/mp4", MediaFileKind.MEDIA)
    app = InPieces(Starlette(routes=create_media_routes(storage, None)))
    scope = {
        "type": "http",
        "method": "GET",
        "path": storage.get_url(file_id),
        "query_string": b"",
        "headers": [(b"range", byte_range.encode())] if byte_range else [],
    }
    told = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        told.append(message)

    asyncio.run(app(scope, receive, send))
    pieces = [message["body"] for message in told[1:]]
    assert [message["more_body"] for message in told[1:-1]] == [True] * (len(pieces) - 1)
    assert not told[-1].get("more_body")
    return b"".join(pieces), [len(piece) for piece in pieces], told[0]["status"]


@pytest.mark.parametrize("content", [CONTENT, CONTENT[: 2 * PIECE], b"small", b""])
def test_the_browser_gets_the_file(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    got, pieces, status = answer(FileOnDisk(tmp_path / "a"))
    assert (got, status) == (content, 200)
    assert max(pieces) <= PIECE


def test_a_player_gets_the_part_it_asks_for(tmp_path):
    (tmp_path / "a").write_bytes(CONTENT)
    got, _, status = answer(FileOnDisk(tmp_path / "a"), "bytes=1000-1999")
    assert (got, status) == (CONTENT[1000:2000], 206)


def test_a_file_may_be_deleted_while_it_is_shown(tmp_path):
    (tmp_path / "a").write_bytes(CONTENT)
    file = FileOnDisk(tmp_path / "a")
    (tmp_path / "a").unlink()
    assert answer(file)[0] == CONTENT


def test_what_is_written_for_a_download_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    file = written(lambda file: file.write(CONTENT))
    assert list(tmp_path.iterdir()) == []
    assert answer(file)[0] == CONTENT
    with pytest.raises(ZeroDivisionError):
        written(lambda _: 1 // 0)
    assert list(tmp_path.iterdir()) == []


def test_a_zip_can_be_written():
    def write(file):
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a", b"content")

    assert zipfile.ZipFile(io.BytesIO(written(write).getvalue())).read("a") == b"content"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells memory so")
def test_a_video_takes_no_memory(tmp_path):
    with (tmp_path / "a").open("wb") as file:
        file.truncate(200_000_000)
    before = anonymous()
    storage = MemoryMediaFileStorage("/media")
    content, _ = convert_data_to_bytes_and_infer_mime(
        FileOnDisk(tmp_path / "a"), unsupported_error=TypeError("data")
    )
    storage.load_and_get_id(content, "video/mp4", MediaFileKind.MEDIA)
    assert anonymous() - before < 50_000_000


def test_a_component_fetches_parts_of_a_file_by_its_address(tmp_path, monkeypatch):
    storage = MemoryMediaFileStorage("/media")
    manager = MediaFileManager(storage)
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(media_file_mgr=manager))
    addresses = []
    for content in (CONTENT, bytes(64) + CONTENT[64:]):
        (tmp_path / "rows").write_bytes(content)
        addresses.append(address_of(FileOnDisk(tmp_path / "rows"), "video/mp4", "rows"))
        assert addresses[-1] == address_of(FileOnDisk(tmp_path / "rows"), "video/mp4", "rows")
        found = storage.get_file(addresses[-1].rpartition("/")[2])
        assert bytes(found.content[100:200]) == content[100:200]
    assert len(set(addresses)) == 2  # another content has another address


def test_the_app_sends_in_pieces():
    assert "Middleware(InPieces)" in (PROJECT / "app.py").read_text("utf-8")


def test_what_stands_below_waits_until_a_file_is_asked_for():
    storage = MemoryMediaFileStorage("/media")
    address = storage.get_url(storage.load_and_get_id(b"small", "video/mp4", MediaFileKind.MEDIA))
    began = time.monotonic()
    assert not wait_until_asked(address, began, 0.05)
    answer(b"small")
    assert wait_until_asked(address, began, 0)
    assert not wait_until_asked(address, time.monotonic(), 0)  # asked for before that
    assert not wait_until_asked("/media/other.mp4", began, 0)
