"""Keeps what viewers upload on the disk, counted and bounded, where Streamlit keeps it in memory.

Streamlit holds every upload in memory until its viewer has gone, or removed it: six videos of
190 MB took 1.3 GB. Small files stay there; one of the others is a file in a temporary folder, which
goes with the last one who knows of it.
"""

from __future__ import annotations

import functools
import io
import logging
import secrets
import shutil
import threading
import weakref
from collections import Counter
from pathlib import Path
from typing import IO, Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.elements.widgets import camera_input, file_uploader
from streamlit.runtime.uploaded_file_manager import UploadedFile

from emotion_core.access.room import no_room, quota_of
from emotion_core.errors import NoHomeError
from emotion_core.system.storage.persons import at_home, whose
from emotion_core.system.storage.temporary import TemporaryFolder
from pages.mending.logins.runs import standing_of

_LOG: Final = logging.getLogger(__name__)

#: Bytes of all uploads that are kept at once, on the disk and in memory.
MOST_IN_ALL: Final = 4_000_000_000
#: Bytes of an upload that stays in memory.
MOST_IN_MEMORY: Final = 1 << 20

#: What the browser is told.
NO_ROOM: Final = "expected room for the upload, found none; remove other uploads, or try later"

_UPLOADED: Final = "UploadedFile"
_UPLOADS: Final = "/_stcore/upload_file/"


class KeptUpload:
    """The content of an upload: stands where its bytes would, and goes with its last user.

    Args:
        source: What to read it from, at its beginning.
        length: In bytes.

    Attributes:
        content: Where it is, or all its bytes where it is small.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, source: IO[bytes], length: int) -> None:
        self._length = length
        self.content: Path | bytes
        if length <= MOST_IN_MEMORY:
            self.content = source.read()
            return
        self.content = _folder().path / secrets.token_hex(8)
        self._end = weakref.finalize(self, self.content.unlink, missing_ok=True)
        with self.content.open("wb") as copy:
            shutil.copyfileobj(source, copy, MOST_IN_MEMORY)

    def __len__(self) -> int:
        return self._length

    def __fspath__(self) -> str:
        assert isinstance(self.content, Path)  # `content_of` gives none of the others
        return str(self.content)

    def __repr__(self) -> str:
        return f"<upload of {self._length} bytes>"


@functools.cache
def _folder() -> TemporaryFolder:
    """Return the folder of all uploads to this process; nobody else may look into it."""
    return TemporaryFolder("upload")


class StoredUpload(UploadedFile):
    """What a widget gives of an upload: read from the disk, a piece at a time.

    Attributes:
        kept: The content; hold it as long as it is to be there.
    """

    def __init__(self, record: Any, file_urls: Any) -> None:
        data = record.data
        # What a test hands to the app comes without a request.
        self.kept = (
            data if isinstance(data, KeptUpload) else KeptUpload(io.BytesIO(data), len(data))
        )
        self._path = self.kept.content if isinstance(self.kept.content, Path) else None
        small = b"" if self._path else self.kept.content
        super().__init__(record._replace(data=small), file_urls)
        self.size = len(self.kept)

    @functools.cached_property
    def _file(self) -> Any:
        """What to read from. Opened at the first read: a page may show hundreds of files."""
        return super() if self._path is None else self._path.open("rb")

    def getvalue(self) -> bytes:
        """Return all bytes; they are in memory then."""
        return super().getvalue() if self._path is None else self._path.read_bytes()

    def getbuffer(self) -> memoryview:
        """Return all bytes, see ``getvalue``."""
        return super().getbuffer() if self._path is None else memoryview(self.getvalue())

    def read(self, size: int | None = -1, /) -> bytes:
        """Read from where the last read ended."""
        content: bytes = self._file.read(-1 if size is None else size)
        return content

    def read1(self, size: int | None = -1, /) -> bytes:
        """Read from where the last read ended."""
        return self.read(size)

    def readinto(self, buffer: Any, /) -> int:
        """Read into a buffer from where the last read ended."""
        read: int = self._file.readinto(buffer)
        return read

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read to the end of the line."""
        line: bytes = self._file.readline(-1 if size is None else size)
        return line

    def readlines(self, size: int | None = None, /) -> list[bytes]:
        """Read all lines that are left."""
        lines: list[bytes] = self._file.readlines(-1 if size is None else size)
        return lines

    def __next__(self) -> bytes:
        line: bytes = self._file.__next__()
        return line

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to another place."""
        place: int = self._file.seek(offset, whence)
        return place

    def tell(self) -> int:
        """Return the place where the next read begins."""
        place: int = self._file.tell()
        return place

    def close(self) -> None:
        """Close the file; the upload stays."""
        if self._path is not None and "_file" in self.__dict__:
            self._file.close()
        super().close()


class _Room:
    """Counts the bytes of all uploads that somebody still has."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0
        self._of_person: Counter[str | None] = Counter()

    def take(self, size: int, person: str | None = None) -> None:
        """Take room for an upload of somebody's.

        Raises:
            HTTPException: there is not so much; the browser shows it at the file.
        """
        with self._lock:
            if self._taken + size > MOST_IN_ALL:
                _LOG.warning(
                    "An upload of %d MB was refused: %d MB of uploads are kept.",
                    size // 1_000_000,
                    self._taken // 1_000_000,
                )
                raise HTTPException(507, NO_ROOM)
            self._taken += size
            self._of_person[person] += size

    def free(self, size: int, person: str | None = None) -> None:
        """Give room back."""
        with self._lock:
            self._taken -= size
            self._of_person[person] -= size
            if not self._of_person[person]:
                del self._of_person[person]

    def taken_by(self, person: str) -> int:
        """Return the bytes of somebody's uploads."""
        with self._lock:
            return self._of_person.get(person, 0)

    @property
    def taken(self) -> int:
        """Bytes that are taken."""
        return self._taken


