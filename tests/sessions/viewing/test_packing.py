"""What a browser reads of ranges of the file is what the tables say."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from emotion_core.emotions import ANSWER_COLORS, EMOTIONS
from emotion_core.sessions.viewing import packing
from emotion_core.sessions.viewing.packing import CELL, FRAME, NO_PLACE, ROW, write_packed
from tests.sessions.viewing.test_levels import made


def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return frames of one size and faces with boxes; face 0 of frame 3 is nobody's."""
    frames, faces = made(seconds=100)
    frames = frames.assign(frame_width=640, frame_height=480)
    boxes = np.arange(4 * len(faces)).reshape(-1, 4) % 700 - 20
    faces = faces.assign(**dict(zip(("x", "y", "width", "height"), boxes.T, strict=True)))
    faces.loc[4, "person"] = pd.NA
    return frames, faces


def packed(frames: pd.DataFrame, faces: pd.DataFrame) -> tuple[packing.Index, bytes]:
    file = io.BytesIO()
    return write_packed(frames, faces, file), file.getvalue()


def test_a_chunk_has_its_frames_and_their_faces(monkeypatch):
    monkeypatch.setattr(packing, "CHUNK_FRAMES", 256)
    frames, faces = tables()
    index, content = packed(frames, faces)
    assert [chunk.frames for chunk in index.chunks] == [256] * 11 + [184]
    assert sum(chunk.rows for chunk in index.chunks) == len(faces)
    first = 0
    for chunk in index.chunks:
        found = np.frombuffer(content, FRAME, chunk.frames, chunk.at)
        rows = np.frombuffer(content, ROW, chunk.rows, chunk.at + found.nbytes)
        expected = frames.iloc[first : first + chunk.frames]
        np.testing.assert_allclose(found["time"] / 1e4, expected["seconds"], atol=1e-9)
        assert chunk.seconds == expected["seconds"].iloc[0]
        assert (found["width"] == 640).all()
        own = faces[faces["frame"].isin(expected["frame"])]
        ends = [*found["first"][1:], chunk.rows]
        counts = np.subtract(ends, found["first"])
        assert counts.tolist() == [int((own["frame"] == each).sum()) for each in expected["frame"]]
        assert (rows["box"] == own[["x", "y", "width", "height"]]).all(axis=None)
        assert (rows["person"] == own["person"].fillna(0)).all()
        assert [list(ANSWER_COLORS)[code] for code in rows["answer"]] == own["answer"].tolist()
        np.testing.assert_allclose(rows["scores"] / 255, own[list(EMOTIONS)], atol=0.5 / 255)
        first += chunk.frames


def test_a_tile_of_bins_has_what_the_level_has():
    frames, faces = tables()
    index, content = packed(frames, faces)
    assert index.persons == (1, 2)
    (level, source) = index.levels[0], packing.levels_of(frames, faces, index.persons)[0]
    tile = np.frombuffer(content, CELL, 2 * 64, level.at + 100 * 2 * CELL.itemsize)
    tile = tile.reshape(64, 2)
    for name in ("low", "mean", "high"):
        expected = np.nan_to_num(getattr(source, name)[100:164])
        np.testing.assert_allclose(tile[name] / 255, expected, atol=0.5 / 255 + 1e-6)
    assert (tile["answer"] == source.answer[100:164]).all()
    assert (tile["joined"] == source.joined[100:164]).all()


def test_the_browser_reads_the_same_layout():
    script = (packing_folder() / "rows.js").read_text("utf-8")
    for name, value in (
        ("CELL_BYTES", CELL.itemsize), ("FRAME_BYTES", FRAME.itemsize),
        ("ROW_BYTES", ROW.itemsize), ("NO_PLACE", "0xffff"), ("SCORES", len(EMOTIONS)),
    ):  # fmt: skip
        assert f"const {name} = {value};" in script
    assert NO_PLACE == 0xFFFF


def packing_folder():
    from emotion_core.system.storage.folders import PROJECT

    return PROJECT / "pages" / "workbench" / "browser"


def test_those_seen_longest_have_a_line_and_all_have_boxes(monkeypatch):
    monkeypatch.setattr(packing, "MOST_PERSONS", 1)
    index, content = packed(*tables())
    assert (index.persons, index.others) == ((1,), 1)
    (chunk, *_) = index.chunks
    rows = np.frombuffer(content, ROW, chunk.rows, chunk.at + chunk.frames * FRAME.itemsize)
    assert set(rows["person"]) == {0, 1, 2}
    assert set(rows["place"][rows["person"] != 1]) == {NO_PLACE}


def test_another_content_begins_otherwise():
    """Addresses of files are told by their first bytes, some in the middle, and the last."""
    frames, faces = tables()
    other = faces.copy()
    other.loc[3000, "y"] += 1
    before, after = (packed(frames, each)[1] for each in (faces, other))
    assert before[:64] != after[:64]
    assert before[:64] == packed(frames, faces)[1][:64]


@pytest.mark.parametrize("rows", [0, 1])
def test_a_session_of_a_moment(rows):
    frames, faces = tables()
    index, content = packed(frames.iloc[:rows], faces.iloc[:0])
    assert (len(index.chunks), index.persons, index.levels) == (rows, (), ())
    assert len(content) == 64 + rows * FRAME.itemsize
