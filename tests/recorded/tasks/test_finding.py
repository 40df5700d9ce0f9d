from __future__ import annotations

import pytest

from emotion_core.errors import SourceError
from emotion_core.recorded.tasks import finding
from emotion_core.recorded.tasks.finding import find_files, in_words


def test_a_folder_and_those_below(tmp_path):
    for name in (
        *("b.MP4", "a.mkv", "below/c.webm", "notes.txt", ".hidden.mp4", ".git/d.mp4"),
        *("b/2.jpg", "b-1.JPG", ".hidden.png", "a.heic"),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = find_files(tmp_path)
    videos = [path.relative_to(tmp_path).as_posix() for path in found.videos]
    assert videos == ["a.mkv", "b.MP4", "below/c.webm"]
    assert found.name == tmp_path.name
    # In the order of their names; a HEIC is told when it is read.
    assert found.photos.names == ("a.heic", "b-1.JPG", "b/2.jpg")
    assert found.photos.folder == str(tmp_path)
    # Whatever somebody names is tried.
    assert find_files(tmp_path / "notes.txt").videos == (tmp_path / "notes.txt",)
    one = find_files(tmp_path / "b" / "2.jpg")
    assert (one.name, one.photos.names, one.photos.folder) == (
        "2.jpg", ("2.jpg",), str(tmp_path / "b"),
    )  # fmt: skip


def test_none(tmp_path):
    with pytest.raises(SourceError) as raised:
        find_files(tmp_path)
    assert str(raised.value) == (
        f"expected a folder with videos or photos, found none in {tmp_path}; their names end in "
        ".mp4, .m4v, .mov, .mkv, .jpg, .jpeg or the like"
    )
    with pytest.raises(SourceError, match=r"found nothing at .*none; check whether the path is"):
        find_files(tmp_path / "none")


@pytest.mark.parametrize(("limit", "ending"), [("MOST_VIDEOS", "mp4"), ("MOST_PHOTOS", "jpg")])
def test_too_many(tmp_path, monkeypatch, limit, ending):
    monkeypatch.setattr(finding, limit, 2)
    for name in "abc":
        (tmp_path / f"{name}.{ending}").touch()
    with pytest.raises(SourceError, match=r"with at most 2 (videos|photos), found more in .*; nam"):
        find_files(tmp_path)


def test_in_words():
    assert in_words(2, 1) == "2 videos and 1 photo"
    assert (in_words(0, 1200), in_words(1, 0), in_words(0, 0)) == ("1,200 photos", "1 video", "")
