from __future__ import annotations

import numpy as np
import pytest

from emotion_core.datasets import VOTE_NAMES, FaceDataset, demo_dataset
from emotion_core.datasets.checks import figures
from emotion_core.datasets.checks.comparison import compare_datasets
from emotion_core.datasets.checks.overview import survey_dataset
from emotion_core.emotions import EMOTION_COLORS, EMOTIONS


@pytest.fixture(scope="module")
def demo():
    return demo_dataset(4)


@pytest.fixture(scope="module")
def lonely():
    """One blank image."""
    zero = np.zeros(1, np.uint8)
    return FaceDataset("lonely", np.zeros((1, 48, 48), np.uint8), zero, zero, np.arange(1))


@pytest.fixture(params=["demo", "lonely"])
def overview(request):
    return survey_dataset(request.getfixturevalue(request.param))


def test_class_counts(demo):
    overview = survey_dataset(demo)
    figure = figures.class_counts_figure(overview, "classes")
    assert [bar.name for bar in figure.data] == list(overview.splits)
    assert list(figure.data[0].x) == list(EMOTIONS)
    assert list(figure.data[0].y) == overview.counts[0].tolist()
    assert list(figure.data[0].marker.color) == [EMOTION_COLORS[name] for name in EMOTIONS]
    patterns = [bar.marker.pattern.shape for bar in figure.data]
    assert len(set(patterns)) == len(patterns)
    shares = figures.class_counts_figure(overview, "classes", shares=True)
    assert sum(shares.data[0].y) == pytest.approx(1)


@pytest.mark.parametrize("measure", ["brightness", "contrast"])
def test_light_is_drawn_from_quantiles(overview, measure):
    figure = figures.light_figure(overview, measure, "light")
    spreads = getattr(overview, f"class_{measure}")
    assert len(figure.data) == sum(spread is not None for spread in spreads)
    assert figure.data[0].median == (spreads[0].quantiles[2],)
    assert len(figure.to_json()) < 20_000


def test_agreement(demo):
    votes = np.zeros((len(demo), len(VOTE_NAMES)), np.uint8)
    votes[:, VOTE_NAMES.index("happiness")] = 10
    voted = FaceDataset(demo.name, demo.images, demo.labels, demo.splits, demo.rows, votes)
    figure = figures.agreement_figure(survey_dataset(voted), "agreement")
    assert list(figure.data[0].y) == [float(name == "happy") for name in EMOTIONS]
    with pytest.raises(ValueError, match="expected a dataset with FER\\+ votes, found none"):
        figures.agreement_figure(survey_dataset(demo), "agreement")


@pytest.mark.parametrize("near", [False, True])
def test_comparison(demo, lonely, near):
    comparison = compare_datasets(demo, lonely, near=near)
    figure = figures.dataset_comparison_figure(comparison, "shares")
    assert [bar.name for bar in figure.data] == [demo.name, "lonely"]
    assert list(figure.data[1].y) == [1, 0, 0, 0, 0, 0, 0]
    assert len(figures.light_comparison_figure(comparison, "contrast", "light").data) == 8
    overlap = figures.overlap_figure(comparison, "overlap")
    assert [bar.name for bar in overlap.data] == ["identical", "the same photo"][: 1 + near]
    assert list(overlap.data[0].x) == [0, 0]
