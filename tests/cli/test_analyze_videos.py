"""``analyze`` with videos, by the processes and the model that ship."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd
import pytest

from emotion_core.cli import EXIT_BAD_INPUT, EXIT_INTERRUPTED, main
from emotion_core.cli.options import time_in_video
from emotion_core.faces.pictures.images import encode_jpeg
from emotion_core.recorded.pool.pool import VideoPool
from emotion_core.sessions.storage import list_sessions
from tests.recorded.films import picture_at
from tests.recorded.portraits import write_portrait_film


def analyze(*arguments: object) -> int:
    return main(["analyze", *(str(argument) for argument in arguments)])


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with a film, one of the same name below it, one that is none, and a photo."""
    folder = tmp_path / "Films für alle"
    (folder / "below").mkdir(parents=True)
    write_portrait_film(folder / "talk.mp4", 2.0)
    write_portrait_film(folder / "below" / "talk.mkv", 1.0)
    (folder / "bad.mov").write_text("no film")
    (folder / "photo.jpg").write_bytes(encode_jpeg(picture_at(0.0, shown=False)))
    return folder


def test_photos_and_videos_of_a_folder(folder, tmp_path, capsys):
    out = tmp_path / "out"
    assert analyze(folder, "--out", out, "--json", "--annotated") == EXIT_BAD_INPUT
    printed = capsys.readouterr()
    assert sorted(path.name for path in out.iterdir()) == [
        *(".photos.jsonl", "faces.csv", "faces.json", "photo-annotated.jpg", "talk", "talk-2"),
        *("talk-2-faces.csv", "talk-faces.csv", "videos.json"),
    ]
    assert f"{folder / 'talk.mp4'}: 1 person in 40 frames, recorded in {out}" in printed.out
    last = printed.err.splitlines()[-1]
    assert last.startswith("emotion_core: expected a video such as MP4, MOV, MKV, WebM or AVI")
    assert "bad.mov" in last
    told = {Path(each["file"]).name: each for each in json.loads((out / "videos.json").read_text())}
    assert {name: each["state"] for name, each in told.items()} == {
        "talk.mp4": "finished", "talk.mkv": "finished", "bad.mov": "failed",
    }  # fmt: skip
    assert told["bad.mov"]["problem"] in last
    assert told["talk.mp4"]["frames"] == 40
    table = pd.read_csv(told["talk.mp4"]["table"])
    assert table["seconds"].tolist() == pytest.approx([n / 20 for n in range(40)])
    assert table["person"].tolist() == [1] * 40
    sessions = list_sessions(out)
    assert {session.header.name for session in sessions.sessions} == {"talk.mp4", "talk.mkv"}
    assert all(session.video is not None for session in sessions.sessions)

    # A second time, with what an earlier call wrote among what is found.
    assert analyze(folder / "talk.mp4", out, "--out", out, "--annotated") == 0
    printed = capsys.readouterr()
    assert "talk.mp4: 1 person in 40 frames" in printed.out
    assert printed.out.count("analyzed before (--again") == 1


def test_a_table_as_parquet_of_some_frames(folder, tmp_path):
    out = tmp_path / "out"
    options = ("--every", "0.5", "--from", "0:00.5", "--format", "parquet", "--people", "1")
    assert analyze(folder / "talk.mp4", "--out", out, *options) == 0
    table = pd.read_parquet(out / "talk-faces.parquet")
    assert table["seconds"].tolist() == pytest.approx([0.5, 1.0, 1.5])
    assert not (out / "faces.csv").exists()  # which is of photos


def test_an_interrupt_keeps_what_is_read(folder, tmp_path, capsys, monkeypatch):
    run = VideoPool.run

    def interrupted(pool: VideoPool, *_: object) -> None:
        def press(_: VideoPool) -> None:
            if any(video.phase == "reading" for video in pool.videos):
                raise KeyboardInterrupt

        run(pool, press)

    monkeypatch.setattr(VideoPool, "run", interrupted)
    out = tmp_path / "out"
    assert analyze(folder / "talk.mp4", "--out", out) == EXIT_INTERRUPTED
    assert "what has been read is kept; the same command goes on with it" in capsys.readouterr().err
    monkeypatch.undo()
    assert analyze(folder / "talk.mp4", "--out", out) == 0
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--every", "0", "every: expected 0 to 3600 s, found 0.0"),
        ("--to", "0", "to: expected a time after 0 s"),
        ("--people", "0", "people: expected 1 or more, found 0"),
        ("--workers", "0", "--workers: expected 1 to 256, found 0"),
    ],
)
def test_what_makes_no_sense_is_told_first(folder, tmp_path, capsys, option, value, said):
    out = tmp_path / "out"
    assert analyze(folder, "--out", out, option, value) == EXIT_BAD_INPUT
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_times_are_typed_as_players_show_them():
    typed = {"90": 90, "1:30": 90, "1:02:03.5": 3723.5, "0": 0}
    assert {text: time_in_video(text) for text in typed} == typed
    for text in ("", "1:2:3:4", "-1", "1:-2", "soon", "nan"):
        with pytest.raises(argparse.ArgumentTypeError, match="a time such as 1:30"):
            time_in_video(text)
