"""Settings that outlive a page: each `open_page` is a reload, with a session of its own."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from emotion_core.system.viewer_settings import change_settings, read_settings

ANNA, BEN = "a" * 32, "b" * 32


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path))


def script() -> None:
    import streamlit as st

    from pages.viewer.kept import (
        in_address,
        keep_in_address,
        keep_state,
        kept,
        offer_reset,
        within,
    )

    st.toggle("Detect", kept("detect", usual=True), key="detect")
    st.slider("Smoothing", 0.0, 3.0, kept("smoothing", 0.5, within(0, 3)), key="smoothing")
    st.pills(
        "Shown",
        ["Boxes", "Labels"],
        selection_mode="multi",
        default=kept("shown", ["Boxes"], ["Boxes", "Labels"]),
        key="shown",
    )
    st.selectbox("Sort", ["name", "size"], key="sort", bind="query-params")
    in_address({"sort": "name"})
    keep_state({"rules": []}, {"rules": lambda rules: all(rule["seconds"] > 0 for rule in rules)})
    st.session_state.setdefault("read", kept("read", usual=False, resets=False))
    st.button("Read", on_click=lambda: st.session_state.update(read=True))
    st.button("Add", on_click=lambda: st.session_state.rules.append({"seconds": 2}))
    keep_in_address("run", "run", ["one", "two"])
    keep_in_address("compared", "compared", ["one", "two"], several=True)
    if st.button("Choose"):
        st.session_state["run"], st.session_state["compared"] = "two", ["one", "two"]
        st.rerun()
    offer_reset()


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Any:
    def open_one(viewer: str | None = ANNA, page: str = "live", **address: str) -> AppTest:
        monkeypatch.setattr("pages.viewer.kept.viewer", lambda: viewer)
        app = AppTest.from_function(script, default_timeout=60)
        app.session_state["this_page"] = page
        for name, value in address.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return open_one


def values(app: AppTest) -> dict[str, Any]:
    names = ("detect", "smoothing", "shown", "sort", "rules")
    return {name: app.session_state[name] for name in names}


USUAL = {"detect": True, "smoothing": 0.5, "shown": ["Boxes"], "sort": "name", "rules": []}


def resets(app: AppTest) -> list[Any]:
    return [button for button in app.button if button.label == "Reset this page"]


def change_all(app: AppTest) -> None:
    app.toggle[0].set_value(False).run()
    app.slider[0].set_value(2.0).run()
    app.button_group[0].set_value(["Boxes", "Labels"]).run()
    next(button for button in app.button if button.label == "Add").click().run()


CHANGED = {
    "detect": False,
    "smoothing": 2.0,
    "shown": ["Boxes", "Labels"],
    "rules": [{"seconds": 2}],
}


def test_a_first_visit_keeps_nothing_and_offers_no_reset(open_page):
    app = open_page()
    assert values(app) == USUAL
    assert not resets(app)
    assert read_settings(ANNA) == {}


def test_what_was_set_is_there_after_a_reload(open_page):
    change_all(open_page())
    assert read_settings(ANNA) == {"live": CHANGED}
    assert values(open_page()) == USUAL | CHANGED


def test_others_never_see_it(open_page):
    change_all(open_page())
    assert values(open_page(BEN)) == USUAL
    assert values(open_page(page="train")) == USUAL


def test_without_cookies_it_lasts_as_long_as_the_tab(open_page, tmp_path):
    app = open_page(None)
    change_all(app)
    assert values(app) == USUAL | CHANGED
    assert resets(app)
    assert list(tmp_path.iterdir()) == []


def test_what_is_set_back_by_hand_is_forgotten(open_page):
    app = open_page()
    app.toggle[0].set_value(False).run()
    app.toggle[0].set_value(True).run()
    assert read_settings(ANNA) == {}
    assert not resets(app)


def test_reset_sets_everything_back_for_good(open_page):
    change_all(open_page())
    app = open_page()
    app.selectbox[0].set_value("size").run()
    resets(app)[0].click().run()
    assert values(app) == USUAL
    assert not resets(app)
    assert read_settings(ANNA) == {}
    assert values(open_page()) == USUAL


def test_what_somebody_has_read_is_no_setting(open_page):
    app = open_page()
    next(button for button in app.button if button.label == "Read").click().run()
    assert open_page().session_state["read"] is True
    assert not resets(app)
    app.toggle[0].set_value(False).run()
    resets(app)[0].click().run()
    assert read_settings(ANNA) == {"live": {"read": True}}


def test_reset_forgets_what_no_widget_shows_any_more(open_page):
    change_settings(ANNA, "live", {"of an earlier version": 3})
    change_settings(ANNA, "train", {"epochs": 3})
    resets(open_page())[0].click().run()
    assert read_settings(ANNA) == {"train": {"epochs": 3}}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("detect", "yes"),
        ("detect", 1),
        ("smoothing", 7.0),
        ("smoothing", float("nan")),
        ("smoothing", 10**400),
        ("smoothing", True),
        ("smoothing", [1.0]),
        ("shown", "Boxes"),
        ("shown", ["Boxes", "Hats"]),
        ("shown", [["Boxes"]]),
        ("shown", {"Boxes": 1}),
        ("rules", [{"second": 1}]),
        ("rules", [3]),
        ("rules", {}),
    ],
)
def test_values_that_do_not_do_any_more_break_nothing(key, value, open_page):
    change_settings(ANNA, "live", {key: value})
    assert values(open_page()) == USUAL


def test_tabs_of_one_viewer_do_not_undo_each_other(open_page):
    first, second = open_page(), open_page()
    first.toggle[0].set_value(False).run()
    second.slider[0].set_value(2.0).run()
    assert read_settings(ANNA) == {"live": {"detect": False, "smoothing": 2.0}}


def test_the_address_names_what_was_chosen(open_page):
    app = open_page()
    next(button for button in app.button if button.label == "Choose").click().run()
    assert app.query_params["run"] in ("two", ["two"])  # AppTest gives either
    assert app.query_params["compared"] == ["one", "two"]


def test_an_address_from_elsewhere_chooses_what_is_there(open_page):
    assert open_page(run="one", compared="two").session_state["run"] == "one"
    app = open_page(run="gone", compared="gone")
    assert "run" not in app.session_state
    assert "run" not in app.query_params


def go_to(app: AppTest, run: str) -> None:
    """Let the browser send another address, as Back and links do."""
    app.query_params["run"] = run
    app.session_state["page_before"] = app.session_state["this_page"]
    app.run()
    assert not app.exception


def choose_two(app: AppTest) -> None:
    app.session_state["page_before"] = app.session_state["this_page"]
    next(button for button in app.button if button.label == "Choose").click().run()


def test_a_link_or_back_wins_over_what_was_chosen_before(open_page, monkeypatch):
    monkeypatch.setattr("pages.viewer.kept._SECONDS_TO_HEAR", 0.0)
    app = open_page(run="one")
    choose_two(app)
    assert app.session_state["run"] == "two"
    go_to(app, "one")
    assert app.session_state["run"] == "one"
    assert app.query_params["run"] in ("one", ["one"])


def test_back_to_an_address_that_names_nothing_shows_what_was_shown_there(open_page, monkeypatch):
    """The address was written anew, and Back led nowhere."""
    monkeypatch.setattr("pages.viewer.kept._SECONDS_TO_HEAR", 0.0)
    app = open_page()
    choose_two(app)
    assert app.query_params["run"] in ("two", ["two"])
    del app.query_params["run"]
    app.session_state["page_before"] = app.session_state["this_page"]
    app.run()
    assert "run" not in app.session_state
    assert "run" not in app.query_params


def test_a_link_from_another_page_wins_over_what_was_kept(open_page):
    app = open_page()
    choose_two(app)
    app.session_state["page_before"] = "photo"
    app.query_params["run"] = "one"
    app.run()
    assert app.session_state["run"] == "one"


def test_a_choice_is_not_undone_by_a_browser_that_has_not_heard_of_it(open_page):
    app = open_page(run="one")
    choose_two(app)
    go_to(app, "one")
    assert app.session_state["run"] == "two"
    assert app.query_params["run"] in ("two", ["two"])


def test_what_is_chosen_while_the_address_names_something_else_is_newer(open_page, monkeypatch):
    monkeypatch.setattr("pages.viewer.kept._SECONDS_TO_HEAR", 0.0)
    app = open_page(run="one")
    app.query_params["run"] = "one"
    choose_two(app)
    assert app.session_state["run"] == "two"
