"""What a log must not have in it: whose things, what they are called, from where somebody comes.

Text that is written in advance is kept, what is put into it is judged: numbers are told, errors by
their class, anything that people or other machines have written is not.
"""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from emotion_core.system.storage.folders import PROJECT, personal_roots

#: Stands for what is hidden.
HIDDEN: Final = "…"

# How far a path reaches that stands in a sentence: names in it may have spaces.
_PATH_END: Final = r"(?:[^\n'\"<>|:;(]|:(?=\S))*"
_URL: Final = re.compile(r"\b([a-z][a-z0-9+.-]{1,15})://[^\s'\"<>]+", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_TOKENS: Final = re.compile(
    r"\bemo_[\w-]+"
    r"|\b(?:Bearer|Basic|Digest)\s+[^\s,;'\"]+"
    r"|\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"  # of JSON Web Tokens
    r"|\$argon2[^\s'\"]+"
    r"|\b(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{32,}\b"  # ids of viewers, hashes, secrets
    r"|\b[0-9a-f]{16}\b",  # ids of people
)
_NAMED_SECRET: Final = re.compile(
    r"\b(authorization|cookie|set-cookie|host|origin|referer|forwarded|x-forwarded-[a-z]+|x-real-ip"
    r"|password|secret|token|api[_-]?key)\b(['\"]?\s*[=:]\s*)[^\n]*",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"""(?<![\w])(?:'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")""")
_QUOTED_MORE: Final = re.compile(
    r"[\u201c\u2018\u00ab`][^\u201d\u2019\u00bb`\n]*[\u201d\u2019\u00bb`]"
)
_ABSOLUTE: Final = re.compile(r"(?<![\w.…/])(?:[A-Za-z]:[\\/]|/|~/)[^\s'\"<>|:;,()]+")
_IPV4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\w.]*\d)")
_IPV6: Final = re.compile(
    r"(?<![\w:.])\[?([0-9A-Fa-f:]*:[0-9A-Fa-f:]*(?:\d+(?:\.\d+){3})?)(?:%\w+)?(?:\](?::\d+)?)?"
)

_SENTENCE: Final = "%s"

Names = Callable[[], Iterable[str]]
_names: list[Names] = []


def hide_names(find: Names) -> None:
    """Hide what ``find`` returns too, such as the names of everybody with an account."""
    _names.append(find)


def without_personal(text: str) -> str:
    """Return text without what tells of anybody: see the module.

    Paths of this project and of its libraries stay, from there on.
    """
    for pattern, hidden in (
        (_URL, rf"\1://{HIDDEN}"),
        (_NAMED_SECRET, rf"\1\2{HIDDEN}"),
        (_TOKENS, HIDDEN),
        (_EMAIL, HIDDEN),
    ):
        text = pattern.sub(hidden, text)
    for root, kept in _code_roots():
        text = text.replace(f'"{root}/', f"{kept}/").replace(f"{root}/", f"{kept}/")
    for root in _roots():
        text = re.sub(re.escape(root) + _PATH_END, HIDDEN, text)
    for pattern in (_QUOTED, _QUOTED_MORE, _ABSOLUTE, _IPV4):
        text = pattern.sub(HIDDEN, text)
    text = _IPV6.sub(_without_address, text)
    for name in _known_names():
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", HIDDEN, text, flags=re.IGNORECASE)
    return text


def told(message: object, arguments: Any) -> str:
    """Return what a log's line says, given what was put into which text.

    Args:
        message: the text, with ``%s`` and so on in it.
        arguments: a tuple or a dictionary of what goes there; empty: it is the text as it is.
    """
    text = str(message)
    if not arguments:
        return without_personal(text)
    shown: Any
    if text == _SENTENCE:  # a whole text, made elsewhere
        (only,) = arguments if isinstance(arguments, tuple) else (arguments,)
        return without_personal(only) if isinstance(only, str) else str(_shown(only))
    if isinstance(arguments, dict):
        shown = {name: _shown(value) for name, value in arguments.items()}
    else:
        shown = tuple(map(_shown, arguments if isinstance(arguments, tuple) else (arguments,)))
    try:
        return without_personal(text % shown)
    except (TypeError, ValueError, KeyError):  # as many as it has not
        return without_personal(text)


def described(error: BaseException) -> str:
    """Return an error's class and, of the system's own, what it says; its text may be personal."""
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {without_personal(error.strerror)}"
    return type(error).__name__


def code_place(path: str) -> str:
    """Return a file of this project's or a library's without where it is installed."""
    for root, kept in _code_roots():
        if path.startswith(f"{root}/"):
            return f"{kept}{path[len(root) :]}".lstrip("/")
    return HIDDEN if path.startswith(("/", "~")) or ":\\" in path else path


def _shown(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return described(value) if isinstance(value, BaseException) else HIDDEN


def _without_address(found: re.Match[str]) -> str:
    try:
        ipaddress.IPv6Address(found[1])
    except ValueError:
        return found[0]  # such as a time
    return HIDDEN


def _code_roots() -> list[tuple[str, str]]:
    libraries = sorted({each for each in sys.path if each.endswith("-packages")}, key=len)
    roots = [*((each, "") for each in libraries), (str(PROJECT), "."), (sys.base_prefix, "python")]
    return [(root, kept or "packages") for root, kept in roots if len(root) > 1]


def _roots() -> list[str]:
    roots = personal_roots()
    with suppress(RuntimeError):  # nobody of that name is here
        roots.append(Path.home())
    return sorted({str(each) for each in roots if len(str(each)) > 1}, key=len, reverse=True)


def _known_names() -> list[str]:
    found: set[str] = set()
    for find in _names:
        with suppress(Exception):  # a log is no place to fail
            found |= {name for name in find() if len(name) > 1}
    return sorted(found, key=len, reverse=True)
