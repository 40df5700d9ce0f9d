import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from emotion_core.judging.measures.ranking import roc_auc


def test_area_agrees_with_scikit_learn_also_with_ties():
    generator = np.random.default_rng(0)
    for scores in (generator.normal(size=200), generator.integers(0, 4, 200).astype(float)):
        positive = generator.random(200) < 0.3
        assert roc_auc(scores, positive) == pytest.approx(roc_auc_score(positive, scores))
