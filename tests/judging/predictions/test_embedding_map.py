import subprocess

import numpy as np
import pytest

from emotion_core.errors import EmotionCoreError
from emotion_core.judging.predictions import embedding_map
from emotion_core.judging.predictions.embedding_map import (
    load_map,
    map_dataset,
    map_embeddings,
    map_key,
    sample_members,
    seconds_for_all,
)
from emotion_core.judging.predictions.embeddings import unit_rows
from emotion_core.judging.predictions.predict import predict_dataset
from emotion_core.judging.predictions.tsne import STEPS


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def children(monkeypatch):
    """Every child process that is started."""
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    return started


def clusters(count=60):
    """Rows of two clusters that take turns."""
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(2, 16)) * 3
    noise = generator.normal(size=(count, 16)) * 0.3
    return unit_rows((centres[np.arange(count) % 2] + noise).astype(np.float32))


def separated(points):
    """Whether the nearest point of every point is of its own cluster."""
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return (distances.argmin(axis=1) % 2 == np.arange(len(points)) % 2).all()


def test_alike_images_lie_together_and_the_map_is_always_the_same():
    steps = []
    first = map_embeddings(clusters(), progress=lambda *step: steps.append(step))
    assert first.shape == (60, 2)
    assert first.dtype == np.float32
    assert separated(first)
    assert steps == sorted(steps)
    assert {total for _, total in steps} == {STEPS}
    np.testing.assert_array_equal(map_embeddings(clusters()), first)


def test_many_equal_images():
    rows = clusters(120)
    rows[:100] = rows[0]
    points = map_embeddings(rows)
    assert np.isfinite(points).all()
    assert points.std() > 0


@pytest.mark.parametrize("count", [1, 2, 3, embedding_map.LEAST_IMAGES - 1])
def test_few_images_are_projected(count, children):
    points = map_embeddings(clusters(count))
    assert points.shape == (count, 2)
    assert np.isfinite(points).all()
    assert not children


def test_a_sample_is_some_of_many_and_all_of_few(monkeypatch, demo):
    assert sample_members(demo).tolist() == list(range(len(demo)))
    monkeypatch.setattr(embedding_map, "SAMPLE_IMAGES", 20)
    members = sample_members(demo)
    assert len(members) == len(set(members.tolist())) == 20
    assert members.tolist() == sorted(members.tolist())
    assert len(set(demo.labels[members].tolist())) > 3
    np.testing.assert_array_equal(members, sample_members(demo))


def test_all_take_longer_than_a_sample():
    assert seconds_for_all(10, 2000, 2000) == 10
    assert 80 < seconds_for_all(10, 2000, 32_298) < 160


def test_images_that_are_all_the_same(children):
    points = map_embeddings(np.ones((80, 4), np.float32))
    np.testing.assert_allclose(points, np.zeros((80, 2)), atol=1e-5)
    assert not children


def test_what_progress_raises_ends_the_child(children):
    def cancel(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        map_embeddings(clusters(), progress=cancel)
    assert [child.returncode is not None for child in children] == [True]


def test_a_child_that_fails_is_one_line(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    # A folder where there is no emotion_core.
    monkeypatch.setattr("emotion_core.system.processes.children.PROJECT", tmp_path)
    with pytest.raises(EmotionCoreError) as caught:
        map_embeddings(clusters())
    message = str(caught.value)
    assert message.startswith("expected a map from the process that makes it, found none (")
    assert "No module named" in message
    assert "\n" not in message


def test_the_second_time_maps_what_was_made(tiny_model, demo, monkeypatch):
    embeddings = predict_dataset(tiny_model, demo).embeddings
    assert load_map(tiny_model, demo) is None
    first = map_dataset(tiny_model, demo, embeddings)
    assert first.shape == (len(demo), 2)
    monkeypatch.setattr(embedding_map, "map_embeddings", None)
    steps = []
    second = map_dataset(tiny_model, demo, embeddings, progress=lambda *step: steps.append(step))
    np.testing.assert_array_equal(first, second)
    assert isinstance(second, np.memmap)
    assert steps == [(STEPS, STEPS)]
    assert predict_dataset(tiny_model, demo).embeddings is not None  # stands beside the map


def test_a_damaged_map_is_made_again(tiny_model, demo):
    few = demo.subset(np.arange(10))
    embeddings = predict_dataset(tiny_model, few).embeddings
    first = np.array(map_dataset(tiny_model, few, embeddings))
    path = next(map_key(tiny_model, few).folder.iterdir())
    path.write_bytes(path.read_bytes()[:20])
    assert load_map(tiny_model, few) is None
    np.testing.assert_array_equal(map_dataset(tiny_model, few, embeddings), first)


def test_a_cache_that_cannot_be_written_costs_only_time(tiny_model, demo, tmp_path, caplog):
    few = demo.subset(np.arange(10))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "maps").write_text("a file where the folder should be")
    assert len(map_dataset(tiny_model, few, clusters(10))) == 10
    assert "the map is not cached" in caplog.text
