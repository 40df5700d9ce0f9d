from __future__ import annotations

import pytest

from emotion_core.sessions.edits.marks import add_mark
from emotion_core.sessions.edits.persons import name_person
from pages.widgets.display import with_picture_button


@pytest.fixture
def marked(session):
    """A range in each second, two moments, and a name."""
    name_person(session, 1, "Ada")
    add_mark(session, 0.0, "film", seconds=0.95)
    add_mark(session, 1.0, "rest", seconds=0.95)
    for at in (0.5, 1.0):
        add_mark(session, at, "joke")


def said(page) -> str:
    return "\n".join(each.value for each in [*page.caption, *page.header, *page.info])


def test_numbers_are_listed_with_what_they_rest_on(open_part, marked, session):  # noqa: ARG001
    page = open_part("numbers")
    assert "moving-block bootstrap" in said(page)
    table = page.dataframe[0].value
    film = table[(table["range"] == "film") & (table["expression"] == "happy")].iloc[0]
    assert (film["share"], film["episodes"], film["first after"]) == (100, 1, 0)
    page.selectbox(key=f"around {session.id}").set_value("joke").run()
    assert "Mean over n = 2 marks" in said(page)
    page.toggle(key="around_subtract").set_value(True).run()
    assert not page.exception
    # At rest nothing is above the rest.
    page.toggle(key="numbers_relative").set_value(True).run()
    table = page.dataframe[0].value
    assert table.loc[table["expression"] == "uncertain", "share"].tolist() == [100, 100, 100]


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("Ranges", "film minus rest: n = 2 and 2 blocks of 0.5 s; effect size Hedges"),
        ("People", "Ada minus person 2: n = 4 pairs of blocks of 0.5 s; effect size Cohen"),
        ("Sessions", "Choose sessions for both groups"),
    ],
)
def test_two_sides_are_compared(open_part, marked, what, told):  # noqa: ARG001
    page = open_part("numbers")
    page.segmented_control(key="compare_what").set_value(what).run()
    assert not page.exception
    assert told in said(page)


def test_groups_of_sessions(open_part, marked, session):  # noqa: ARG001
    page = open_part("numbers")
    page.segmented_control(key="compare_what").set_value("Sessions").run()
    page.multiselect(key="second_group").set_value([session.id]).run()
    assert "n = 1 and 1 sessions" in said(page)
    assert "One unit on a side is too few for an interval or a test." in said(page)
    table = page.dataframe[-1].value
    assert set(table["difference, points"]) == {0}


def test_charts_can_be_saved_finely():
    options = with_picture_button("a", "svg")["toImageButtonOptions"]
    assert (options["format"], options["filename"], options["scale"]) == ("svg", "a", 4)
