"""Files for the browser are read from the disk as they are sent, where Streamlit wants them whole.

It keeps what a page shows or offers in memory until the page is another one, and hands a file to
the connection at once, which copies what the browser has not taken yet.
"""

from __future__ import annotations

import io
import mmap
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime

from emotion_core.system.storage.temporary import TemporaryFolder

#: Bytes that are handed over at once.
PIECE: Final = 1 << 18

#: Where files of `address_of` were asked for last, and when by ``time.monotonic()``.
_asked: OrderedDict[str, float] = OrderedDict()
#: So many addresses are remembered; each viewer has a few.
_MOST_ASKED: Final = 1000
_MEDIA: Final = "/media/"
_WAITING_STEP: Final = 0.01


class FileOnDisk(io.BytesIO):
    """A file for ``st.video`` or ``st.download_button`` that is not read before it is sent.

    It may be deleted meanwhile, but not be made shorter.

    Args:
        path: of a file.

    Raises:
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        with path.open("rb") as file:
            # Windows deletes no file that is open; and an empty one cannot be mapped.
            if sys.platform == "win32" or not path.stat().st_size:
                self._content = memoryview(file.read())
            else:
                self._content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def getvalue(self) -> memoryview:  # type: ignore[override]
        """Return the content, which is read where somebody looks."""
        return self._content


def written(write: Callable[[BinaryIO], object]) -> FileOnDisk:
    """Return a file that is there as long as it is offered.

    Args:
        write: writes it into an open file.

    Raises:
        OSError: the disk is full; and whatever ``write`` raises.
    """
    # A file that is mapped stays when its name is gone.
    with TemporaryFolder("download") as folder:
        path = folder / "file"
        with path.open("wb") as file:
            write(file)
        return FileOnDisk(path)


def address_of(content: FileOnDisk | bytes, mimetype: str, place: str) -> str:
    """Return where the browser finds a file that a component of our own shows, or parts of it.

    It is there until a run of the page no longer asks for its address, as what ``st.video`` shows.

    Args:
        content: what is sent; another content has another address.
        mimetype: its kind.
        place: tells it from others that the same page shows.

    Returns:
        an address below that of the app.
    """
    data = content.getvalue() if isinstance(content, FileOnDisk) else content
    # Meant for bytes; of what else has a length and parts, it takes what it is asked for.
    address: str = runtime.get_instance().media_file_mgr.add(data, mimetype, place)
    return address


def wait_until_asked(address: str, since: float, seconds: float) -> bool:
    """Wait until a browser asks for a file: whatever it was sent until then is shown first.

    Args:
        address: as of `address_of`.
        since: by ``time.monotonic()``; whoever asked earlier does not count.
        seconds: the longest time.

    Returns:
        whether it was asked for.
    """
    end = time.monotonic() + seconds
    while _asked.get(address, -1.0) < since:
        if time.monotonic() >= end:
            return False
        time.sleep(_WAITING_STEP)
    return True


def _note_asked(path: str) -> None:
    _asked[path] = time.monotonic()
    _asked.move_to_end(path)
    while len(_asked) > _MOST_ASKED:
        _asked.popitem(last=False)


class InPieces:
    """Hands a large answer to the connection piece by piece, as the browser takes it.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and (found := scope["path"].find(_MEDIA)) >= 0:
            _note_asked(scope["path"][found:])

        async def send_in_pieces(message: Message) -> None:
            body = message.get("body", b"")
            if message["type"] != "http.response.body" or len(body) <= PIECE:
                await send(message)
                return
            last = len(body) - 1 - (len(body) - 1) % PIECE
            for start in range(0, len(body), PIECE):
                piece = bytes(body[start : start + PIECE])
                more = start < last or message.get("more_body", False)
                await send({"type": message["type"], "body": piece, "more_body": more})

        await self.app(scope, receive, send_in_pieces if scope["type"] == "http" else send)
