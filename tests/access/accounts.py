"""People with accounts, as far as what is beneath the pages knows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_core.access import room
from emotion_core.access.people.known import note_seen
from emotion_core.access.people.person import Person
from emotion_core.system.storage.homes import open_home

ANN = Person("a" * 16, "Ann", "member")
BEN = Person("b" * 16, "Ben", "member")


def have_accounts(folder: Path, monkeypatch: pytest.MonkeyPatch, people: str = "") -> None:
    """Let Ann and Ben have homes, and [people] say so much, with everything kept in ``folder``."""
    for name in ("SESSIONS", "RUNS", "EXCLUSIONS", "VIDEOS", "MODELS"):
        monkeypatch.delenv(f"EMOTION_{name}_DIR", raising=False)
    monkeypatch.setenv("EMOTION_DATA_DIR", str(folder / "data"))
    secrets = folder / "secrets.toml"
    secrets.write_text(f"[auth]\nserver_metadata_url = 'x'\n{people}", encoding="utf-8")
    monkeypatch.setenv("STREAMLIT_SECRETS_FILES", str(secrets))
    for person in (ANN, BEN):
        note_seen(person, {}, "https://login.example")
        open_home(person.id)
    room._counts.clear()
