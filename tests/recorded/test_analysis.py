"""One video in, one recording out."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emotion_core.errors import SourceError
from emotion_core.models.folder import load_card
from emotion_core.models.readme.card import write_card
from emotion_core.recorded.job import Progress, recorded_video
from emotion_core.sessions.exports.kinds import export_session
from emotion_core.sessions.header import FACES_FILE, FRAMES_FILE
from emotion_core.sessions.storage import Session, list_sessions, open_session
from emotion_core.sessions.summary import summarize_session
from emotion_core.sessions.tables import read_tables
from emotion_core.system.storage.folders import PROJECT
from tests.recorded.films import RATE, SIDE, analyst, job, place_at, write_face_film


def analyzed(film: Path, target: Path, *, blind_for: int = 0, **settings: object) -> Session:
    with analyst(blind_for=blind_for) as reader:
        return reader.analyze(job(film, target, **settings))


def rows(folder: Path) -> tuple[bytes, bytes]:
    return (folder / FRAMES_FILE).read_bytes(), (folder / FACES_FILE).read_bytes()


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return write_face_film(tmp_path_factory.mktemp("films") / "film.mp4", 6.0)


class TestRecording:
    def test_every_frame_has_its_face(self, film, tmp_path):
        session = analyzed(film, tmp_path / "film")
        frames, faces = read_tables(session.folder)
        assert session.state == "complete"
        assert (session.frames, session.persons) == (120, 1)
        assert frames["frame"].tolist() == list(range(1, 121))
        assert frames["seconds"].tolist() == pytest.approx([n / RATE for n in range(120)])
        assert faces["frame"].tolist() == frames["frame"].tolist()
        assert set(faces["track"]) == set(faces["person"]) == {1}
        truth = np.array([place_at(second) for second in faces["seconds"]])
        assert np.abs(faces[["x", "y"]].to_numpy() - truth).max() <= 4
        assert faces["width"].between(SIDE - 6, SIDE + 6).all()

    def test_whatever_reads_a_session_reads_it(self, film, tmp_path):
        session = analyzed(film, tmp_path / "film")
        assert list_sessions(tmp_path).sessions == (session,)
        assert summarize_session(session).persons[0].seconds == pytest.approx(5.95)
        export_session(session, tmp_path / "film.csv")
        table = pd.read_csv(tmp_path / "film.csv")
        assert len(table) == 120
        # What is known at last is written from the first frame on.
        assert table["person"].tolist() == [1] * 120
        assert recorded_video(session.folder)["path"] == str(film)
        assert session.header.kind == "video"

    def test_a_face_found_late_is_followed_back(self, film, tmp_path):
        session = analyzed(film, tmp_path / "film", blind_for=20)
        _, faces = read_tables(session.folder)
        assert faces["frame"].tolist() == list(range(1, 121))
        truth = np.array([place_at(second) for second in faces["seconds"]])
        assert np.abs(faces[["x", "y"]].to_numpy() - truth).max() <= 6

    def test_it_is_not_followed_to_where_there_was_no_face(self, tmp_path):
        film = write_face_film(tmp_path / "film.mp4", 4.0, shown=lambda second: second >= 1.5)
        session = analyzed(film, tmp_path / "film", blind_for=30)
        _, faces = read_tables(session.folder)
        assert faces["seconds"].min() == pytest.approx(1.5)
        assert set(faces["track"]) == {1}

    def test_times_are_those_of_the_frames(self, tmp_path):
        times = [0.0, 0.04, 0.1, 0.14, 0.5, 0.52, 0.9, 1.0, 1.3, 1.31, 1.6]
        film = write_face_film(tmp_path / "film.mkv", times=times)
        frames, _ = read_tables(analyzed(film, tmp_path / "film").folder)
        assert frames["seconds"].tolist() == pytest.approx(times, abs=0.002)

    def test_an_avi_knows_no_times_of_frames_that_were_reordered(self, tmp_path):
        film = write_face_film(tmp_path / "film.avi")
        frames, _ = read_tables(analyzed(film, tmp_path / "film").folder)
        steps = frames["seconds"].diff().dropna()
        assert len(frames) == 60
        assert (steps >= 0).all()
        assert (steps.iloc[5:] - 1 / RATE).abs().max() < 0.002

    def test_a_part_and_some_of_its_frames(self, film, tmp_path):
        session = analyzed(film, tmp_path / "film", start=2.0, end=4.0, every=0.5)
        frames, faces = read_tables(session.folder)
        assert frames["seconds"].tolist() == pytest.approx([2.0, 2.5, 3.0, 3.5])
        assert faces["frame"].tolist() == [1, 2, 3, 4]

    def test_scores_are_those_of_both_sides(self, film, tmp_path):
        """Every other reading is of the mirror image, which is read as something else; with it,
        scores do not swing. Without smoothing every reading is of the face as it is.
        """
        _, faces = read_tables(analyzed(film, tmp_path / "a").folder)
        _, single = read_tables(analyzed(film, tmp_path / "b", smoothing_seconds=0.0).folder)
        assert faces["happy"].diff().abs().max() < 0.001
        assert single["happy"].diff().abs().max() < 0.001
        assert abs(faces["happy"].mean() - single["happy"].mean()) > 0.003

    def test_what_is_none_leaves_nothing(self, tmp_path):
        (tmp_path / "film.mp4").write_text("no film")
        with pytest.raises(SourceError, match="expected a video such as MP4"):
            analyzed(tmp_path / "film.mp4", tmp_path / "out" / "film")
        assert list((tmp_path / "out").iterdir()) == []

    def test_a_part_behind_the_end(self, film, tmp_path):
        with pytest.raises(SourceError, match=r"expected frames of film.mp4 from 60 s to its end"):
            analyzed(film, tmp_path / "out" / "film", start=60.0)

    def test_nothing_of_others_is_replaced(self, film, tmp_path):
        (tmp_path / "film").mkdir()
        (tmp_path / "film" / "notes.txt").write_text("mine")
        with pytest.raises(SourceError, match="found something else; move it"):
            analyzed(film, tmp_path / "film")
        assert (tmp_path / "film" / "notes.txt").read_text() == "mine"


class TestSegments:
    @pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.avi", "film.ts"])
    def test_they_join_without_a_seam(self, tmp_path, name):
        film = write_face_film(tmp_path / name, 9.0)
        whole = analyzed(film, tmp_path / "whole")
        with analyst(segment_seconds=2.0) as reader:
            parts = reader.analyze(job(film, tmp_path / "parts"))
        frames, faces = read_tables(whole.folder)
        part_frames, part_faces = read_tables(parts.folder)
        assert part_frames["seconds"].tolist() == frames["seconds"].tolist()
        assert len(frames) == 180
        assert part_faces["frame"].tolist() == faces["frame"].tolist()
        assert set(part_faces["track"]) == {1}
        assert (part_faces["x"] - faces["x"]).abs().max() <= 3
        assert (part_faces["happy"] - faces["happy"]).abs().max() < 0.03

    def test_how_many_is_not_known_of_a_stream_without_a_length(self, tmp_path):
        film = write_face_film(tmp_path / "film.mkv", 5.0)
        content = bytearray(film.read_bytes())
        place = content.index(b"\x44\x89")  # Matroska's Duration
        content[place : place + 2] = b"\xec\x89"  # Void
        film.write_bytes(content)
        with analyst(segment_seconds=2.0) as reader:
            session = reader.analyze(job(film, tmp_path / "film"))
        assert session.frames == 100


class PressedError(Exception):
    """As somebody who presses Ctrl-C."""


class TestGoingOn:
    def test_what_is_read_is_not_read_again(self, film, tmp_path):
        told: list[Progress] = []

        def stop_in_third(progress: Progress) -> None:
            if progress.done > 3.0:
                raise PressedError

        wanted = job(film, tmp_path / "film")
        with analyst(segment_seconds=1.5) as reader:
            with pytest.raises(PressedError):
                reader.analyze(wanted, stop_in_third)
            assert wanted.state() == "begun"
            reader.analyze(wanted, told.append)
        assert wanted.state() == "finished"
        # Progress is told from time to time, so the third segment may have been read to its end.
        assert told[0].done in (3.0, 4.5)
        assert not wanted.work.exists()

    def test_finished_work_is_left_alone(self, film, tmp_path):
        wanted = job(film, tmp_path / "film")
        told: list[Progress] = []
        with analyst() as reader:
            reader.analyze(wanted)
            reader.analyze(wanted, told.append)
            assert told == []
            reader.analyze(wanted, told.append, again=True)
            assert told != []
            assert job(film, tmp_path / "film", every=1.0).state() == "new"

    def test_a_card_that_was_fitted_anew_is_another_model(self, film, tmp_path, tiny_model):
        folder = shutil.copytree(tiny_model, tmp_path / "model")
        wanted = replace(job(film, tmp_path / "film"), model=folder)
        before, card = wanted.key(), load_card(folder)
        write_card(folder, replace(card, temperature=2 * card.temperature))
        assert wanted.key() != before

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
    def test_killed_at_any_place(self, film, tmp_path):
        with analyst(segment_seconds=1.5) as reader:
            expected = rows(reader.analyze(job(film, tmp_path / "whole")).folder)
        target = tmp_path / "film"
        for place in ("opened", "reading", "saving", "saved", "joining", "publishing"):
            command = [sys.executable, "-m", "tests.recorded.killed", film, target, place]
            assert subprocess.run(command, cwd=PROJECT, check=False).returncode == -9, place
            assert not target.exists()
        command = [sys.executable, "-m", "tests.recorded.killed", film, target, "nowhere"]
        subprocess.run(command, cwd=PROJECT, check=True)
        assert rows(target) == expected
        assert sorted(path.name for path in tmp_path.iterdir()) == ["film", "whole"]
        assert open_session(target).state == "complete"
