from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import numpy as np
import pytest

from emotion_core.datasets import open_dataset
from emotion_core.errors import DatasetError
from emotion_core.faces.pictures.images import encode_png


@pytest.fixture
def csv_bytes(good_lines):
    return "\n".join(good_lines).encode()


def write_zip(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def write_tar(path, members):
    kind = next((kind for kind in ("xz", "bz2") if path.name.endswith(kind)), "gz")
    with tarfile.open(path, "w" if path.suffix == ".tar" else f"w:{kind}") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


WRITERS = {"faces.zip": write_zip} | dict.fromkeys(
    ("faces.tar.gz", "FACES.TGZ", "faces.tar", "faces.tar.xz", "faces.tar.bz2"), write_tar
)


def refusal(path):
    with pytest.raises(DatasetError) as caught:
        open_dataset(path, use_cache=False)
    return str(caught.value)


@pytest.mark.parametrize("name", WRITERS)
def test_reads_the_csv_inside(tmp_path, csv_bytes, faces, name):
    members = {"fer2013/README": b"hello", "fer2013/fer2013.csv": csv_bytes}
    shares = []
    path = WRITERS[name](tmp_path / name, members)
    dataset = open_dataset(path, use_cache=False, progress=shares.append)
    np.testing.assert_array_equal(dataset.images, faces)
    assert dataset.name == name
    assert shares[-1] == 1.0
    assert [entry.name for entry in tmp_path.iterdir()] == [name]  # nothing was unpacked


@pytest.mark.parametrize("name", WRITERS)
def test_prefers_the_file_with_all_splits(tmp_path, csv_bytes, name):
    other = csv_bytes.splitlines()
    train = b"\n".join(other[:2])
    icml = b"\n".join(other[:3])
    members = {
        "__MACOSX/fer2013.csv": b"\0",
        "train.csv": train,
        "icml_face_data.csv": icml,
        "test.csv": b"pixels\n",
    }
    assert len(open_dataset(WRITERS[name](tmp_path / name, members), use_cache=False)) == 2
    members["a/FER2013.csv"] = csv_bytes
    assert len(open_dataset(WRITERS[name](tmp_path / name, members), use_cache=False)) == 6


@pytest.mark.parametrize("name", WRITERS)
def test_bad_rows_are_named_with_the_file_inside(tmp_path, csv_bytes, name):
    path = WRITERS[name](tmp_path / name, {"fer2013.csv": csv_bytes + b"\n9,1,Training"})
    assert refusal(path).startswith(
        f"{name}/fer2013.csv: 1 bad line (8): expected an emotion of 0 to 6, found '9';"
    )


@pytest.mark.parametrize("name", WRITERS)
def test_an_archive_without_a_fer2013_file(tmp_path, name):
    members = {"test.csv": b"", "notes/read_me.txt": b""}
    assert refusal(WRITERS[name](tmp_path / name, members)) == (
        f"{name}: expected one of fer2013.csv, icml_face_data.csv, train.csv inside, found "
        "read_me.txt, test.csv; unpack an archive of pictures and give its folder"
    )
    assert "found nothing;" in refusal(WRITERS[name](tmp_path / name, {}))


@pytest.mark.parametrize("name", ["faces.tar.gz", "faces.tgz"])
def test_pictures_in_a_tar_archive(tmp_path, name):
    assert "unpack an archive of pictures" in refusal(
        write_tar(tmp_path / name, {"train/happy/1.png": b""})
    )


@pytest.mark.parametrize(
    ("ending", "compress"), [("gz", gzip.compress), ("XZ", lzma.compress), ("bz2", bz2.compress)]
)
def test_a_csv_file_that_is_compressed_alone(tmp_path, csv_bytes, faces, ending, compress):
    path = tmp_path / f"FER2013.csv.{ending}"
    path.write_bytes(compress(csv_bytes))
    shares = []
    for given in (path, tmp_path):
        dataset = open_dataset(given, use_cache=False, progress=shares.append)
        np.testing.assert_array_equal(dataset.images, faces)
        assert dataset.name == path.name
    assert shares[-1] == 1.0
    path.write_bytes(path.read_bytes()[:-400])
    assert f"{path.name}: expected a whole .csv.{ending.lower()} file, but" in refusal(path)


@pytest.mark.parametrize("name", WRITERS)
def test_backslashes_in_names(tmp_path, csv_bytes, name):
    members = {"fer2013\\readme.txt": b"", "fer2013\\FER2013.csv": csv_bytes}
    path = WRITERS[name](tmp_path / name, members)
    assert len(open_dataset(path, use_cache=False)) == 6


@pytest.mark.parametrize("name", WRITERS)
def test_a_csv_file_of_faces_counts_more_than_a_list(tmp_path, csv_bytes, name):
    members = {"fer2013.csv": b"image,label\n", "a/b/train.csv": csv_bytes}
    assert len(open_dataset(WRITERS[name](tmp_path / name, members), use_cache=False)) == 6
    del members["a/b/train.csv"]
    assert "expected a CSV file with the columns emotion, pixels" in refusal(
        WRITERS[name](tmp_path / name, members)
    )


class TestPicturesInAZip:
    @pytest.fixture
    def members(self, faces):
        """Kaggle's form: one picture of each split."""
        names = "train/angry/3.png", "test/happy/PublicTest_1.png", "test/sad/2.png"
        return {name: encode_png(face) for name, face in zip(names, faces[:3], strict=True)}

    def test_they_are_read_as_a_folder_is(self, tmp_path, members):
        path = write_zip(tmp_path / "archive.zip", members)
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path / "unpacked")
        shares = []
        read, unpacked = (
            open_dataset(path, progress=shares.append),
            open_dataset(tmp_path / "unpacked"),
        )
        assert read.name == "archive.zip"
        assert read.splits.tolist() == [1, 2, 0]
        assert read.fingerprint == unpacked.fingerprint
        assert read.rows.tolist() == unpacked.rows.tolist()
        assert shares[-1] == 1.0
        assert open_dataset(path).fingerprint == read.fingerprint  # from the cache

    def test_a_changed_one_is_read_anew(self, tmp_path, members):
        path = write_zip(tmp_path / "archive.zip", members)
        assert len(open_dataset(path)) == 3
        write_zip(path, dict(list(members.items())[:2]))
        assert len(open_dataset(path)) == 2

    def test_hidden_files_and_others_are_passed_over(self, tmp_path, members):
        more = {"__MACOSX/train/angry/._3.png": b"\0", "train/angry/.3.png": b"", "a/b.txt": b""}
        assert len(open_dataset(write_zip(tmp_path / "a.zip", members | more))) == 3

    def test_the_archives_name_may_tell_the_split(self, tmp_path, faces):
        path = write_zip(tmp_path / "Validation.zip", {"sad/1.png": encode_png(faces[0])})
        assert open_dataset(path).splits.tolist() == [1]

    def test_a_csv_file_counts_more(self, tmp_path, members, csv_bytes):
        path = write_zip(tmp_path / "archive.zip", members | {"a/fer2013.csv": csv_bytes})
        assert len(open_dataset(path)) == 6

    def test_a_csv_file_that_lists_the_pictures_does_not(self, tmp_path, members):
        path = write_zip(tmp_path / "archive.zip", members | {"train.csv": b"image,label\na,b\n"})
        assert len(open_dataset(path)) == 3

    def test_backslashes_between_their_folders(self, tmp_path, members):
        members = {name.replace("/", "\\"): content for name, content in members.items()}
        dataset = open_dataset(write_zip(tmp_path / "archive.zip", members))
        assert dataset.splits.tolist() == [1, 2, 0]

    def test_bad_pictures_are_named_or_left_out(self, tmp_path, members):
        huge = {"train/sad/9.png": b"\0" * (1 << 21)}
        bad = {"train/sad/7.png": b"", "train/contempt/8.png": b""}
        path = write_zip(tmp_path / "archive.zip", members | bad | huge)
        message = refusal(path)
        assert "3 bad pictures (train/contempt/8.png, train/sad/7.png, train/sad/9.png)" in message
        kept = open_dataset(path, skip_bad_rows=True)
        assert (len(kept), kept.dropped_rows) == (3, 3)
        only = write_zip(tmp_path / "only.zip", huge)
        assert "1 bad picture (train/sad/9.png): expected at most 1 MB, found more" in refusal(only)

    @pytest.mark.parametrize("where", [0.2, 0.5])
    def test_damage_in_the_middle(self, tmp_path, members, where):
        path = write_zip(tmp_path / "archive.zip", members)
        content = bytearray(path.read_bytes())
        place = int(where * len(content))
        content[place : place + 64] = b"\xff" * 64
        path.write_bytes(content)
        assert "1 bad picture (" in refusal(path)
        assert len(open_dataset(path, skip_bad_rows=True)) == 2

    def test_encrypted(self, tmp_path, members):
        path = encrypted(write_zip(tmp_path / "archive.zip", dict(list(members.items())[:1])))
        assert "expected a picture, but File" in refusal(path)

    def test_votes_need_rows(self, tmp_path, members, write_lines, vote_lines):
        path = write_zip(tmp_path / "archive.zip", members)
        with pytest.raises(DatasetError, match="leave the votes out, or give"):
            open_dataset(path, votes_path=write_lines(vote_lines, "fer2013new.csv"))


