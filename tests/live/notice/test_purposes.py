from __future__ import annotations

import pytest

from emotion_core.live.notice.purposes import (
    FORBIDDEN,
    LAW,
    LONGEST_PURPOSE,
    PURPOSES,
    tidy_purpose,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (None, ""),
        ("  ", ""),
        ("Research\nwith  volunteers ", "Research with volunteers"),
        ("x" * 500, "x" * LONGEST_PURPOSE),
    ],
)
def test_a_purpose_is_one_short_line(typed, kept):
    assert tidy_purpose(typed) == kept


def test_what_the_law_forbids_can_be_chosen_and_is_told_in_two_sentences():
    assert set(FORBIDDEN) < set(PURPOSES)
    assert LAW.count(". ") == 1
    assert "Article 5)" in LAW
