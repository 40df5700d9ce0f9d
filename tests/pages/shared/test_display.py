"""What people type or call their files is shown as it is, whatever it holds."""

import numpy as np

from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading
from pages.shared.display import face_scores, numbers

NASTY = "<img src=x onerror=alert(1)>"


def test_figures_are_escaped():
    assert "<img" not in numbers({NASTY: NASTY})
    assert numbers({"R&D": "1 < 2"}) == (
        '<div class="numbers"><div><b>1 &lt; 2</b><span>R&amp;D</span></div></div>'
    )


def test_a_face_s_title_is_escaped():
    face = FaceReading(Box(0, 0, 48, 48), tuple(np.full(7, 1 / 7)), 0.0)
    assert "<img" not in face_scores(face, NASTY)
