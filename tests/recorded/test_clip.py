"""Clips of sessions: drawn on as corrected, or only cut."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from emotion_core.access.audit import entries
from emotion_core.cli import main
from emotion_core.emotions import EMOTIONS
from emotion_core.faces.boxes import Box
from emotion_core.faces.drawing import draw_faces_on
from emotion_core.faces.readings import FaceReading, PersonReading
from emotion_core.live.smoothing import SteadyReading
from emotion_core.recorded.film.clip import DRAWN_ON, Clip, write_clip
from emotion_core.sessions.edits.folding import read_edited
from emotion_core.sessions.edits.persons import correct_answer, name_person
from emotion_core.sessions.edits.ranges import TimeRange
from tests.recorded.films import analyst, job, picture_at
from tests.recorded.test_film import analyzed, tone_begins, write_film_with_sound
from tests.sessions.recordings import STARTED, start

SCORES = (0.05, 0.05, 0.05, 0.7, 0.05, 0.05, 0.05)


def pictures_of(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(str(path)) as container:
        return [
            (float(each.time), each.to_ndarray(format="bgr24"))
            for each in container.decode(video=0)
        ]


def test_a_clip_has_its_range_and_sound_and_boxes_as_corrected(tmp_path):
    film = write_film_with_sound(tmp_path / "film.mp4")
    with analyst() as reader:
        session = reader.analyze(job(film, tmp_path / "film"))
    name_person(session, 1, "Zoë")
    correct_answer(session, 1, 0.9, 1.1, "fear")
    clip, shares = tmp_path / "clip.mp4", []
    made = write_clip(session, TimeRange(0.5, 2.0), clip, shares.append)
    assert made == Clip(30, drawn_on=False)
    assert max(shares) > 0.5
    pictures = pictures_of(clip)
    assert [each for each, _ in pictures] == pytest.approx([n / 20 for n in range(30)], abs=0.01)
    assert tone_begins(clip) == pytest.approx(0.5, abs=0.1)
    faces = read_edited(session).faces.set_index("frame")
    for place, answer in ((10, "fear"), (20, None)):
        row = faces.iloc[place + 10]
        box = Box(*(int(row[each]) for each in ("x", "y", "width", "height")))
        scores = tuple(float(row[each]) for each in EMOTIONS)

        def off(held: str, name: str, box=box, scores=scores, place=place) -> float:
            wanted = picture_at(0.5 + place / 20)
            draw_faces_on(wanted, [SteadyReading(box, scores, held=held)], numbers=[name])
            return float(np.abs(pictures[place][1].astype(int) - wanted).mean())

        held = answer or row["emotion"]
        other = row["emotion"] if answer else "fear"
        assert held != other
        assert off(held, "Zoe") < min(off(other, "Zoe"), off(held, "Bob")) < 50


def test_boxes_are_drawn_on_a_live_sessions_video_where_its_rows_say(tmp_path):
    """It begins half a second after the session, and has nothing drawn on it itself."""
    recorder = start(tmp_path / "sessions", with_video=True)
    gray = np.full((120, 160, 3), 90, np.uint8)
    for number in range(14):  # as many as the encoder lets wait
        row = PersonReading(1, 1, FaceReading(Box(10 + 5 * number, 40, 30, 30), SCORES, 0.5))
        recorder.record(STARTED + 0.5 + number / 5, [row], gray)
    session = recorder.stop()
    made = write_clip(session, TimeRange(1.0, 2.5), tmp_path / "clip.mp4", lambda _: None)
    assert not made.drawn_on
    assert (noted := entries().entries[0]).name == session.id
    assert (noted.action, noted.detail) == ("exported", "clip")
    pictures = pictures_of(tmp_path / "clip.mp4")
    assert len(pictures) == made.frames >= 7
    for time, image in pictures:
        (columns,) = np.nonzero((np.abs(image[45:65].astype(int) - 90).max(axis=2) > 60).any(0))
        number = round((1.0 + time - 0.5) * 5)
        assert columns.min() == pytest.approx(10 + 5 * number, abs=4)


def test_the_own_video_of_a_session_is_only_cut(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path))
    film = write_film_with_sound(tmp_path / "film.mp4")
    session = analyzed(film, tmp_path / "20260101-120000", start=0.5)
    film.unlink()
    whole = dict(pictures_of(session.video))
    clip = tmp_path / "clip.mp4"
    command = ["sessions", "clip", session.id, "--from", "1", "--to", "0:02"]
    assert main([*command, str(clip)]) == 0
    said = capsys.readouterr()
    assert f"Wrote {clip}: 1.0 s, 20 pictures" in said.out
    assert DRAWN_ON in said.err
    time, image = pictures_of(clip)[4]
    assert time == pytest.approx(0.2)
    near = min(whole, key=lambda each: abs(each - 0.7))  # it begins at 0.5 s of the session
    assert np.abs(image.astype(int) - whole[near]).mean() < 5
    assert tone_begins(clip) == pytest.approx(0.0, abs=0.1)

    before = clip.read_bytes()
    for arguments, told in (
        ([*command[:4], "50", "--to", "51", str(clip)], "expected a range within 0 to 3.0 s"),
        ([*command, str(tmp_path / "clip.avi")], "expected a name that ends in .mp4, found .avi"),
    ):
        assert main(arguments) == 2
        assert told in capsys.readouterr().err
    session.video.write_bytes(b"no video")
    assert main([*command, str(clip)]) == 2
    assert "expected to cut a clip from video.mp4" in capsys.readouterr().err
    session.video.unlink()
    assert main([*command, str(clip)]) == 2
    assert "expected a video, found none with the session" in capsys.readouterr().err
    assert clip.read_bytes() == before
