"""What the app is built of: packages with their versions and licences, as these say themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata
from typing import Final

from emotion_core.system.storage.folders import PROJECT

_REQUIREMENT: Final = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(\[[^]]*\])?==")
_CLASSIFIER: Final = "License :: OSI Approved :: "
#: Old packages have the whole text where the name should be.
_LONGEST_NAME: Final = 80
UNKNOWN: Final = "not said"


@dataclass(frozen=True)
class Package:
    """A package that is installed.

    Attributes:
        name: as the list of requirements has it.
        version: that is installed.
        licence: as the package itself names it; ``UNKNOWN`` where it does not.
        summary: what it is, in its own words.
    """

    name: str
    version: str
    licence: str
    summary: str


def required_packages() -> tuple[Package, ...]:
    """Return the packages that this project asks for, as they are installed here.

    One that is not installed, or a project without its list of requirements, is left out.
    """
    try:
        lines = (PROJECT / "requirements.txt").read_text("utf-8").splitlines()
    except OSError:
        return ()
    asked = [found["name"] for line in lines if (found := _REQUIREMENT.match(line))]
    return tuple(package for name in asked if (package := installed(name)) is not None)


def installed(name: str) -> Package | None:
    """Return a package as it is installed here; None where it is not."""
    try:
        known = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    return Package(name, known["Version"], _licence(known), _one(known, "Summary"))


def _licence(known: metadata.PackageMetadata) -> str:
    """Return the licence of a package's core metadata; since version 2.4 it is one SPDX name."""
    if named := _one(known, "License-Expression"):
        return named
    told = _one(known, "License")
    if told and len(told) <= _LONGEST_NAME and "\n" not in told:
        return told
    approved = [
        each.removeprefix(_CLASSIFIER)
        for each in known.get_all("Classifier") or []
        if each.startswith(_CLASSIFIER)
    ]
    return ", ".join(approved) or UNKNOWN


def _one(known: metadata.PackageMetadata, field: str) -> str:
    return next(iter(known.get_all(field) or []), "").strip()
