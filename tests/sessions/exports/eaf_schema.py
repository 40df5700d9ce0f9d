"""The rules of the ELAN Annotation Format's schema (EAFv3.0.xsd), as far as our files go.

No library at hand reads the schema, so the parts of it that concern our files are written down:
which elements follow each other, which attributes they must and may have, and of what types these
are. Elements that we do not write, such as vocabularies, are not allowed.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise
from typing import Final
from xml.etree import ElementTree

_UNBOUNDED: Final = 10**9
_LOCATION: Final = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"
#: Of each element: its children in order, each with how many there may be; attributes it must
#: have; attributes it may have.
_ELEMENTS: Final[dict[str, tuple[dict[str, tuple[int, int]], dict[str, str], dict[str, str]]]] = {
    "ANNOTATION_DOCUMENT": (
        {
            "HEADER": (1, 1),
            "TIME_ORDER": (1, 1),
            "TIER": (0, _UNBOUNDED),
            "LINGUISTIC_TYPE": (0, _UNBOUNDED),
        },
        {"DATE": "dateTime", "AUTHOR": "string", "VERSION": "string"},
        {"FORMAT": "string", _LOCATION: "string"},
    ),
    "HEADER": (
        {"MEDIA_DESCRIPTOR": (0, _UNBOUNDED)},
        {},
        {"MEDIA_FILE": "string", "TIME_UNITS": "units"},
    ),
    "MEDIA_DESCRIPTOR": (
        {},
        {"MEDIA_URL": "anyURI", "MIME_TYPE": "string"},
        {"RELATIVE_MEDIA_URL": "anyURI", "TIME_ORIGIN": "long", "EXTRACTED_FROM": "anyURI"},
    ),
    "TIME_ORDER": ({"TIME_SLOT": (0, _UNBOUNDED)}, {}, {}),
    "TIME_SLOT": ({}, {"TIME_SLOT_ID": "ID"}, {"TIME_VALUE": "unsignedInt"}),
    "TIER": (
        {"ANNOTATION": (0, _UNBOUNDED)},
        {"TIER_ID": "string", "LINGUISTIC_TYPE_REF": "string"},
        {"PARTICIPANT": "string", "ANNOTATOR": "string"},
    ),
    "ANNOTATION": ({"ALIGNABLE_ANNOTATION": (1, 1)}, {}, {}),
    "ALIGNABLE_ANNOTATION": (
        {"ANNOTATION_VALUE": (1, 1)},
        {"ANNOTATION_ID": "ID", "TIME_SLOT_REF1": "IDREF", "TIME_SLOT_REF2": "IDREF"},
        {},
    ),
    "ANNOTATION_VALUE": ({}, {}, {}),
    "LINGUISTIC_TYPE": (
        {},
        {"LINGUISTIC_TYPE_ID": "string"},
        {"TIME_ALIGNABLE": "boolean", "GRAPHIC_REFERENCES": "boolean"},
    ),
}
_PATTERNS: Final = {
    "ID": r"[^\W\d][\w.\-]*",
    "IDREF": r"[^\W\d][\w.\-]*",
    "unsignedInt": r"\d{1,10}",
    "long": r"-?\d{1,19}",
    "boolean": r"true|false|0|1",
    "anyURI": r"\S*",
    "string": r"(?s:.*)",
}
_UNITS: Final = ("milliseconds", "NTSC-frames", "PAL-frames")


def schema_problems(text: str) -> list[str]:
    """Return what in an ``.eaf`` file the schema does not allow; nothing where it is valid."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        return [f"not well-formed: {error}"]
    if root.tag != "ANNOTATION_DOCUMENT":
        return [f"the root is {root.tag}"]
    problems = [problem for element in root.iter() for problem in _of_element(element)]
    return problems + _of_names(root)


def _of_element(element: ElementTree.Element) -> list[str]:
    if element.tag not in _ELEMENTS:
        return [f"{element.tag} is unknown"]
    children, must, may = _ELEMENTS[element.tag]
    problems = [f"{element.tag} has no {name}" for name in must if name not in element.attrib]
    for name, value in element.attrib.items():
        kind = (must | may).get(name)
        if kind is None:
            problems.append(f"{element.tag} may have no {name}")
        elif problem := _of_value(value, kind):
            problems.append(f"{name} {value!r} {problem}")
    order = list(children)
    found = [child.tag for child in element]
    for before, tag in pairwise(found):
        if tag in order and before in order and order.index(tag) < order.index(before):
            problems.append(f"{tag} follows {before} in {element.tag}")
    problems += [f"{tag} in {element.tag}" for tag in set(found) - set(order)]
    for tag, (least, most) in children.items():
        if not least <= found.count(tag) <= most and f"{tag} follows" not in str(problems):
            problems.append(f"{found.count(tag)} times {tag} in {element.tag}")
    return problems


def _of_value(value: str, kind: str) -> str:
    if kind == "units":
        return "" if value in _UNITS else "is none of them"
    if kind == "dateTime":
        try:
            return "" if "T" in value and datetime.fromisoformat(value) else "is no dateTime"
        except ValueError:
            return "is no dateTime"
    return "" if re.fullmatch(_PATTERNS[kind], value) else f"is no {kind}"


def _of_names(root: ElementTree.Element) -> list[str]:
    """Look at what must be there once, and at what names something that must be there."""
    slots = [slot.get("TIME_SLOT_ID") for slot in root.iter("TIME_SLOT")]
    ids = slots + [each.get("ANNOTATION_ID") for each in root.iter("ALIGNABLE_ANNOTATION")]
    tiers = [tier.get("TIER_ID") for tier in root.iter("TIER")]
    types = [each.get("LINGUISTIC_TYPE_ID") for each in root.iter("LINGUISTIC_TYPE")]
    problems = [
        f"{name} {value!r} is there twice"
        for name, values in (("ID", ids), ("TIER_ID", tiers), ("LINGUISTIC_TYPE_ID", types))
        for value in {value for value in values if values.count(value) > 1}
    ]
    problems += [
        f"LINGUISTIC_TYPE_REF {tier.get('LINGUISTIC_TYPE_REF')!r} names none"
        for tier in root.iter("TIER")
        if tier.get("LINGUISTIC_TYPE_REF") not in types
    ]
    return problems + [
        f"{name} {each.get(name)!r} is no IDREF: nothing has that ID"
        for each in root.iter("ALIGNABLE_ANNOTATION")
        for name in ("TIME_SLOT_REF1", "TIME_SLOT_REF2")
        if each.get(name) not in slots
    ]
