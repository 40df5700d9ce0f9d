"""Marks that a program makes in what is recorded of a stream: the same as those of the page."""

from __future__ import annotations

from typing import Final

from emotion_core.errors import StreamError
from emotion_core.live.streams.registry import LiveStream
from emotion_core.sessions.edits.kinds import Mark
from emotion_core.sessions.edits.marks import add_mark

#: Seconds that a mark may lie ahead: those of something that is about to be shown.
AHEAD: Final = 5.0


def mark_stream(
    stream: LiveStream,
    label: str,
    moment: float,
    *,
    now: float,
    seconds: float = 0.0,
    person: int | None = None,
) -> Mark:
    """Add a mark to what is being recorded of a stream, and return it.

    Args:
        stream: any.
        label: what happened.
        moment: when it did, in seconds of the app's clock, ``time.monotonic``.
        now: the same clock's time now.
        seconds: how long it lasts; 0 for a moment.
        person: whom it is about; None: all of them.

    Raises:
        StreamError: nothing is recorded, or ``moment`` is not within the recording.
        SessionError: the label or a number is none, or the mark cannot be written.
    """
    recorder = stream.recorder
    start = recorder.seconds_at(moment)
    if start < 0 or moment > now + AHEAD:
        raise StreamError(
            f"expected a time within the recording, which began {recorder.seconds_at(now):.1f} s "
            f"ago, found {now - moment:.1f} s ago; send a time of the clock that was named, or "
            "none for this moment"
        )
    mark = add_mark(recorder, start, label, seconds=seconds, person=person, source="api")
    if (publisher := stream.session.publisher) is not None:
        publisher.mark(moment, mark.label)
    return mark
