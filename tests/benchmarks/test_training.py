"""The benchmark of the page that trains still runs; what it measures is not looked at."""

import pytest

from tests.benchmarks.running import run


@pytest.mark.browser
def test_the_first_point_and_the_cost_of_watching():
    figures = run("training_page.py", "--window", "1")
    assert 0 < figures["stages_began_seconds"]["starting"] < figures["first_point_seconds"]
    assert figures["page_percent_of_a_core"] >= 0
