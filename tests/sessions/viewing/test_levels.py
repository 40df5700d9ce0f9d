"""Bins keep every peak, the mean and every gap of the rows that they stand for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotion_core.emotions import ANSWER_COLORS, EMOTIONS
from emotion_core.sessions.viewing import levels
from emotion_core.sessions.viewing.levels import FACTOR, NO_ANSWER, levels_of

ANSWERS = list(ANSWER_COLORS)


def made(
    seconds: float = 400.0, rate: float = 30.0, persons: int = 2
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return frames and faces with random scores, in which the last person comes and goes."""
    random = np.random.default_rng(0)
    times = np.arange(0, seconds, 1 / rate).round(4)
    frames = pd.DataFrame({"frame": np.arange(1, len(times) + 1), "seconds": times})
    parts = []
    for person in range(1, persons + 1):
        seen = np.full(len(times), True)
        if person == persons:
            seen = (times // 7) % 2 == 0
        rows = frames[seen]
        scores = random.dirichlet(np.ones(7), len(rows))
        part = rows.assign(person=person, answer=np.array(ANSWERS)[scores.argmax(axis=1)])
        parts.append(part.assign(**dict(zip(EMOTIONS, scores.T, strict=True))))
    faces = pd.concat(parts).sort_values(["frame", "person"]).reset_index(drop=True)
    return frames, faces.astype({"person": "Int64"})


def test_lowest_mean_and_highest_are_those_of_the_rows():
    frames, faces = made()
    found = levels_of(frames, faces, [1, 2])
    assert len(found) == 3
    assert [each.seconds for each in found] == pytest.approx([4 / 30, 16 / 30, 64 / 30], rel=2e-3)
    for level in found:
        for place, person in enumerate([1, 2]):
            rows = faces[faces["person"] == person]
            bins = (rows["seconds"] // level.seconds).astype(int)
            scores = rows[list(EMOTIONS)].groupby(bins)
            empty = np.setdiff1d(np.arange(len(level.answer)), bins)
            for name, expected in (
                ("low", scores.min()), ("mean", scores.mean()), ("high", scores.max()),
            ):  # fmt: skip
                values = getattr(level, name)[:, place]
                np.testing.assert_allclose(values[expected.index], expected, rtol=1e-6)
                assert np.isnan(values[empty]).all()
            answers = rows["answer"].map(ANSWERS.index).groupby(bins)
            most = answers.agg(lambda codes: np.bincount(codes).argmax())
            assert (level.answer[most.index, place] == most).all()
            assert (level.answer[empty, place] == NO_ANSWER).all()


def test_lines_end_where_a_person_was_away_at_every_width():
    frames, faces = made()
    for level in levels_of(frames, faces, [1, 2]):
        assert level.joined[1:, 0].all()
        begins = np.flatnonzero((level.answer[:, 1] != NO_ANSWER) & ~level.joined[:, 1])
        # From 0, 14, 28 … seconds on the second person is there.
        assert (begins * level.seconds // 1).tolist() == pytest.approx(
            np.arange(0, 400, 14), abs=level.seconds + 1
        )


def test_one_high_frame_of_an_hour_is_in_the_widest_bins():
    frames, faces = made(seconds=3600, persons=1, rate=10)
    faces.loc[faces.index, list(EMOTIONS)] = 1 / 7
    faces.loc[12_345, "happy"] = 0.99
    widest = levels_of(frames, faces, [1])[-1]
    assert len(widest.answer) <= 512
    happy = EMOTIONS.index("happy")
    bin_of_it = int(faces["seconds"][12_345] / widest.seconds)
    assert widest.high[bin_of_it, 0, happy] == np.float32(0.99)
    assert np.nanmax(np.delete(widest.high[:, 0, happy], bin_of_it)) < 0.15
    assert widest.mean[bin_of_it, 0, happy] < 0.2


@pytest.mark.parametrize(
    ("times", "filled"),
    [([], 0), ([0.0], 1), ([5.0], 1), ([0.0, 0.0], 1), ([0.0, 9.5], 1), ([0.0, 0.1, 0.2, 9.5], 2)],
)
def test_few_frames(times, filled):
    frames = pd.DataFrame({"frame": range(len(times)), "seconds": np.array(times, float)})
    faces = frames.assign(person=1, answer="happy", **dict.fromkeys(EMOTIONS, 0.1))
    found = levels_of(frames, faces.astype({"person": "Int64"}), [1] if times else [])
    assert [(level.answer != NO_ANSWER).sum() for level in found] == [filled] * bool(times)


def test_those_with_no_row_have_empty_bins():
    frames, faces = made(seconds=10)
    (level,) = levels_of(frames, faces, [1, 7])
    assert (level.answer[:, 1] == NO_ANSWER).all()
    assert np.isnan(level.mean[:, 1]).all()


def test_days_have_no_more_cells_than_a_browser_can_hold(monkeypatch):
    monkeypatch.setattr(levels, "MOST_CELLS", 100)
    frames, faces = made(seconds=100)
    first = levels_of(frames, faces, [1, 2])[0]
    assert first.answer.size <= 100 + 2
    assert first.seconds == pytest.approx(4 / 30 * FACTOR**2, rel=2e-3)
