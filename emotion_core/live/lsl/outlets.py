"""Streams of the Lab Streaming Layer, each with what its readers have to know of it.

The names of the description's parts are those of XDF's metadata, which LabRecorder writes into its
files (https://github.com/sccn/xdf/wiki/Meta-Data).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from emotion_core.emotions import EMOTIONS
from emotion_core.live.lsl.library import pylsl
from emotion_core.sessions.header import app_version

MANUFACTURER: Final = "Emotion dashboard"

#: By these kinds readers find streams; that of marks is LSL's own.
SCORES_KIND: Final = "Expression"
MARKS_KIND: Final = "Markers"

#: What a channel's numbers are: 0 to 1, and the seven add up to 1.
UNIT: Final = "probability"

# Samples kept for a reader that does not keep up, in hundreds: half a minute of 30 a second.
_KEPT: Final = 9


@dataclass(frozen=True)
class Origin:
    """What the streams of one video have in common.

    Attributes:
        id: tells them from those of other videos.
        model: name of the model that reads the expressions.
        checksum: SHA-256 of its file, from its card.
    """

    id: str
    model: str = ""
    checksum: str = ""

    def name_of(self, part: str) -> str:
        """Return what a reader knows a stream again by, after an interruption."""
        return f"emotion-dashboard-{self.id}-{part}"


def scores_outlet(origin: Origin, person: int) -> Any:
    """Return an outlet for one person's scores: a channel each, in the order of ``EMOTIONS``.

    Frames come when they come, so the nominal rate is irregular.

    Raises:
        LslMissingError: pylsl is not there.
        RuntimeError: liblsl makes no stream.
    """
    info = _info(
        f"Expressions, person {person}", SCORES_KIND, len(EMOTIONS), "float32",
        origin, f"person-{person}",
    )  # fmt: skip
    description = info.desc()
    description.append_child_value("person", str(person))
    channels = description.append_child("channels")
    for emotion in EMOTIONS:
        channel = channels.append_child("channel")
        for name, value in (("label", emotion), ("unit", UNIT), ("type", SCORES_KIND)):
            channel.append_child_value(name, value)
    return pylsl().StreamOutlet(info, max_buffered=_KEPT)


def marks_outlet(origin: Origin) -> Any:
    """Return an outlet for the marks: their labels, each at its time.

    Raises:
        LslMissingError: pylsl is not there.
        RuntimeError: liblsl makes no stream.
    """
    info = _info("Expression marks", MARKS_KIND, 1, "string", origin, "marks")
    channel = info.desc().append_child("channels").append_child("channel")
    for name, value in (("label", "mark"), ("unit", "text"), ("type", "Marker")):
        channel.append_child_value(name, value)
    return pylsl().StreamOutlet(info, max_buffered=_KEPT)


def push(outlet: Any, sample: Sequence[float] | Sequence[str], moment: float) -> None:
    """Hand a sample over.

    Args:
        outlet: from `scores_outlet` or `marks_outlet`.
        sample: a value for each channel.
        moment: by ``local_clock`` of LSL.
    """
    outlet.push_sample(list(sample), moment)


def _info(name: str, kind: str, channels: int, format_: str, origin: Origin, part: str) -> Any:
    lsl = pylsl()
    info = lsl.StreamInfo(
        name, kind, channels, lsl.IRREGULAR_RATE, format_, source_id=origin.name_of(part)
    )
    description = info.desc()
    description.append_child_value("manufacturer", MANUFACTURER)
    acquisition = description.append_child("acquisition")
    for key, value in (
        ("manufacturer", MANUFACTURER),
        ("software_version", app_version()),
        ("model", origin.model),
        ("model_checksum", origin.checksum),
        ("stream", origin.id),
    ):
        acquisition.append_child_value(key, value)
    return info
