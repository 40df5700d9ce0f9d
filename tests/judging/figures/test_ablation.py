from emotion_core.judging.figures.ablation import ablation_figure


def test_ablation_ranks_the_variants_and_leaves_the_baseline_out():
    variants = {
        "baseline": {"points_above_baseline": 0, "clear": False},
        "worse": {"points_above_baseline": -1.25, "clear": True},
        "better": {"points_above_baseline": 0.5, "clear": False},
    }
    (bars,) = ablation_figure(variants, "an ablation").data
    assert tuple(bars.y) == ("worse", "better")
    assert tuple(bars.text) == ("-1.2", "+0.5")
    assert bars.marker.color[0] != bars.marker.color[1]
