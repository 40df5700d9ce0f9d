"""What a viewer has set on a page is there again after a reload and a restart, until they reset it.

What a page shows (its section, dataset, model, split, filters) stands in the address instead, by
``bind="query-params"``, so that a link shows the same to somebody else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import streamlit as st

from emotion_core.system.viewer_settings import change_settings, read_settings
from pages.mending.legacy_pages import THIS_PAGE
from pages.viewer.clicks import once
from pages.viewer.cookie import viewer
from pages.viewer.navigation import came_from_another_page

T = TypeVar("T")

#: Tells of a value from a file whether the widget can show it.
Allowed = Collection[Any] | Callable[[Any], bool]

_KEPT: Final = "kept_settings"

# For so long a browser may send the address that it had before it was told a new one.
_SECONDS_TO_HEAR: Final = 1.0


@dataclass(frozen=True)
class _Told:
    """What the address was told last.

    Attributes:
        chosen: what it names since then.
        before: what it named until then.
        at: when, on the monotonic clock.
        arriving: whether on the first run of a page, which tells the browser at its end.
    """

    chosen: list[str]
    before: list[str]
    at: float
    arriving: bool

    def left_for(self, named: list[str], chosen: list[str]) -> bool:
        """Tell whether the viewer went to another address, by Back or a link, and chose nothing."""
        not_heard = named == self.before and time.monotonic() - self.at < _SECONDS_TO_HEAR
        back_to_none = not self.before and not self.arriving
        return chosen == self.chosen and not not_heard and (bool(named) or back_to_none)


class _Kept:
    """What is known of one viewer's settings in one tab.

    Attributes:
        viewer: whose; None: they are kept as long as the tab is open.
        stored: what the file holds, by page and key.
        usual: by page and key, what each setting is when nobody has changed it.
        addressed: the same for widgets that the address keeps.
        marks: what no Reset sets back.
        first: what each widget began with, which must not change under it.
        told: what the address was told, by page and name.
    """

    def __init__(self, viewer: str | None) -> None:
        self.viewer = viewer
        self.stored = {} if viewer is None else read_settings(viewer)
        self.usual: dict[str, dict[str, Any]] = {}
        self.addressed: dict[str, dict[str, Any]] = {}
        self.marks: set[str] = set()
        self.first: dict[str, Any] = {}
        self.told: dict[tuple[str, str], _Told] = {}

    def note(self, page: str, values: Mapping[str, Any]) -> None:
        """Keep those values that are others than the file has."""
        stored, usual = self.stored.get(page, {}), self.usual[page]
        kept = {key: None if value == usual[key] else value for key, value in values.items()}
        changes = {key: value for key, value in kept.items() if value != stored.get(key)}
        if changes:
            self._change(page, changes)

    def forget(self, page: str) -> None:
        """Keep nothing of a page any more that a Reset sets back."""
        self._change(page, dict.fromkeys(self.settings(page)))

    def settings(self, page: str) -> dict[str, Any]:
        """Return what the file holds of a page that a Reset would set back."""
        of_page = self.stored.get(page, {})
        return {key: value for key, value in of_page.items() if key not in self.marks}

    def _change(self, page: str, changes: dict[str, Any]) -> None:
        of_page = self.stored.setdefault(page, {})
        of_page.update(deepcopy(changes))
        self.stored[page] = {key: value for key, value in of_page.items() if value is not None}
        if self.viewer is not None:
            change_settings(self.viewer, page, changes)


def kept(key: str, usual: T, allowed: Allowed | None = None, *, resets: bool = True) -> T:
    """Return what a setting begins with, and keep what the viewer has made of it since.

    Call it where the widget is made, with its result as the widget's default.

    Args:
        key: of the widget, and the name in ``st.session_state``.
        usual: what it is until somebody changes it; a value that JSON knows.
        allowed: the values that it may have, or what tells of one; without it, any of the type of
            ``usual``. Of a list, the values of its entries. A kept value that no longer does, as
            from a damaged file or an earlier version, is passed over.
        resets: whether it is a setting, which a Reset sets back; not what somebody has read.
    """
    if not resets:
        _mine().marks.add(key)
    value: T = _first_values({key: usual}, {} if allowed is None else {key: allowed})[key]
    return value


def keep_state(usual: Mapping[str, Any], allowed: Mapping[str, Allowed] | None = None) -> None:
    """Keep values of ``st.session_state`` as ``kept`` does, and set those that are not there yet.

    For what is no widget, or is read before its widget is made; call it on every run before that.

    Args:
        usual: each value by its key, as long as nobody has changed it.
        allowed: see ``kept``; by key.
    """
    for key, value in _first_values(usual, allowed or {}).items():
        st.session_state.setdefault(key, value)


def in_address(usual: Mapping[str, Any]) -> None:
    """Let the page's Reset set back widgets that the address keeps, to these values by key."""
    _of_page(_mine().addressed).update(deepcopy(dict(usual)))


