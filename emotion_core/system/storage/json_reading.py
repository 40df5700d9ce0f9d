"""JSON that may be damaged or forged: read within bounds, and checked against declared types.

What a file should hold is declared once, as the dataclass that it becomes or as a ``TypedDict``,
and ``checked`` compares the two at every depth (msgspec does). So nobody who uses a value has to
ask whether a number is one.
"""

from __future__ import annotations

import json
import re
import types
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from emotion_core.quantities import byte_size
from emotion_core.system.storage.files import open_regular

T = TypeVar("T")

#: The largest file that is read, in bytes: a correction list of all of FER2013 has 6 MB.
MAX_JSON_BYTES: Final = 100_000_000

# What msgspec says, in the words of this project's errors.
_WRONG: Final = re.compile(r"Expected (?P<expected>.+?), got (?P<found>.+?)(?: - at `(?P<at>.+)`)?")
_MISSING: Final = re.compile(r"Object missing required field `(?P<name>.+?)`.*")
_WORDS: Final = {
    "object": "names with values",
    "array": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}


def parse_json(text: str | bytes) -> Any:
    """Return what JSON says.

    Raises:
        ValueError: it is none, or is nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_json(path: Path) -> Any:
    """Return what a file of JSON says.

    Raises:
        OSError: it is none or cannot be read.
        ValueError: it is too large, no JSON, or nested too deeply.
    """
    with open_regular(path) as file:
        content = file.read(MAX_JSON_BYTES + 1)
    if len(content) > MAX_JSON_BYTES:
        raise ValueError(f"it has more than {byte_size(MAX_JSON_BYTES)}")
    return parse_json(content.decode("utf-8"))


def checked(content: Any, kind: type[T], *, newer: bool = False) -> T:
    """Return plain JSON values as what they should be.

    Args:
        content: the values.
        kind: a dataclass, a ``TypedDict``, or a type of Python's made of such. Lists become tuples
            where that is declared. Names that a dataclass does not know are refused; those that a
            ``TypedDict`` does not know are left out of what is returned.
        newer: leave names that a dataclass does not know out as well: whoever wrote them may be of
            a later version.

    Raises:
        KeyError: a name is missing.
        ValueError: a name is unknown, or a value of another type; says where.
        EmotionCoreError: what the dataclass raises for values that do not do.
    """
    try:
        if not newer:
            _refuse_unknown(content, kind)
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        if missing := _MISSING.fullmatch(str(error)):
            raise KeyError(missing["name"]) from error
        raise ValueError(_in_words(str(error))) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _in_words(message: str) -> str:
    found = _WRONG.fullmatch(message)
    if found is None:
        return message
    expected, got = (_words(found[name]) for name in ("expected", "found"))
    place = (found["at"] or "$").removeprefix("$").removeprefix(".")
    return (
        f"{place}: expected {expected}, found {got}"
        if place
        else f"expected {expected}, found {got}"
    )


def _words(kinds: str) -> str:
    names = kinds.strip("`").split(" | ")
    return " or ".join(_WORDS.get(name, name) for name in names)


def _refuse_unknown(content: Any, kind: Any) -> None:
    """Refuse names that a dataclass does not have, wherever it stands: msgspec passes them over."""
    if isinstance(kind, type) and is_dataclass(kind):
        if isinstance(content, dict):
            known = _types_of(kind)
            for name, value in content.items():
                if name not in known:
                    raise ValueError(f"expected {', '.join(known)}, found {name!r:.40}")
                _refuse_unknown(value, known[name])
        return
    origin, inner = get_origin(kind), get_args(kind)
    if isinstance(kind, types.UnionType) or origin is not None:
        if isinstance(content, list) and origin in (list, tuple) and inner:
            for value in content:
                _refuse_unknown(value, inner[0])
        elif not isinstance(content, list):
            for each in inner:
                _refuse_unknown(content, each)


@lru_cache(maxsize=64)
def _types_of(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {entry.name: hints[entry.name] for entry in fields(kind)}
