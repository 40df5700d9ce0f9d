"""A session as an ``.eaf`` file for ELAN, with a tier for each person, for marks and for rules.

By the ELAN Annotation Format 3.0 of the Max Planck Institute for Psycholinguistics
(http://www.mpi.nl/tools/elan/EAFv3.0.xsd): times are whole milliseconds, and annotations of one
tier do not overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree

from emotion_core.sessions.exports.annotations import Annotation, in_order

#: Milliseconds that a moment is drawn as: ELAN has no annotation without a length.
MOMENT_MILLISECONDS: Final = 40

_TYPE: Final = "default-lt"
_SCHEMA: Final = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass
class _Tier:
    """Annotations that do not overlap: start, end in milliseconds and text, in order."""

    name: str
    participant: str = ""
    cells: list[tuple[int, int, str]] = field(default_factory=list)


def eaf(found: Sequence[Annotation], *, created: str, author: str, video: str | None) -> str:
    """Return annotations as the text of an ``.eaf`` file.

    Args:
        found: with times of the video, see `annotations.in_video`.
        created: time in ISO 8601 with its offset.
        author: what made the file.
        video: name of the video beside it; None without one.
    """
    ElementTree.register_namespace("xsi", _INSTANCE)
    document = ElementTree.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": author,
            "DATE": created,
            "FORMAT": "3.0",
            "VERSION": "3.0",
            f"{{{_INSTANCE}}}noNamespaceSchemaLocation": _SCHEMA,
        },
    )
    header = _add(document, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    if video is not None:
        place = f"./{video}"
        _add(
            header, "MEDIA_DESCRIPTOR", MEDIA_URL=place, MIME_TYPE="video/mp4",
            RELATIVE_MEDIA_URL=place,
        )  # fmt: skip
    order = _add(document, "TIME_ORDER")
    tiers = _tiers(found)
    times = [time for tier in tiers for start, end, _ in tier.cells for time in (start, end)]
    # Each annotation has two slots of its own; all of them stand in the order of time.
    in_time = sorted(range(len(times)), key=lambda each: times[each])
    slots: dict[int, str] = {}
    for number, each in enumerate(in_time, start=1):
        slots[each] = f"ts{number}"
        _add(order, "TIME_SLOT", TIME_SLOT_ID=slots[each], TIME_VALUE=str(times[each]))
    annotations = 0
    for tier in tiers:
        names = {"PARTICIPANT": tier.participant} if tier.participant else {}
        element = _add(document, "TIER", LINGUISTIC_TYPE_REF=_TYPE, TIER_ID=tier.name, **names)
        for _, _, text in tier.cells:
            annotation = _add(
                _add(element, "ANNOTATION"), "ALIGNABLE_ANNOTATION",
                ANNOTATION_ID=f"a{annotations + 1}", TIME_SLOT_REF1=slots[2 * annotations],
                TIME_SLOT_REF2=slots[2 * annotations + 1],
            )  # fmt: skip
            _add(annotation, "ANNOTATION_VALUE").text = text
            annotations += 1
    _add(
        document, "LINGUISTIC_TYPE", GRAPHIC_REFERENCES="false", LINGUISTIC_TYPE_ID=_TYPE,
        TIME_ALIGNABLE="true",
    )  # fmt: skip
    ElementTree.indent(document, "    ")
    written = ElementTree.tostring(document, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'


def _add(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, attributes)


def _tiers(found: Sequence[Annotation]) -> list[_Tier]:
    """Return tiers of annotations that do not overlap; people first, then marks and rules."""
    tiers: dict[tuple[str, int], list[_Tier]] = {}
    taken: set[str] = set()
    for each in in_order(found):
        person = (each.person or 0) if each.kind == "expression" else 0
        own = tiers.setdefault((each.kind, person), [])
        start = round(1000 * each.start)
        end = max(round(1000 * each.end), start + (1 if each.seconds else MOMENT_MILLISECONDS))
        tier = next((tier for tier in own if tier.cells[-1][1] <= start), None)
        if tier is None:
            participant = _text(each.name) if person else ""
            name = participant or f"{each.kind}s"
            if person and name in taken:  # two people of one name
                name = f"{name} ({person})"
            name = f"{name} {len(own) + 1}" if own else name
            taken.add(name)
            tier = _Tier(name, participant)
            own.append(tier)
        tier.cells.append((start, end, _text(each.text)))
    return [tier for key in sorted(tiers) for tier in tiers[key]]


def _text(text: str) -> str:
    """Return text without the control characters that XML cannot hold."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
