from pathlib import Path

import pytest

from emotion_core.system.storage.folders import PROJECT, data_dir
from pages.widgets import text as shared_text
from pages.widgets.text import located, plain, without_places


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_text, "server_is_offered", lambda: False)


@pytest.mark.parametrize("text", ["*.csv", "a_b_c", "<b>", "$x$", ":red[x]", "&lt;", "me@home.org"])
def test_no_name_becomes_markdown(text):
    escaped = plain(text)
    assert escaped != text
    assert escaped.replace("\\", "") == text


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("/home/ann lee/x.csv: expected", "x.csv: expected"),
        ("found '/home/ann/x.csv' there", "found 'x.csv' there"),
        ("(/home/ann/faces/)", "(faces)"),
        (r"C:\Users\ann\x.csv: expected", "x.csv: expected"),
        ('File "/usr/lib/python3.11/json.py", line 3', 'File "json.py", line 3'),
        ("/x.csv", "x.csv"),
        ("train/happy/1.png and/or 3/4", "train/happy/1.png and/or 3/4"),
        ("http://localhost:8080/event", "http://localhost:8080/event"),
        ("rtsp://me@192.168.1.2/a/b", "rtsp://me@192.168.1.2/a/b"),
    ],
)
def test_viewers_elsewhere_do_not_see_where_things_lie(told, seen, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ann lee"))
    assert without_places(told) == seen
    assert plain(told).replace("\\", "") == seen.replace("\\", "")
    for folder in (data_dir(), PROJECT):
        assert without_places(f"{folder}/ab/c.json is damaged") == "c.json is damaged"


def test_viewers_on_the_machine_do(monkeypatch):
    assert without_places("/home/ann/x.csv") == "/home/ann/x.csv"
    assert located(Path("/data")) == "in `/data` on the machine that runs this app"
    monkeypatch.setattr(shared_text, "server_is_offered", lambda: False)
    assert located(Path("/data")) == "on the machine that runs this app"
