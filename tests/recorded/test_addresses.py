"""Videos at addresses, and results that go to one: file://, as every machine has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_core.cli import EXIT_BAD_INPUT, main
from emotion_core.recorded.job import VideoJob
from emotion_core.recorded.pool.carrying import AddressedJob
from emotion_core.recorded.pool.pool import VideoPool
from emotion_core.recorded.pool.worker import Worker
from emotion_core.sessions.header import FACES_FILE, FRAMES_FILE
from tests.recorded.films import job
from tests.recorded.portraits import write_portrait_film


def rows(folder: Path) -> tuple[bytes, bytes]:
    return (folder / FRAMES_FILE).read_bytes(), (folder / FACES_FILE).read_bytes()


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("films") / "Filme für alle #1"
    (folder / "below").mkdir(parents=True)
    write_portrait_film(folder / "talk.mp4", 3.0)
    write_portrait_film(folder / "below" / "talk.mp4", 1.0)
    return folder


def addressed(wanted: VideoJob, target: str) -> AddressedJob:
    return AddressedJob(f"file://{wanted.path}", target, wanted.model, wanted.settings)


def test_the_command_takes_addresses(films, tmp_path, capsys):
    here, there = tmp_path / "here", tmp_path / "there"
    assert main(["analyze", str(films), "--out", str(here)]) == 0
    command = ["analyze", f"file://{films}", "--out", f"file://{there}", "--json"]
    assert main(command) == 0
    names = sorted(path.name for path in here.iterdir())
    assert sorted(path.name for path in there.iterdir()) == [*names, "videos.json"]
    for name in ("talk", "talk-2"):
        assert rows(there / name) == rows(here / name)
        table = f"{name}-faces.csv"
        assert (there / table).read_bytes() == (here / table).read_bytes()
    capsys.readouterr()
    (there / "talk-faces.csv").unlink()
    assert main(command) == 0
    assert capsys.readouterr().out.count("analyzed before (--again") == 2
    assert (there / "talk-faces.csv").read_bytes() == (here / "talk-faces.csv").read_bytes()


def test_who_is_interrupted_goes_on_at_the_address(films, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    wanted = job(films / "talk.mp4", tmp_path / "here" / "talk")
    VideoPool([wanted], segment_seconds=1.0).run()
    there = addressed(wanted, f"file://{tmp_path}/there/talk")

    def enough(_: VideoPool) -> None:
        if [*tmp_path.glob("there/.talk-reading/*/segment-*")]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        VideoPool([there], segment_seconds=1.0).run(enough)
    pool = VideoPool([there], segment_seconds=1.0)
    pool.run()
    (video,) = pool.videos
    assert (video.phase, video.problem) == ("finished", "")
    assert video.kept_seconds >= 1.0
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["talk"]
    assert rows(tmp_path / "there" / "talk") == rows(wanted.target)
    assert [*(tmp_path / "temporary").iterdir()] == []  # nor the video that was brought


def test_nothing_of_others_is_replaced(films, tmp_path):
    (tmp_path / "talk").mkdir()
    (tmp_path / "talk" / "notes.txt").write_text("mine")
    pool = VideoPool([addressed(job(films / "talk.mp4", tmp_path), f"file://{tmp_path}/talk")])
    pool.run()
    assert "found something else; move it" in pool.videos[0].problem
    assert (tmp_path / "talk" / "notes.txt").read_text() == "mine"


def test_a_video_is_brought_once(films, tmp_path, monkeypatch):
    brought = []
    monkeypatch.setattr(
        "emotion_core.recorded.addresses.fetch",
        lambda address, target: brought.append(address) or target.write_bytes(b"film"),
    )
    worker = Worker()
    content = addressed(job(films / "talk.mp4", tmp_path), str(tmp_path / "talk")).to_json()
    for _ in range(2):
        worker._carrier.carried(content).bring_video()
    assert brought == [f"file://{films}/talk.mp4"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("file:///nowhere/at/all", "expected videos below it, found none"),
        ("file:///nowhere/talk.mp4", "expected a video file, found none; check whether"),
        ("nothing://like/that", "expected a file or folder that can be read, found that it is not"),
    ],
)
def test_what_is_not_there_is_told(tmp_path, capsys, given, said):
    assert main(["analyze", given, "--out", f"file://{tmp_path}/out"]) == EXIT_BAD_INPUT
    assert said in capsys.readouterr().err
