from __future__ import annotations

import numpy as np
import pytest

from emotion_core.datasets import VOTE_NAMES
from emotion_core.datasets.types import Exclusion
from emotion_core.judging.judgement import judge
from emotion_core.judging.notices import Notice
from emotion_core.judging.paired_comparison import compare_answers
from emotion_core.judging.report.contents import Report
from emotion_core.judging.robustness.curves import measure_curves
from emotion_core.judging.speed import Speed
from tests.judging.made_answers import made_card, random_answers

CREATED = "2026-11-23T00:00:00+00:00"
IMAGES = np.random.default_rng(0).integers(0, 256, (300, 48, 48)).astype(np.uint8)


class Guessing:
    def predict_logits(self, crops):
        return np.eye(7, dtype=np.float32)[crops[:, 0, 0] % 7]


@pytest.fixture
def full() -> Report:
    votes = np.zeros((300, len(VOTE_NAMES)), np.uint8)
    votes[:, :2] = 5
    first = random_answers(votes=votes)
    second = random_answers(seed=1, card=made_card("other <b>"))
    curves = measure_curves(Guessing(), IMAGES[:20], first.labels[:20], of=300)
    return Report(
        judge(first),
        (Notice("warning", "Not for <choosing>."),),
        CREATED,
        excluded=Exclusion("no leaks", 7, "ab"),
        robustness=curves,
        comparison=compare_answers(first, second),
        other_robustness=curves,
        speeds={"made": (Speed("LiteRT", 5, 1.25, 1.0, 2.0),)},
    )
