from __future__ import annotations

import pytest

from pages.live.pressing import moment_of

NOW = 1000.0


@pytest.mark.parametrize(
    ("told", "used", "moment"),
    [
        (998.5, None, 998.5),
        (998, 990.0, 998.0),
        (1000.3, None, NOW),  # two clocks are compared well, not perfectly
        (998.5, 998.5, NOW),  # of the press before
        (980.0, None, NOW),
        (1200.0, None, NOW),
        (float("nan"), None, NOW),
        (None, None, NOW),
        (True, None, NOW),
        ("998.5", None, NOW),
    ],
)
def test_when_a_button_was_pressed(told, used, moment):
    assert moment_of(told, NOW, used) == moment
