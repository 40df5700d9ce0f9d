"""What a viewer records, once everyone in view has agreed: begun and ended by them or a program."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Final

from emotion_core.errors import SessionError
from emotion_core.live.notice.purposes import tidy_purpose
from emotion_core.live.session import LiveSession
from emotion_core.models.folder import LITERT_FILE, ModelCard
from emotion_core.models.views import view_of
from emotion_core.sessions.header import SessionDescription
from emotion_core.sessions.recorder import SessionRecorder
from emotion_core.sessions.storage import sessions_dir
from emotion_core.system.storage.persons import whose

AGREED: Final = "Everyone in view has agreed to be recorded."
_RECORDED: Final = (
    "**What is recorded:** the time of every frame, and each face's position, seven scores and "
    "expression, with a number for each person",
    "**Where it is kept:** on the machine that runs this app, until someone deletes it",
)
_FOR_ALL: Final = "**Who can use it:** anyone who uses this app can view, download and delete it"
_FOR_ITS_OWNER: Final = (
    "**Who can use it:** whoever records it can view, download and delete it, and whoever runs "
    "this app; others only if it is shared with them"
)

ENDED = "The video ended, so the recording stopped too. Everything up to then was kept."
STOPPED = "The recording was stopped on another page or by a command."


def recorded() -> tuple[str, ...]:
    """Return what everyone in view has agreed to, and knows: a line of Markdown each."""
    return (*_RECORDED, _FOR_ALL if whose() is None else _FOR_ITS_OWNER)


def consent() -> str:
    """Return the agreement as a session's header has it, without Markdown."""
    return f"{AGREED} {'; '.join(recorded())}.".replace("**", "")


class ViewersRecording:
    """What one viewer records: one recording at a time, which is never lost sight of.

    It is made before a button is pressed. What a press does is kept here and not in
    ``st.session_state``, where Streamlit may end a callback between two of its lines.

    Attributes:
        begun: how many recordings were begun so far.
        by: the program that began the one that goes on; empty: somebody on the page.
        finished: id of the session recorded last, as long as the page shows it.
        note: how it ended, where nobody pressed Stop.
        problem: why it could not be recorded, or not to its end.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recorder: SessionRecorder | None = None
        self.begun = 0
        self.by = ""
        self.finished: str | None = None
        self.note = ""
        self.problem = ""

    @property
    def recorder(self) -> SessionRecorder | None:
        """What records, or has just been stopped by something else than the button."""
        return self._recorder

    @property
    def running(self) -> bool:
        """Whether frames are recorded."""
        recorder = self._recorder
        return recorder is not None and recorder.running

    @property
    def seconds(self) -> float | None:
        """Seconds recorded so far; None while nothing is recorded."""
        recorder = self._recorder
        return recorder.seconds if recorder is not None and recorder.running else None

    def follow(self, session: LiveSession) -> None:
        """Go on with the frames of ``session``, or take leave of what ended by itself.

        A viewer whose connection broke comes back with another session.
        """
        with self._lock:
            if self._recorder is None:
                return
            if self._recorder.running:
                session.recorder = self._recorder
            else:
                self._take_leave(session)

    def start(
        self,
        session: LiveSession,
        description: SessionDescription,
        *,
        with_video: bool,
        by: str = "",
    ) -> SessionRecorder | None:
        """Record ``session``, unless that is what happens already.

        Args:
            session: the viewer's.
            description: what the header states.
            with_video: whether to keep the pictures as well.
            by: see the class.

        Returns:
            what records from now on; None where something did before, or nothing can, for
            which see ``problem``.
        """
        with self._lock:
            if self._recorder is not None:
                return None
            self.finished, self.note, self.problem = None, "", ""
            try:
                self._recorder = session.recorder = SessionRecorder.start(
                    sessions_dir(), description, with_video=with_video
                )
            except SessionError as error:
                self.problem = str(error)
                return None
            self.by = by
            self.begun += 1
            return self._recorder

    def stop(self, session: LiveSession, *, by: str = "") -> bool:
        """End the recording, if there is one; return whether there was.

        Args:
            session: the viewer's.
            by: the program that wants it; empty: somebody on the page.
        """
        with self._lock:
            if self._recorder is None:
                return False
            self._take_leave(session)
            if by and not self.note:
                self.note = f"The program {by} stopped the recording."
            return True

    def _take_leave(self, session: LiveSession) -> None:
        recorder, self._recorder = self._recorder, None
        assert recorder is not None
        ended = not recorder.running
        session.recorder = None
        try:
            self.finished = recorder.stop().id
        except SessionError as error:
            self.problem = str(error)
        self.problem = recorder.problem or self.problem
        if ended and not self.problem:
            self.note = STOPPED if recorder.stopped_by_others else ENDED


def description_of(
    session: LiveSession, card: ModelCard, *, by: str = "", purpose: str = ""
) -> SessionDescription:
    """Return what the header of a recording of ``session`` states, once everyone has agreed.

    Args:
        session: what is recorded.
        card: that of the model that reads it.
        by: the program that says so; empty: somebody ticked the box on the page.
        purpose: what it is recorded for; may be empty.
    """
    snapshot = session.snapshot
    return SessionDescription(
        consent=f"{consent()} Confirmed by the program {by}." if by else consent(),
        model_name=card.name,
        model_checksum=card.files.get(LITERT_FILE, ""),
        camera_size=(snapshot.width, snapshot.height),
        settings={
            **asdict(session.settings),
            "view": view_of(careful=session.settings.smoothing_seconds > 0),
            "rules": [rule.to_json() for rule in session.rules],
        },
        purpose=tidy_purpose(purpose),
    )
