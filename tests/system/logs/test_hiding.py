"""What a log must not have in it, each kind by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_core.errors import SessionError
from emotion_core.system.logs import hiding
from emotion_core.system.logs.hiding import (
    HIDDEN,
    code_place,
    described,
    hide_names,
    told,
    without_personal,
)
from emotion_core.system.storage.folders import PROJECT


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_DATA_DIR", "/srv/emotion data")
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", "/mnt/recordings")
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setattr(hiding, "_names", [])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        # names of persons, and of what they made, as this project's errors have them
        ("expected a new name, found 'Ada Lovelace', which is taken", "which is taken"),
        ('found "Ada\'s faces"; choose another', "choose another"),
        ("the run “Ada, first” cannot start", "cannot start"),
        # emails
        ("ada.lovelace+x@example.org was refused", "was refused"),
        # addresses of machines
        ("10.1.2.3:51234 - connection closed", "connection closed"),
        ("ice: 192.168.178.20 failed", "failed"),
        ("from ('203.0.113.7', 51000)", "from"),
        ("peer [2001:db8::7]:443 went", "went"),
        ("peer fe80::1%eth0 went", "went"),
        # paths with names of people's things
        ("/srv/emotion data/own_data/Ada Lovelace/happy/1.png: cannot be read", "cannot be read"),
        ("/mnt/recordings/Ada at noon; free up space", "free up space"),
        ("/home/ada/films/wedding.mp4 (gone)", "gone"),
        ("moved to /media/usb/ada.zip, then", ", then"),
        (r"C:\Users\ada\faces.csv is there", "is there"),
        # headers
        ("Host: class.ada.example", ""),
        ("This app was asked for as 'class.ada.example'. See", "See"),
        ("x-forwarded-for=10.0.0.9 ada", ""),
        ("Cookie: _streamlit_user=ada", ""),
        # tokens and passwords
        ("emo_Zk3ada_9sK-ada was used", "was used"),
        ("Authorization: Bearer ada.ada", ""),
        ("sent Bearer ada8273/x+= to it", "to it"),
        ("password=ada", ""),
        ("$argon2id$v=19$m=65536$ada$ada is the hash", "is the hash"),
        ("eyJhbGciOi.eyJhZGEiOjF9.ada_x went by", "went by"),
        # addresses in the web
        ("rtsp://ada:secret@camera.ada.example/live does not answer", "does not answer"),
        ("https://ada.example/a?token=ada answered 500", "answered 500"),
    ],
)
def test_nothing_of_anybody_is_left(text: str, kept: str) -> None:
    found = without_personal(text)
    for personal in ("ada", "Ada", "ADA", "10.", "192.", "203.", "2001:", "fe80", "secret@"):
        assert personal not in found
    assert kept in found
    assert HIDDEN in found


@pytest.mark.parametrize(
    "text",
    [
        "The recording of a session ended early.",
        "at 12:30:45 the disk was full",
        "streamlit 1.52.2 is not the version in requirements.txt",
        "An upload of 20 MB was refused: 2000 MB of uploads are kept.",
        "it's the app's own name, and the viewer's",
    ],
)
def test_what_is_nobodys_stays(text: str) -> None:
    assert without_personal(text) == text


def test_names_of_those_who_have_accounts() -> None:
    text = "user Zoe Quill (zoe) has come"
    assert without_personal(text) == text
    hide_names(lambda: ["Zoe Quill", "zoe"])

    def fail() -> list[str]:
        raise OSError(5, "the disk fails")

    hide_names(fail)
    assert without_personal(text) == f"user {HIDDEN} ({HIDDEN}) has come"


def test_what_is_put_into_a_text_is_judged_by_its_kind() -> None:
    assert told("%s has %d of %.1f MB", ("Ada", 3, 2.5)) == f"{HIDDEN} has 3 of 2.5 MB"
    assert told("%(who)s: %(n)d", {"who": "Ada", "n": 1}) == f"{HIDDEN}: 1"
    assert told("%s is damaged", (Path("/x/Ada"),)) == f"{HIDDEN} is damaged"
    assert told("failed: %s", (SessionError("Ada is being recorded"),)) == "failed: SessionError"
    full = OSError(28, "No space left on device", "/srv/Ada")
    assert told("failed: %s", (full,)) == "failed: OSError: No space left on device"
    assert told("%s", ("asked for as 'ada.example'; add it",)) == f"asked for as {HIDDEN}; add it"
    assert told("100%", ()) == "100%"
    assert told("%d of %d", (1,)) == "%d of %d"


def test_errors_are_told_by_their_class() -> None:
    assert described(ValueError("Ada")) == "ValueError"
    assert described(FileNotFoundError(2, "No such file or directory", "Ada")) == (
        "FileNotFoundError: No such file or directory"
    )


def test_places_of_code_stay() -> None:
    assert code_place(f"{PROJECT}/emotion_core/errors.py") == "./emotion_core/errors.py"
    assert code_place(pytest.__file__) == "packages/pytest/__init__.py"
    assert code_place("/home/ada/script.py") == HIDDEN
    text = f"a request ended in ValueError:\n  {PROJECT}/emotion_core/api/problems.py, line 3, in f"
    assert without_personal(text).endswith("\n  ./emotion_core/api/problems.py, line 3, in f")
