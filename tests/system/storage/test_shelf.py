from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from emotion_core.errors import DatasetError, EmotionCoreError
from emotion_core.system.storage.shelf import Shelf, deleting, writing

SHELF = Shelf(
    one="a thing",
    everything="all things",
    error=DatasetError,
    is_ours=lambda file: file.endswith(".ours"),
    mend="allow reading it",
    how_to_list="things list",
)
FILES = Shelf(
    one="a list", everything="all lists", error=DatasetError, is_ours=bool, suffix=".json"
)


def thing(parent: Path, name: str) -> Path:
    folder = parent / name
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file.ours").touch()
    return folder


def test_things_in_order_without_hidden_ones_and_others(tmp_path):
    for name in ("b", "a", ".half-written"):
        (tmp_path / name).mkdir()
    for name in ("file", "b.json", "a.json", ".hidden.json"):
        (tmp_path / name).touch()
    assert [path.name for path in SHELF.paths(tmp_path)] == ["a", "b"]
    assert [path.name for path in FILES.paths(tmp_path)] == ["a.json", "b.json"]
    assert SHELF.paths(tmp_path / "missing") == []
    with pytest.raises(DatasetError) as caught:
        SHELF.paths(tmp_path / "file")
    assert str(caught.value) == (
        f"{tmp_path / 'file'}: expected the folder of all things, but it cannot be read "
        "(Not a directory); allow reading it"
    )


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../other", "file", "link", "missing"])
def test_no_name_leads_elsewhere(tmp_path, name):
    parent = tmp_path / "parent"
    (parent / "a" / "b").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (parent / "file").touch()
    (parent / "link").symlink_to(tmp_path / "other")
    assert SHELF.called(parent, name) is None
    assert SHELF.called(parent, "a") == SHELF.find(parent, "a") == parent / "a"
    with pytest.raises(DatasetError) as caught:
        SHELF.find(parent, name)
    assert str(caught.value) == (
        f"expected the name of a thing in {parent}, found {name!r}; list them with things list"
    )


def test_each_is_opened_or_told_of(tmp_path):
    def open_folder(folder):
        if folder.name == "gone":
            folder.rmdir()
        if folder.name != "good":
            raise EmotionCoreError(f"{folder.name} is bad")
        return folder.name

    for name in ("good", "gone", "damaged"):
        (tmp_path / name).mkdir()
    assert SHELF.open_all(tmp_path, open_folder) == (["good"], ("damaged is bad",))


def test_a_name_is_given_once(tmp_path):
    (tmp_path / "dead link").symlink_to("nowhere")
    (tmp_path / "list.json").touch()
    thing(tmp_path, "a")
    for shelf, name in ((SHELF, "a"), (SHELF, "dead link"), (FILES, "list")):
        with pytest.raises(DatasetError, match=f"^expected a new name, found '{name}', which is t"):
            shelf.free(tmp_path, name)
    with pytest.raises(DatasetError, match="expected a name of 1 to 60 letters"):
        SHELF.free(tmp_path, "../b")
    assert SHELF.free(tmp_path, " b ") == tmp_path / "b"
    assert FILES.free(tmp_path, "b") == tmp_path / "b.json"


def test_a_thing_is_made_whole_or_not_at_all(tmp_path):
    with pytest.raises(ZeroDivisionError), SHELF.make(tmp_path / "a"):
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []

    def make_while_somebody_else_does():
        with SHELF.make(tmp_path / "a") as temporary:
            (temporary / "half").touch()
            thing(tmp_path, "a")

    with pytest.raises(DatasetError, match="found 'a', which is taken"):
        make_while_somebody_else_does()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert not (tmp_path / "a" / "half").exists()


def test_what_the_disk_refuses_is_said(tmp_path):
    for block, word in ((writing, "written"), (deleting, "deleted")):
        with (
            pytest.raises(DatasetError, match=rf"{tmp_path} cannot be {word} \(Full\)"),
            block(tmp_path, DatasetError),
        ):
            raise OSError(28, "Full")


def test_renamed(tmp_path):
    renamed = SHELF.rename(thing(tmp_path, "a"), " b ")
    assert renamed == tmp_path / "b"
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    with pytest.raises(DatasetError, match=r"a cannot be written \(No such file or directory\)"):
        SHELF.rename(tmp_path / "a", "c")


def test_deleted_with_all_that_belongs_to_it(tmp_path):
    SHELF.delete(thing(tmp_path, "a"))
    (tmp_path / "list.json").touch()
    FILES.delete(tmp_path / "list.json")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DatasetError, match=r"a cannot be deleted \(No such file or directory\)"):
        SHELF.delete(tmp_path / "a")


@pytest.mark.parametrize("other", ["thesis.txt", "deep/notes.md"])
def test_what_belongs_to_others_stays(tmp_path, other):
    folder = thing(tmp_path, "a")
    (folder / other).touch()
    with pytest.raises(DatasetError) as caught:
        SHELF.delete(folder)
    assert str(caught.value) == (
        f"{folder}: expected a thing's files only, found {Path(other).name}; nothing was deleted; "
        "move it elsewhere first"
    )
    assert (folder / "deep" / "file.ours").exists()


def test_links_are_not_followed(tmp_path):
    thing(tmp_path, "elsewhere")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DatasetError, match="found a link; nothing was deleted"):
        SHELF.delete(link)
    folder = thing(tmp_path, "a")
    (folder / "photos").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DatasetError, match="found photos; nothing was deleted"):
        SHELF.delete(folder)
    assert (tmp_path / "elsewhere" / "deep" / "file.ours").exists()


def test_a_half_deleted_one_is_never_listed_and_goes_at_the_next_look(tmp_path, monkeypatch):
    thing(tmp_path, "b")
    folder = thing(tmp_path, "a")

    def interrupted(path):
        (path / "deep" / "file.ours").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            SHELF.delete(folder)
    assert len(list(tmp_path.iterdir())) == 2
    assert SHELF.paths(tmp_path) == [tmp_path / "b"]
    assert list(tmp_path.iterdir()) == [tmp_path / "b"]