room: Final = _Room()


class WithinQuota:
    """Refuses an upload that is more than its person may have, before it is read or in the midst.

    Args:
        app: what takes the others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or answer it."""
        person = _uploading(scope)
        if person is None:
            await self.app(scope, receive, send)
            return
        quota = await run_in_threadpool(quota_of, person, fresh=True)
        left = quota.left - room.taken_by(person)
        length = Headers(scope=scope).get("content-length", "")
        counting = _Counting(receive, left)
        if length.isdigit() and int(length[:20]) > left:
            counting.is_over = True
        else:
            try:
                with at_home(person):
                    await self.app(scope, counting.receive, counting.unless_over(send))
            except ClientDisconnect:
                if not counting.is_over:
                    raise
        if counting.is_over:
            answer = PlainTextResponse(str(no_room("the upload", 0, quota)), status_code=507)
            await answer(scope, receive, send)


class _Counting:
    """Counts what comes of a request, and ends it where the room does.

    Attributes:
        is_over: whether more has come than there is room for.
    """

    def __init__(self, receive: Receive, left: float) -> None:
        self._receive = receive
        self._left = left
        self.is_over = False

    async def receive(self) -> Message:
        """Return what comes next; that its sender has left, once there is no room."""
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        self.is_over = self.is_over or self._left < 0
        return {"type": "http.disconnect"} if self.is_over else message

    def unless_over(self, send: Send) -> Send:
        """Return what sends an answer, unless another one is to be sent instead."""

        async def sending(message: Message) -> None:
            if not self.is_over:
                await send(message)

        return sending


def _uploading(scope: Scope) -> str | None:
    """Return whose upload a request is; None of another request, and without accounts."""
    if scope["type"] != "http" or scope["method"] not in ("PUT", "POST"):
        return None
    _, found, rest = scope["path"].partition(_UPLOADS)
    person: str | None = getattr(standing_of(rest.partition("/")[0]), "id", None)
    return person if found else None


@functools.cache
def keep_uploads_on_disk() -> None:
    """Keep the uploads of every session on the disk; call it before the first page.

    The server asks for an upload once it is there, all of it; it gets what stands for its bytes.
    Where Streamlit is not built as in the version in requirements.txt, all stays as it is and the
    log says so.
    """
    modules = (file_uploader, camera_input)
    if any(getattr(module, _UPLOADED, None) is not UploadedFile for module in modules):
        _LOG.warning("streamlit is not the version in requirements.txt: uploads stay in memory")
        return
    read = UploadFile.read

    @functools.wraps(read)
    async def read_to_disk(upload: UploadFile, size: int = -1) -> bytes | KeptUpload:
        # In another thread: this one serves everybody.
        return await (read(upload, size) if size >= 0 else run_in_threadpool(keep, upload.file))

    UploadFile.read = read_to_disk  # type: ignore[assignment, method-assign]
    for module in modules:
        setattr(module, _UPLOADED, StoredUpload)


def keep(source: IO[bytes]) -> KeptUpload:
    """Keep what is in a file, and return what stands for its bytes.

    Raises:
        HTTPException: there is no room for it; the browser shows it at the file.
    """
    length = source.seek(0, io.SEEK_END)
    source.seek(0)
    try:
        person = whose()
    except NoHomeError:  # somebody has just logged out
        person = None
    room.take(length, person)
    try:
        kept = KeptUpload(source, length)
    except OSError as error:
        room.free(length, person)
        _LOG.warning("An upload cannot be kept: %s", error.strerror or error)
        raise HTTPException(507, NO_ROOM) from error
    weakref.finalize(kept, room.free, length, person)
    return kept


def content_of(upload: UploadedFile) -> KeptUpload | bytes:
    """Return the content of an upload without reading it, where it is kept on the disk."""
    on_disk = isinstance(upload, StoredUpload) and isinstance(upload.kept.content, Path)
    return upload.kept if on_disk else upload.getvalue()
