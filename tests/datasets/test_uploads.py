"""What is uploaded to train on: kept as it came, found again, deleted."""

import io
from pathlib import Path

import pytest

from emotion_core.datasets.uploads import delete_upload, keep_upload, list_uploads, uploads_dir
from emotion_core.errors import DatasetError


@pytest.fixture(autouse=True)
def data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))


def test_an_upload_is_kept_once_with_its_votes(tmp_path):
    assert list_uploads() == ()
    for _ in range(2):
        files = {"fer2013.csv": io.BytesIO(b"emotion"), "fer2013new.csv": io.BytesIO(b"votes")}
        path = keep_upload(files)
    assert path.read_bytes() == b"emotion"
    assert path.with_name("fer2013new.csv").read_bytes() == b"votes"
    assert list_uploads() == (path,)
    assert path.is_relative_to(tmp_path / "data")
    other = keep_upload({"fer2013.csv": io.BytesIO(b"other")})
    assert set(list_uploads()) == {path, other}
    delete_upload(path)
    assert list_uploads() == (other,)


def test_a_folder_that_cannot_be_read_hides_no_other(monkeypatch, caplog):
    closed = keep_upload({"a.csv": io.BytesIO(b"a")}).parent
    path = keep_upload({"b.csv": io.BytesIO(b"b")})
    iterdir = Path.iterdir

    def closed_to_us(folder):
        if folder == closed:
            raise PermissionError
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", closed_to_us)
    assert list_uploads() == (path,)
    assert f"The upload {closed} cannot be read" in caplog.text


def test_a_place_that_cannot_be_listed_is_logged(caplog):
    uploads_dir().parent.mkdir()
    uploads_dir().write_bytes(b"no folder")
    assert list_uploads() == ()
    assert f"Uploads in {uploads_dir()} cannot be listed" in caplog.text


@pytest.mark.parametrize(
    "names", [["a.csv", "b.csv"], ["fer2013new.csv"]], ids=["two datasets", "votes alone"]
)
def test_one_data_set_at_a_time(names):
    with pytest.raises(DatasetError, match=f"found {', '.join(names)}; upload one dataset"):
        keep_upload({name: io.BytesIO(b"") for name in names})
    assert list_uploads() == ()


def test_a_name_leads_nowhere_else():
    path = keep_upload({"../../x.csv": io.BytesIO(b"x")})
    assert path.parent.parent == uploads_dir()


@pytest.mark.parametrize("name", ["x" * 240 + ".csv", "x" * 251 + ".csv", "好" * 80 + ".csv"])
def test_a_long_name_is_kept(name):
    path = keep_upload({name: io.BytesIO(b"emotion")})
    assert path.name == name
    assert path.read_bytes() == b"emotion"
    assert list_uploads() == (path,)


def test_nothing_else_is_deleted(tmp_path):
    with pytest.raises(DatasetError, match="expected an upload in"):
        delete_upload(tmp_path)
    assert tmp_path.is_dir()
