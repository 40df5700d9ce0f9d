"""The programs in docs/api.md do what stands beside them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import skimage.data
import skimage.io

from emotion_core.api import videos
from emotion_core.recorded.tasks.control import cancel_task
from emotion_core.recorded.tasks.storage import list_tasks
from emotion_core.sessions.edits.marks import read_marks
from emotion_core.sessions.storage import list_sessions, sessions_dir
from emotion_core.system.storage.folders import PROJECT
from tests.live.streams.made import Viewer, wait_until

ADDRESS = "http://localhost:8501"


@pytest.fixture
def programs(url: str, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return them, each asking the app of this test."""
    monkeypatch.setenv("EMOTION_TOKEN", token)
    monkeypatch.setenv("EMOTION_VIDEOS_DIR", str(tmp_path / "videos"))
    monkeypatch.chdir(tmp_path)
    text = (PROJECT / "docs" / "api.md").read_text("utf-8")
    found = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert all(ADDRESS in each for each in found)
    return [each.replace(ADDRESS, url) for each in found]


def run(program: str) -> None:
    exec(compile(program, "docs/api.md", "exec"), {})


def test_three_lines_follow_a_stream(programs: list[str], viewer: Viewer, capsys) -> None:
    wait_until(lambda: viewer.stream.running)
    (program,) = [each for each in programs if "client.live()" in each]
    _, lines = program.split("\n\n")
    assert len(lines.splitlines()) == 3
    # As somebody's Ctrl-C: otherwise it goes on as long as the video does.
    run(program.replace("client.live()", "__import__('itertools').islice(client.live(), 3)"))
    assert capsys.readouterr().out.count("['uncertain']\n") == 3


def test_an_experiment_is_recorded_with_its_marks(
    programs: list[str], viewer: Viewer, tmp_path: Path
) -> None:
    wait_until(lambda: viewer.stream.running)
    (program,) = [each for each in programs if "client.recording(" in each]
    run(program)
    (session,) = list_sessions(sessions_dir()).sessions
    marks = [(mark.label, mark.seconds) for mark in read_marks(session)]
    assert marks == [("picture 1", 0), ("picture 2", 2)]
    assert (tmp_path / f"session-{session.id}.csv").is_file()


def test_pictures_videos_and_sessions(
    programs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    def cancel(parent: Path) -> None:
        for task in list_tasks(parent).tasks:
            cancel_task(task)

    monkeypatch.setattr(videos, "start_worker", cancel)
    skimage.io.imsave(tmp_path / "photo.jpg", skimage.data.astronaut())
    (tmp_path / "interview.mp4").write_bytes(b"a film")
    (program,) = [each for each in programs if "client.analyze(" in each]
    run(program)
    out = capsys.readouterr().out
    assert out.startswith("photo.jpg [('happy', {'angry': ")
    assert "cancelled 0% \n" in out
