"""Recorded sessions: which there are, and their files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emotion_core.client.answers import Session
from emotion_core.client.connection import Connection, checked_part
from emotion_core.errors import ClientError
from emotion_core.system.names import is_plain
from emotion_core.system.storage.files import replace_file


@dataclass(frozen=True)
class _Sessions:
    sessions: tuple[Session, ...]
    problems: tuple[str, ...]


class SessionCalls:
    """What can be asked of recorded sessions; the token has to allow ``record``.

    Each call raises `ClientError` where the app does not answer, or will not.

    Args:
        connection: to the app.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> tuple[Session, ...]:
        """Return all sessions, the newest first, without their marks and files."""
        return self._connection.ask("GET", "/sessions", _Sessions).sessions

    def get(self, session: Session | str) -> Session:
        """Return a session with its marks and the files that it can be had as."""
        return self._connection.ask("GET", _path(session), Session)

    def download(
        self,
        session: Session | str,
        kind: str,
        to: str | Path = ".",
        *,
        raw: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Path:
        """Write a file of a session to the disk, whole or not at all, and return where.

        Args:
            session: which one.
            kind: of file, one that `get` names, such as "csv", "zip" or "video".
            to: a folder, or the file's own path.
            raw: without names, corrections, marks and ranges left out.
            progress: called with the bytes that are there so far.

        Raises:
            ClientError: there is no such file; or see the class.
            OSError: it cannot be written.
        """
        whole = self.get(session)
        file = next((each for each in whole.files if each.kind == kind), None)
        if file is None:
            kinds = ", ".join(each.kind for each in whole.files)
            raise ClientError(
                f"{whole.id}: expected one of {kinds}, found {kind!r:.60}; ask for another"
            )
        path = Path(to)
        if path.is_dir():
            path /= _local_name(file.name)
        with (
            self._connection.opened(
                f"{_path(whole)}/files/{kind}", accept="*/*", params={"raw": raw}
            ) as answer,
            replace_file(path) as temporary,
            temporary.open("wb") as written,
        ):
            for piece in answer.iter_bytes():
                written.write(piece)
                progress(written.tell())
        return path

    def delete(self, session: Session | str) -> None:
        """Delete a session with all its files, for good."""
        self._connection.order("DELETE", _path(session))


def _path(session: Session | str) -> str:
    id_ = session.id if isinstance(session, Session) else session
    return f"/sessions/{checked_part(id_, 'the id of a session')}"


def _local_name(name: str) -> str:
    """Return what the app calls a file, which must not lead out of the folder."""
    if not is_plain(name) or "\\" in name:
        raise ClientError(f"expected a file's name from the app, found {name[:80]!r}; give a path")
    return name