def keep_in_address(key: str, name: str, known: Collection[str], *, several: bool = False) -> None:
    """Let the address name what was chosen by other means than a widget that can be bound to it.

    An address that names something wins over what was chosen before: whoever follows a link or goes
    back sees what it names. Only what was chosen on the page since then is newer.

    Args:
        key: of the choice in ``st.session_state``: a text, or a list of texts.
        name: in the address.
        known: what can be chosen; others are passed over, as of an address from elsewhere.
        several: whether it is a list.
    """
    mine, place = _mine(), (_page(), name)
    there = st.query_params.get_all(name)
    named = [each for each in there if each in known]
    chosen = _listed(st.session_state.get(key))
    told, arriving = mine.told.get(place), came_from_another_page()
    left = not arriving and told is not None and told.left_for(named, chosen)
    if named and named != chosen and (not chosen or arriving or left):
        chosen = named
        st.session_state[key] = named if several else named[0]
    elif chosen and not there and left:
        chosen = []
        del st.session_state[key]
    if not chosen:
        st.query_params.pop(name, None)
    elif chosen != there:
        st.query_params[name] = chosen
    if told is None or arriving or told.chosen != chosen:
        mine.told[place] = _Told(chosen, there, time.monotonic(), arriving)


def _listed(chosen: str | list[str] | None) -> list[str]:
    return [chosen] if isinstance(chosen, str) else list(chosen or [])


def _first_values(usual: Mapping[str, Any], allowed: Mapping[str, Allowed]) -> dict[str, Any]:
    mine, page = _mine(), _page()
    _of_page(mine.usual).update(deepcopy(dict(usual)))
    there = {key: st.session_state[key] for key in usual if key in st.session_state}
    mine.note(page, there)
    for key in usual.keys() - there.keys():
        value = mine.stored.get(page, {}).get(key)
        does = value is not None and _does(value, usual[key], allowed.get(key))
        mine.first[key] = value if does else usual[key]
    return {key: deepcopy(mine.first.get(key, value)) for key, value in usual.items()}


def within(low: float, high: float) -> Callable[[Any], bool]:
    """Return what tells of a value whether it is a number from ``low`` to ``high``."""

    def does(value: Any) -> bool:
        return isinstance(value, int | float) and math.isfinite(value) and low <= value <= high

    return does


def offer_reset() -> None:
    """Offer to set everything back that the viewer has changed on this page, if there is any."""
    mine = _mine()
    state = st.session_state
    usual = _of_page(mine.usual) | _of_page(mine.addressed)
    changed = {
        key: value
        for key, value in usual.items()
        if key not in mine.marks and state.get(key, value) != value
    }
    if not changed and not mine.settings(_page()):
        return

    def reset() -> None:
        for key, value in changed.items():
            state[key] = deepcopy(value)
        mine.forget(_page())

    if st.button(
        "Reset this page",
        icon=":material/restart_alt:",
        type="tertiary",
        key="reset_page",
        help="Settings and filters become what they were on your first visit. Nothing is deleted.",
        on_click=once(reset),
    ):
        st.rerun()  # all of the page: the button may stand in a part of it


def forget_all() -> None:
    """Let everything be as on this viewer's first visit, on all pages; files are left alone."""
    mine: _Kept | None = st.session_state.pop(_KEPT, None)
    if mine is not None:
        for of_page in (*mine.usual.values(), *mine.addressed.values()):
            for key in of_page:
                st.session_state.pop(key, None)


def _mine() -> _Kept:
    if _KEPT not in st.session_state:
        st.session_state[_KEPT] = _Kept(viewer())
    mine: _Kept = st.session_state[_KEPT]
    return mine


def _page() -> str:
    return st.session_state.get(THIS_PAGE) or ""


def _of_page(values: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return values.setdefault(_page(), {})


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
