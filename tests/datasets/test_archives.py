from __future__ import annotations

import io
import tarfile
import zipfile

import numpy as np
import pytest

from emotion_core.datasets import open_dataset
from emotion_core.errors import DatasetError


@pytest.fixture
def csv_bytes(good_lines):
    return "\n".join(good_lines).encode()


def write_zip(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def write_tar(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


WRITERS = {"faces.zip": write_zip, "faces.tar.gz": write_tar, "FACES.TGZ": write_tar}


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
    members = {"train/happy/1.png": b"", "train/sad/2.png": b""}
    assert refusal(WRITERS[name](tmp_path / name, members)) == (
        f"{name}: expected one of fer2013.csv, icml_face_data.csv, train.csv inside, found 1.png, "
        "2.png; unpack an archive of pictures and give its folder"
    )
    assert "found nothing;" in refusal(WRITERS[name](tmp_path / name, {}))


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("keep", [0.0, 0.02, 0.5, 0.98])
def test_a_truncated_archive(tmp_path, csv_bytes, name, keep):
    path = WRITERS[name](tmp_path / name, {"fer2013.csv": csv_bytes})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole))])
    message = refusal(path)
    assert message.startswith(
        f"{name}: expected a whole .zip or .tar.gz or .tgz archive, but it is damaged or cannot "
        "be read ("
    )
    assert message.endswith("); fetch it again")


@pytest.mark.parametrize("name", WRITERS)
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


def test_an_encrypted_zip(tmp_path, csv_bytes):
    path = write_zip(tmp_path / "faces.zip", {"fer2013.csv": csv_bytes})
    content = path.read_bytes()
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):  # the flags in both headers
        place = content.index(signature) + offset
        content = content[:place] + b"\x01" + content[place + 1 :]
    path.write_bytes(content)
    message = refusal(path)
    assert "is encrypted, password required" in message
    assert message.endswith("; unpack it and give the CSV file")
