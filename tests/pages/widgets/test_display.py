"""What people type or call their files is shown as it is, whatever it holds."""

import numpy as np

from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading
from emotion_core.live.smoothing import SteadyReading
from pages.widgets.display import face_scores, numbers

NASTY = "<img src=x onerror=alert(1)>"


def test_figures_are_escaped():
    assert "<img" not in numbers({NASTY: NASTY})
    assert numbers({"R&D": "1 < 2"}) == (
        '<div class="numbers"><div><b>1 &lt; 2</b><span>R&amp;D</span></div></div>'
    )


def test_an_uncertain_face_names_the_highest_bar():
    scores = (0.05, 0.05, 0.1, 0.1, 0.28, 0.1, 0.32)
    held = SteadyReading(Box(0, 0, 48, 48), scores, 0.5, held="sad")
    html = face_scores(held).replace("\N{NO-BREAK SPACE}", " ")
    assert '<span class="confidence">neutral 32%</span>' in html
    assert "kept until" not in html


def test_an_answer_that_is_not_the_highest_bar_is_explained():
    scores = (0.0, 0.0, 0.0, 0.0, 0.48, 0.0, 0.52)
    held = SteadyReading(Box(0, 0, 48, 48), scores, 0.4, held="sad")
    assert "kept until another is clearly ahead of sad" in face_scores(held)
    assert "kept until" not in face_scores(SteadyReading(held.box, scores, 0.4, held="neutral"))


def test_a_face_s_title_is_escaped():
    face = FaceReading(Box(0, 0, 48, 48), tuple(np.full(7, 1 / 7)), 0.0)
    assert "<img" not in face_scores(face, NASTY)
