import numpy as np
import pytest

from emotion_core.judging.robustness import curves
from emotion_core.judging.robustness.changes import CHANGES, Change
from emotion_core.judging.robustness.curves import (
    RobustnessCurve,
    RobustnessCurves,
    RobustnessPoint,
    breaking_strength,
    load_curves,
    measure_curves,
    robustness_of,
    sample_places,
)

DARKER = Change(
    "darker", "Darker", "greys taken", (50, 150), 0, lambda faces, by, _: faces - np.uint8(by)
)


class Bright:
    """Is right about a happy face as long as it is bright."""

    def predict_logits(self, crops):
        bright = crops.mean(axis=(1, 2)) >= 100
        return np.where(bright[:, None], np.eye(7)[3], np.eye(7)[6]).astype(np.float32)


@pytest.fixture
def two_faces():
    return np.stack([np.full((48, 48), grey, np.uint8) for grey in (160, 255)])


def test_by_hand(two_faces):
    steps = []
    curves = measure_curves(
        Bright(),
        two_faces,
        np.array([3, 3], np.uint8),
        of=9,
        changes=[DARKER],
        progress=lambda *step: steps.append(step),
    )
    assert (curves.n, curves.of, curves.correct, curves.accuracy.value) == (2, 9, 2, 1.0)
    (curve,) = curves.curves
    assert [point.accuracy.value for point in curve.points] == [1.0, 0.5]
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_a_sample_is_drawn_by_its_seed():
    first, again, other = (sample_places(100, 20, seed).tolist() for seed in (0, 0, 1))
    assert first == again != other
    assert len(set(first)) == 20
    assert first == sorted(first)
    assert sample_places(5, 20).tolist() == [0, 1, 2, 3, 4]


def test_whoever_gives_up_is_obeyed(two_faces):
    def stop(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    labels = np.array([3, 3], np.uint8)
    with pytest.raises(KeyboardInterrupt):
        measure_curves(Bright(), two_faces, labels, of=2, changes=[DARKER], progress=stop)


def test_measured_once_for_a_model_and_its_images(tiny_model, demo, monkeypatch):
    faces, labels = demo.images[:20], demo.labels[:20]
    assert load_curves(tiny_model, faces, labels, of=30) is None
    measured = robustness_of(tiny_model, faces, labels, of=30)
    assert [curve.change for curve in measured.curves] == [change.name for change in CHANGES]
    assert (measured.n, measured.of) == (20, 30)
    assert load_curves(tiny_model, faces, labels, of=30) == measured
    assert load_curves(tiny_model, faces[:10], labels[:10], of=30) is None
    assert load_curves(tiny_model, faces, (labels + 1) % 7, of=30) is None

    monkeypatch.setattr(curves, "measure_curves", None)
    assert robustness_of(tiny_model, faces, labels, of=30) == measured


def test_a_damaged_entry_is_measured_again(tiny_model, demo, cache_folder):
    faces, labels = demo.images[:5], demo.labels[:5]
    measured = robustness_of(tiny_model, faces, labels, of=5)
    (entry,) = (cache_folder / "robustness").iterdir()
    for content in ("", "[]", '{"n": 5}'):
        (entry / "curves.json").write_text(content)
        assert load_curves(tiny_model, faces, labels, of=5) is None
    assert robustness_of(tiny_model, faces, labels, of=5) == measured


def test_breaking_strength():
    change = Change("scale", "Scaled", "%", (60, 80, 120, 140), 100, DARKER.apply)

    def of(*shares: int) -> RobustnessCurve:
        points = zip(change.strengths, shares, strict=True)
        return RobustnessCurve("scale", tuple(RobustnessPoint(s, 100, n) for s, n in points))

    assert breaking_strength(change, of(20, 60, 70, 30), 0.8) == 60
    assert breaking_strength(change, of(20, 60, 30, 10), 0.8) == 120
    assert breaking_strength(change, of(70, 75, 75, 70), 0.8) is None


def test_json_goes_there_and_back():
    curve = RobustnessCurve("blur", (RobustnessPoint(0.5, 4, 3),))
    curves = RobustnessCurves(4, 9, 0, 4, (curve,))
    assert RobustnessCurves.from_json(curves.to_json()) == curves
