from __future__ import annotations

import io

import pytest

from emotion_core.datasets import open_dataset
from emotion_core.datasets.reading import bounds, image_folder
from emotion_core.datasets.reading.bounds import BoundedStream, bounded_lines, most_unpacked
from emotion_core.errors import DatasetError
from emotion_core.faces.pictures.images import encode_png
from emotion_core.quantities import byte_size


def refusal(call):
    with pytest.raises(DatasetError) as caught:
        call()
    return str(caught.value)


@pytest.fixture
def small(monkeypatch):
    """What is small takes 1,000 bytes here."""
    monkeypatch.setattr(bounds, "_SMALL", 1_000)


@pytest.mark.usefixtures("small")
class TestBoundedStream:
    def stream(self, size=1_000, packed=1):
        return BoundedStream(io.BytesIO(b"x" * size), "a.tar", packed)

    def test_reads_what_may_be_there(self):
        stream = self.stream()
        assert io.BufferedReader(stream).read(2_000) == b"x" * 1_000
        assert stream.tell() == 1_000
        assert self.stream(2_000, packed=20).read(2_000) == b"x" * 2_000

    @pytest.mark.parametrize("go", [lambda s: s.read(1_001), lambda s: s.seek(1_001)])
    def test_goes_no_further(self, go):
        assert refusal(lambda: go(self.stream(1_001))) == (
            "a.tar: expected at most 1 kB in an archive of 1 byte, found more; unpack it if you "
            "trust it, and give what is in it"
        )

    def test_reads_no_more_at_once_than_is_allowed(self):
        stream = self.stream()
        stream.allow(10)
        assert stream.read(6) == b"x" * 6
        assert refusal(lambda: stream.read(5)) == (
            "a.tar: expected an archive as programs write it, found one that is made to keep its "
            "reader busy; unpack it if you trust it, and give what is in it"
        )
        stream.allow(None)
        assert len(stream.read(900)) == 900

    def test_begins_anew_a_few_times_only(self):
        stream = self.stream()

        def turn():
            for _ in range(33):
                stream.read(1)
                stream.seek(0)

        assert "made to keep its reader busy" in refusal(turn)


def test_most_unpacked_is_a_hundred_times_as_much():
    assert most_unpacked(128) == 64 << 20
    assert most_unpacked(96_000_000) == 9_600_000_000  # fer2013.csv as Kaggle packs it has 302


class TestBoundedLines:
    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    def test_cuts_long_lines_and_goes_on(self, monkeypatch, newline):
        monkeypatch.setattr(bounds, "LONGEST_LINE", 5)
        text = newline.join(["a", "bcdefghijklmn", "", "abcde", "o"])
        found = [line.rstrip() for line in bounded_lines(io.StringIO(text, newline=""), "a")]
        assert found == ["a", "bcdef", "", "abcde", "o"]
        content = io.BytesIO(text.encode())
        assert [line.rstrip().decode() for line in bounded_lines(content, "a")] == found

    def test_ends_at_some_millions(self, monkeypatch):
        monkeypatch.setattr(bounds, "MOST_ROWS", 2)
        assert len(list(bounded_lines(io.BytesIO(b"\n\n"), "a.csv"))) == 2
        assert refusal(lambda: list(bounded_lines(io.BytesIO(b"\n\n\n"), "a.csv"))) == (
            "a.csv: expected at most 2 lines, found more; split the file"
        )


class TestFolders:
    @pytest.fixture
    def folder(self, tmp_path, faces):
        for number, face in enumerate(faces):
            path = tmp_path / "faces" / "happy" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_png(face))
        return tmp_path / "faces"

    def test_hold_no_more_files_than_a_data_set_may(self, folder, monkeypatch):
        monkeypatch.setattr(image_folder, "MOST_FILES", 5)
        assert refusal(lambda: open_dataset(folder, use_cache=False)) == (
            "expected at most 5 files in the folder of a dataset, found more; give the folder "
            "with the images"
        )

    def test_hold_no_larger_files(self, folder, monkeypatch):
        monkeypatch.setattr(image_folder, "LARGEST_PICTURE", 1 << 20)
        with (folder / "happy" / "9.png").open("wb") as file:
            file.truncate((1 << 20) + 1)
        assert "(happy/9.png): expected at most 1 MB, found more" in refusal(
            lambda: open_dataset(folder, use_cache=False)
        )

    def test_hold_no_more_pixels_than_their_size_allows(self, folder, monkeypatch):
        monkeypatch.setattr(bounds, "_SMALL", 0)
        monkeypatch.setattr(bounds, "_MOST_EXPANSION", 0)
        packed = byte_size(sum(each.stat().st_size for each in folder.rglob("*.*")))
        assert refusal(lambda: open_dataset(folder, use_cache=False)) == (
            f"faces: expected at most 0 megapixels in pictures of {packed}, found more; leave out "
            "what is not a photo of a face"
        )
