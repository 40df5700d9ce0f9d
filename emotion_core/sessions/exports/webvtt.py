"""A session as WebVTT: what each face shows as subtitles of its video, marks among them.

By the W3C's "WebVTT: The Web Video Text Tracks Format". Each person has a voice of their name.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from emotion_core.sessions.exports.annotations import Annotation, in_order

#: A moment is read for so many seconds.
MOMENT_SECONDS: Final = 1.0


def webvtt(found: Sequence[Annotation]) -> str:
    """Return annotations as the text of a ``.vtt`` file.

    Args:
        found: with times of the video, see `annotations.in_video`.
    """
    cues = []
    for number, each in enumerate(in_order(found), start=1):
        end = each.end if each.seconds else each.start + MOMENT_SECONDS
        # A blank line would end the cue, and "-->" begin another.
        text = _escaped(each.text)
        if each.name:
            text = f"<v {_escaped(each.name)}>{text}</v>"
        cues.append(f"{number}\n{_clock(each.start)} --> {_clock(end)}\n{text}\n")
    return "\n".join(["WEBVTT\n", *cues])


def _escaped(text: str) -> str:
    return escape(" ".join(text.split()), quote=False)


def _clock(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