# A tar file that is not compressed has no checksums, and ends in kilobytes of nothing.
@pytest.mark.parametrize(
    ("name", "keep"),
    [
        (name, keep)
        for name in WRITERS
        for keep in (0.0, 0.02, 0.5, 0.98)
        if (name, keep) != ("faces.tar", 0.98)
    ],
)
def test_a_truncated_archive(tmp_path, csv_bytes, name, keep):
    path = WRITERS[name](tmp_path / name, {"fer2013.csv": csv_bytes})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole))])
    message = refusal(path)
    assert message.startswith(
        f"{name}: expected a whole {name[name.index('.') :].lower()} file, but it is damaged "
        "or cannot be read ("
    )
    assert message.endswith("); download it again")


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "faces.tar"])
def test_a_damaged_archive(tmp_path, csv_bytes, name):
    path = WRITERS[name](tmp_path / name, {"fer2013.csv": csv_bytes})
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = b"\xff" * 64
    path.write_bytes(content)
    assert f"{name}: expected a whole" in refusal(path)


@pytest.mark.parametrize("name", WRITERS)
def test_no_archive_at_all(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"emotion,pixels\n" * 100)
    assert f"{name}: expected a whole" in refusal(path)


def encrypted(path):
    """Say in both headers of the first member that it is encrypted."""
    content = path.read_bytes()
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = content.index(signature) + offset
        content = content[:place] + b"\x01" + content[place + 1 :]
    path.write_bytes(content)
    return path


def test_an_encrypted_zip(tmp_path, csv_bytes):
    message = refusal(encrypted(write_zip(tmp_path / "faces.zip", {"fer2013.csv": csv_bytes})))
    assert "is encrypted, password required" in message
    assert message.endswith("; unpack it and give the CSV file")
