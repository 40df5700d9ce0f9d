"""A set of photos becomes a session; what has been read is not read again."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from emotion_core.errors import SourceError
from emotion_core.recorded.job import Progress
from emotion_core.recorded.photos.analysis import analyze_photos
from emotion_core.recorded.photos.job import PhotoList
from emotion_core.sessions.exports.kinds import export_session
from emotion_core.sessions.photos.summary import summarize_photos
from emotion_core.sessions.photos.table import read_photos
from tests.recorded.photos.sets import FacesInTheCorner, job_of, photo, use_finder, write_photos


@pytest.fixture
def finder(monkeypatch) -> FacesInTheCorner:
    return use_finder(monkeypatch)


@pytest.mark.usefixtures("finder")
def test_a_set_becomes_a_session_of_photos(tmp_path):
    job = job_of(tmp_path, write_photos(tmp_path / "in"))
    told: list[Progress] = []
    session = analyze_photos(job, told.append)
    assert [each.share for each in told] == [0, 0.25, 0.5, 0.75, 0]
    assert (session.header.kind, session.header.name, session.length) == (
        "photos", "holiday", "4 photos",
    )  # fmt: skip
    assert (session.frames, session.header.dropped, session.persons) == (3, 1, 0)
    assert session.state == "complete"
    photos = read_photos(session.folder)
    assert [(each.frame, each.file) for each in photos] == [
        (1, "a.jpg"), (2, "b, and more.jpg"), (3, "sub/c.jpg"), (4, "sub/d.jpg"),
    ]  # fmt: skip
    assert photos[0].taken == "2024-05-01T12:34:56+02:00"
    assert photos[3].problem.startswith("expected a picture (JPEG")  # its name stands beside it
    summary = summarize_photos(session)
    assert (summary.faces, summary.without_face, summary.unread) == (3, 1, 1)
    assert summary.answers["happy"] == 3
    assert summary.photos[0].answers == ("happy", "happy")

    export_session(session, tmp_path / "faces.csv")
    table = pd.read_csv(tmp_path / "faces.csv")
    assert table["file"].tolist() == ["a.jpg", "a.jpg", "b, and more.jpg", "sub/c.jpg"]
    assert table["frame"].tolist() == [1, 1, 2, 3]
    assert table["seconds"].tolist() == [0, 0, 1, 2]  # the place of the photo
    assert table["track"].dropna().tolist() == [1, 2, 3]  # each face has its own
    assert table["person"].isna().all()
    assert table["wall_clock"].dropna().tolist() == ["2024-05-01T10:34:56.000Z"] * 2
    assert not job.work.exists()


def test_what_was_read_is_not_read_again(tmp_path, finder):
    whole = job_of(tmp_path, write_photos(tmp_path / "in"))
    session = analyze_photos(whole)
    (tmp_path / "again").mkdir()
    job = job_of(tmp_path / "again", PhotoList.read(whole.photos))

    def stop(told: Progress) -> None:
        if told.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyze_photos(job, stop)
    assert job.journal.read_bytes().count(b"\n") == 2
    finder.looked = 0
    with job.journal.open("ab") as journal:  # killed in the middle of a line
        journal.write(b'{"place": "3", "key": "')
    again = analyze_photos(job)
    assert finder.looked == 1
    for name in ("frames.csv", "faces.csv", "photos.csv"):
        assert (again.folder / name).read_bytes() == (session.folder / name).read_bytes()
    assert analyze_photos(job).folder == again.folder
    assert finder.looked == 1  # it is finished


def test_a_photo_that_changed_meanwhile_is_read_again(tmp_path, finder):
    job = job_of(tmp_path, write_photos(tmp_path / "in"))

    def stop(told: Progress) -> None:
        if told.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyze_photos(job, stop)
    (tmp_path / "in" / "a.jpg").write_bytes(photo(300))
    finder.looked = 0
    session = analyze_photos(job)
    assert finder.looked == 1
    assert len(summarize_photos(session).photos[0].answers) == 3


@pytest.mark.usefixtures("finder")
def test_a_set_without_a_photo_is_refused(tmp_path):
    (tmp_path / "bad.jpg").write_text("nothing")
    job = job_of(tmp_path, PhotoList(("bad.jpg", "gone.jpg"), str(tmp_path)))
    with pytest.raises(SourceError) as raised:
        analyze_photos(job)
    assert str(raised.value) == (
        "expected photos in holiday, found none that can be read in 2 files: expected a picture "
        "(JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF), found something else or a damaged one"
    )
    assert not job.target.exists()


@pytest.mark.usefixtures("finder")
def test_what_is_not_ours_is_left_alone(tmp_path):
    job = job_of(tmp_path, write_photos(tmp_path / "in"))
    job.target.mkdir(parents=True)
    (job.target / "thesis.txt").touch()
    with pytest.raises(SourceError, match="expected no such folder, or an earlier recording of ho"):
        analyze_photos(job)
    assert [path.name for path in job.target.iterdir()] == ["thesis.txt"]


@pytest.mark.usefixtures("finder")
def test_a_list_that_is_gone_is_told(tmp_path):
    job = job_of(tmp_path, write_photos(Path(tmp_path / "in")))
    job.photos.write_text("{}")
    with pytest.raises(SourceError, match="expected a list of photos, found one that cannot be re"):
        analyze_photos(job)
