"""Many videos, by processes: the real ones, with the model that ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_core.recorded.pool import processes
from emotion_core.recorded.pool.pool import VideoPool
from emotion_core.recorded.pool.state import VideoState
from emotion_core.sessions.header import FACES_FILE, FRAMES_FILE
from emotion_core.sessions.tables import read_tables
from tests.recorded.films import job
from tests.recorded.portraits import write_portrait_film


def rows(folder: Path) -> tuple[bytes, bytes]:
    return (folder / FRAMES_FILE).read_bytes(), (folder / FACES_FILE).read_bytes()


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return write_portrait_film(tmp_path_factory.mktemp("films") / "film.mp4", 4.0)


class EnoughError(Exception):
    """As somebody who presses Ctrl-C."""


def test_two_processes_read_as_one_does(film, tmp_path):
    one, two = job(film, tmp_path / "one"), job(film, tmp_path / "two")
    for wanted, workers in ((one, 1), (two, 2)):
        pool = VideoPool([wanted], workers=workers, segment_seconds=1.5)
        pool.run()
        (video,) = pool.videos
        assert (video.phase, video.problem) == ("finished", "")
        assert (video.frames, video.persons) == (80, 1)
    assert rows(one.target) == rows(two.target)
    _, faces = read_tables(one.target)
    assert faces["frame"].tolist() == list(range(1, 81))
    assert (faces["answer"] == "happy").mean() > 0.9  # the astronaut laughs


def test_one_bad_film_does_not_keep_from_the_others(film, tmp_path):
    bad = tmp_path / "bad.mp4"
    bad.write_text("no film")
    gone = job(tmp_path / "gone.mp4", tmp_path / "out" / "gone")
    jobs = [job(bad, tmp_path / "out" / "bad"), gone, job(film, tmp_path / "out" / "film")]
    pool = VideoPool(jobs, workers=2)
    pool.run()
    assert [video.phase for video in pool.videos] == ["failed", "failed", "finished"]
    assert "expected a video such as MP4" in pool.videos[0].problem
    assert "expected a video file, found one that cannot be read" in pool.videos[1].problem
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["film"]


def test_who_interrupts_it_goes_on_later(film, tmp_path):
    wanted = job(film, tmp_path / "film")

    def enough(pool: VideoPool) -> None:
        if pool.videos[0].plan is not None and len(pool.videos[0].plan.missing()) <= 2:
            raise EnoughError

    pool = VideoPool([wanted], segment_seconds=1.0)
    with pytest.raises(EnoughError):
        pool.run(enough)
    assert wanted.state() == "begun"
    pool = VideoPool([wanted], segment_seconds=1.0)
    pool.run()
    (video,) = pool.videos
    assert video.phase == "finished"
    assert video.kept_seconds >= 2.0
    again = VideoPool([wanted])
    again.run()
    assert [video.phase for video in again.videos] == ["kept"]


def test_a_process_that_dies_costs_its_film(film, tmp_path, monkeypatch):
    ask = processes.Child.ask

    def dying(child, request, **options):
        if request["do"] == "read" and "first" in request["job"]["target"]:
            child._process.kill()
        return ask(child, request, **options)

    monkeypatch.setattr(processes.Child, "ask", dying)
    pool = VideoPool([job(film, tmp_path / "first"), job(film, tmp_path / "second")])
    pool.run()
    assert [video.phase for video in pool.videos] == ["failed", "finished"]
    assert "the process that read it ended" in pool.videos[0].problem


def test_time_left_is_by_what_is_done():
    video = VideoState(job(Path("film.mp4"), Path("out")))
    assert (video.share, video.rate, video.seconds_left) == (0.0, 0.0, None)
