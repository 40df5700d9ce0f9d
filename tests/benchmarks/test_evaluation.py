"""The benchmarks of the page Evaluate still run; their times are nobody's business here."""

from tests.benchmarks.running import run


def test_evaluation_page(tiny_model):
    figures = run("evaluation_page.py", "--data", "demo", "--model", tiny_model)
    assert figures["images"] == figures["robustness_images"] == 126
    assert figures["report_megabytes"] > 3


def test_explanations(tiny_model):
    figures = run("explanations.py", "--data", "demo", "--model", tiny_model, "--images", "1")
    assert figures["images"] == 1
    for method in figures["methods"].values():
        assert 0 <= method["deletion"] <= 1
