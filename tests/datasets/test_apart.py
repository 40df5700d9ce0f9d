from __future__ import annotations

import os
import sys
import tempfile
import time
import zipfile

import numpy as np
import pytest

from emotion_core.datasets import apart, source
from emotion_core.datasets.apart import open_apart
from emotion_core.datasets.opening import open_dataset
from emotion_core.datasets.source import DataSource
from emotion_core.errors import DatasetError, NumberedClassesError
from emotion_core.faces.pictures.images import encode_png
from emotion_core.system.progress import WAITING
from emotion_core.system.storage.locks import Turns


class CancelledError(Exception):
    """What progress raises when a viewer has enough."""


@pytest.fixture
def numbered(tmp_path, faces):
    """A folder of classes 1 and 2."""
    for number in ("1", "2"):
        folder = tmp_path / "numbered" / number
        folder.mkdir(parents=True)
        (folder / "a.png").write_bytes(encode_png(faces[int(number)]))
    return tmp_path / "numbered"


def assert_same(one, other):
    for name in ("images", "labels", "splits", "rows", "votes"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (one.name, one.dropped_rows, one.notes) == (other.name, other.dropped_rows, other.notes)
    assert one.fingerprint == other.fingerprint


class TestTheSame:
    @pytest.mark.parametrize("use_cache", [True, False])
    def test_faces_with_votes_and_bad_rows(
        self, write_lines, good_lines, vote_lines, use_cache, cache_folder
    ):
        path = write_lines([*good_lines, "9,1 2 3,Training"])
        votes = write_lines([*vote_lines, vote_lines[-1]], "fer2013new.csv")
        options = {"votes_path": votes, "skip_bad_rows": True}
        expected = open_dataset(path, use_cache=False, **options)
        shares = []
        for _ in range(2):
            found = open_apart(path, use_cache=use_cache, progress=shares.append, **options)
            assert_same(found, expected)
            assert not found.images.flags.writeable
        assert isinstance(found.images, np.memmap) is use_cache
        assert cache_folder.exists() is use_cache
        assert shares[-1] == 1.0

    def test_a_path_below_the_folder_one_is_in(self, write_lines, good_lines, monkeypatch):
        path = write_lines(good_lines)
        monkeypatch.chdir(path.parent)
        assert_same(open_apart(path.name), open_dataset(path, use_cache=False))

    def test_errors(self, write_lines, good_lines, tmp_path):
        path = write_lines([*good_lines, "9,1 2 3,Training"])
        for each in (path, tmp_path / "none.csv", tmp_path):
            with pytest.raises(DatasetError) as expected:
                open_dataset(each, use_cache=False)
            with pytest.raises(DatasetError) as found:
                open_apart(each, use_cache=False)
            assert str(found.value) == str(expected.value)

    def test_the_question_what_numbers_mean(self, numbered):
        with pytest.raises(NumberedClassesError) as expected:
            open_dataset(numbered, use_cache=False)
        with pytest.raises(NumberedClassesError) as found:
            open_apart(numbered)
        assert (str(found.value), vars(found.value)) == (str(expected.value), vars(expected.value))
        meanings = {"1": "happy", "2": "sad"}
        dataset = DataSource(str(numbered)).open(classes=meanings)
        assert_same(dataset, open_dataset(numbered, use_cache=False))  # it is remembered


class TestApart:
    def test_what_the_project_makes_itself_is_opened_here(self, filled, monkeypatch):
        def refuse(*_, **__):
            raise AssertionError

        monkeypatch.setattr(apart, "Child", refuse)
        monkeypatch.setattr(apart, "open_dataset", lambda path, **_: path)
        for path in ("demo", f"own/{filled.name}", filled.folder):
            assert open_apart(path) == path
        for path in ("own/nobody", filled.folder.parent.parent):
            with pytest.raises(AssertionError):
                open_apart(path)

    def test_nothing_is_left(self, write_lines, good_lines, monkeypatch, tmp_path):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
        (tmp_path / "temporary").mkdir()
        open_apart(write_lines(good_lines), use_cache=False)
        with pytest.raises(DatasetError):
            open_apart(write_lines([]), use_cache=False)
        assert list((tmp_path / "temporary").iterdir()) == []

    @pytest.mark.skipif(sys.platform == "win32", reason="it has no such limits")
    def test_what_takes_longer_than_its_size_may_ends(self, tmp_path, faces, monkeypatch):
        path = tmp_path / "faces.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("train/happy/a.png", encode_png(faces[0]))
        monkeypatch.setattr(apart, "_WORKER", "tests.datasets.busy_worker")
        with pytest.raises(DatasetError) as caught:
            open_apart(path)
        assert str(caught.value) == (
            "faces.zip: expected a dataset, found one that took more memory or time than one of "
            "its size may, or crashed what read it (exit code -9); it is damaged or malicious"
        )

    @pytest.mark.skipif(sys.platform == "win32", reason="it has no pipes among files")
    def test_it_is_cancelled_while_it_tells_nothing(self, tmp_path, monkeypatch):
        monkeypatch.setattr(apart, "_WORKER", "tests.datasets.busy_worker")
        begun = time.monotonic()

        def cancel(_):
            if time.monotonic() > begun + 0.5:
                raise CancelledError

        (tmp_path / "faces.csv").touch()
        with pytest.raises(CancelledError):
            open_apart(tmp_path / "faces.csv", progress=cancel)
        assert time.monotonic() < begun + 5

    @pytest.mark.skipif(sys.platform == "win32", reason="it has no such priorities")
    def test_what_takes_long_gives_way(self, tmp_path, monkeypatch):
        monkeypatch.setattr(apart, "_WORKER", "tests.datasets.busy_worker")
        monkeypatch.setattr(apart, "_SECONDS_FIRST", 0.5)
        seen = []

        class Spy(apart.Child):
            def __init__(self, *arguments, **options):
                super().__init__(*arguments, **options)
                seen.append(self.pid)

        def look(_):
            seen.append(os.getpriority(os.PRIO_PROCESS, seen[0]))
            if seen[-1] >= seen[1] + 10:
                raise CancelledError

        monkeypatch.setattr(apart, "Child", Spy)
        (tmp_path / "faces.csv").touch()
        with pytest.raises(CancelledError):
            open_apart(tmp_path / "faces.csv", progress=look)
        assert seen[1] == os.getpriority(os.PRIO_PROCESS, 0)

    def test_a_cache_that_is_emptied_meanwhile(self, write_lines, good_lines, monkeypatch):
        def gone(*_, **__):
            raise FileNotFoundError(2, "No such file or directory")

        monkeypatch.setattr(apart, "read_entry", gone)
        with pytest.raises(DatasetError) as caught:
            open_apart(write_lines(good_lines))
        assert str(caught.value) == (
            "fer2013.csv: what reads it cannot be started, or what it read is gone (No such file "
            "or directory); free up space, and open it again"
        )

    def test_its_process_has_no_secrets(self, write_lines, good_lines, monkeypatch):
        seen = {}

        class Spy(apart.Child):
            def __init__(self, module, *, environment, bare):
                seen.update(environment=environment, bare=bare)
                super().__init__(module, environment=environment, bare=bare)

        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        monkeypatch.setattr(apart, "Child", Spy)
        open_apart(write_lines(good_lines))
        assert seen["bare"]
        assert "AWS_SECRET_ACCESS_KEY" not in seen["environment"]
        assert os.environ["EMOTION_CACHE_DIR"] == seen["environment"]["EMOTION_CACHE_DIR"]


def test_more_at_once_wait_for_their_turn(tmp_path, monkeypatch):
    """Each may take some gigabytes, and any number of viewers may open one."""

    class GivenUpError(Exception):
        pass

    shares = []

    def follow(share: float) -> None:
        shares.append(share)
        if len(shares) > 2:
            raise GivenUpError

    turns = Turns(1)
    monkeypatch.setattr(apart, "_turns", turns)
    with turns.take(None), pytest.raises(GivenUpError):
        apart.open_apart(tmp_path, progress=follow)
    assert shares == [WAITING] * 3
    with pytest.raises(DatasetError):  # its turn has come
        apart.open_apart(tmp_path)


def test_a_part_of_several_waits_as_one_does():
    shares = []
    source._part(shares.append, 2, 4)(WAITING)
    source._part(shares.append, 2, 4)(0.5)
    assert shares == [WAITING, 0.625]
