"""What a viewer has set on a page is there again after a reload and a restart, until they reset it.

What a page shows (its section, dataset, model, split, filters) stands in the address instead, by
``bind="query-params"``, so that a link shows the same to somebody else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from copy import deepcopy
from typing import Any, Final, TypeVar

import streamlit as st

from emotion_core.system.viewer_settings import change_settings, read_settings
from pages.mending.legacy_pages import THIS_PAGE
from pages.shared.clicks import once
from pages.shared.viewers import viewer

T = TypeVar("T")

#: Tells of a value from a file whether the widget can show it.
Allowed = Collection[Any] | Callable[[Any], bool]

_KEPT: Final = "kept_settings"


class _Kept:
    """What is known of one viewer's settings in one tab.

    Attributes:
        viewer: whose; None: they are kept as long as the tab is open.
        stored: what the file holds, by page and key.
        usual: by page and key, what each setting is when nobody has changed it.
        first: what each widget began with, which must not change under it.
    """

    def __init__(self, viewer: str | None) -> None:
        self.viewer = viewer
        self.stored = {} if viewer is None else read_settings(viewer)
        self.usual: dict[str, dict[str, Any]] = {}
        self.first: dict[str, Any] = {}

    def note(self, page: str, key: str, value: Any) -> None:
        """Keep a value if it is another one than the file has."""
        kept = None if value == self.usual[page][key] else value
        if self.stored.get(page, {}).get(key) != kept:
            self._change(page, {key: kept})

    def forget(self, page: str) -> None:
        """Keep nothing of a page any more."""
        self._change(page, dict.fromkeys(self.stored.get(page, {})))

    def _change(self, page: str, changes: dict[str, Any]) -> None:
        of_page = self.stored.setdefault(page, {})
        of_page.update(deepcopy(changes))
        self.stored[page] = {key: value for key, value in of_page.items() if value is not None}
        if self.viewer is not None:
            change_settings(self.viewer, page, changes)


def kept(key: str, usual: T, allowed: Allowed | None = None) -> T:
    """Return what a setting begins with, and keep what the viewer has made of it since.

    Call it where the widget is made, with its result as the widget's default; or, for what is no
    widget, wherever ``st.session_state[key]`` is made or has changed.

    Args:
        key: of the widget, and the name in ``st.session_state``.
        usual: what it is until somebody changes it; a value that JSON knows.
        allowed: the values that it may have, or what tells of one; without it, any of the type of
            ``usual``. Of a list, the values of its entries. A kept value that no longer does, as
            from a damaged file or an earlier version, is passed over.
    """
    mine, page = _mine(), st.session_state.get(THIS_PAGE) or ""
    mine.usual.setdefault(page, {})[key] = deepcopy(usual)
    if key in st.session_state:
        mine.note(page, key, st.session_state[key])
        return deepcopy(mine.first.get(key, usual))
    value = mine.stored.get(page, {}).get(key, usual)
    mine.first[key] = value if _does(value, usual, allowed) else usual
    return deepcopy(mine.first[key])


def within(low: float, high: float) -> Callable[[Any], bool]:
    """Return what tells of a value whether it is a number from ``low`` to ``high``."""

    def does(value: Any) -> bool:
        return isinstance(value, int | float) and math.isfinite(value) and low <= value <= high

    return does


def offer_reset() -> None:
    """Offer to set everything back that the viewer has changed on this page; last on each page."""
    mine, page = _mine(), st.session_state.get(THIS_PAGE) or ""
    usual = mine.usual.get(page, {})
    changed = {
        key: value
        for key, value in usual.items()
        if key in st.session_state and st.session_state[key] != value
    }
    if not changed and not mine.stored.get(page):
        return

    def reset() -> None:
        for key, value in changed.items():
            st.session_state[key] = deepcopy(value)
        mine.forget(page)

    st.button(
        "Reset this page's settings",
        icon=":material/restart_alt:",
        type="tertiary",
        key="reset_settings",
        on_click=once(reset),
    )


def _mine() -> _Kept:
    if _KEPT not in st.session_state:
        st.session_state[_KEPT] = _Kept(viewer())
    mine: _Kept = st.session_state[_KEPT]
    return mine


def _does(value: Any, usual: Any, allowed: Allowed | None) -> bool:
    if usual is not None and type(value) is not type(usual):
        return False
    try:
        if allowed is None:
            return usual is not None
        if callable(allowed):
            return allowed(value)
        return all(each in allowed for each in (value if isinstance(value, list) else [value]))
    except (TypeError, ValueError, LookupError):
        return False
