"""What is kept, where and how much, and an end to all of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import streamlit as st

from emotion_core.belongings.deleting import delete_everything
from emotion_core.belongings.kinds import Amount, amount_of, kinds
from emotion_core.errors import NoHomeError
from emotion_core.quantities import byte_size, counted
from emotion_core.sessions.storage import take_sessions_back
from emotion_core.system.storage.set_aside import KEPT_FOR, SetAside
from pages.viewer.access import own_things_are_offered, server_is_offered
from pages.viewer.clicks import once
from pages.viewer.kept import forget_all
from pages.viewer.person import person
from pages.widgets.text import for_whom, located, plain
from pages.widgets.undo import forget_done, note_done, show_done

#: What has to be typed before everything is deleted.
WORDS: Final = "delete everything"

_PLACE: Final = "everything"
_ASIDE: Final = "everything_set_aside"
_PROBLEMS: Final = "everything_problems"
_DELETED: Final = "everything_deleted"
_TYPED: Final = "everything_typed"

_NOTHING_ELSE: Final = (
    "Pictures from the camera are not kept: each is read, shown and forgotten. What is kept is in "
    "folders that only the user who runs the app can read. Browsers get one cookie, by which your "
    "settings are found again; it says nothing about you."
)
_WITH_ACCOUNTS: Final = "While you are logged in, another one says who you are; *Log out* ends it."
_STAYS: Final = (
    "**What stays:** the model that comes with the app, files that you had read or exported (they "
    "lie where you put them), the list of who did what, for a year, and the browsers' cookie, "
    "which then leads to nothing."
)


def show_stored() -> None:
    """Show what is kept, and offer to delete it to whoever runs the app, or whose it is."""
    st.subheader("What is stored")
    try:
        amounts = [amount_of(kind) for kind in kinds()]
    except NoHomeError as error:
        st.error(plain(str(error)))
        return
    mine = own_things_are_offered()
    st.markdown(f"{_NOTHING_ELSE} {_WITH_ACCOUNTS}" if person() else _NOTHING_ELSE)
    st.markdown(_lines(amounts, with_places=server_is_offered()))
    st.markdown(f"All together: {byte_size(sum(amount.size for amount in amounts))}.")
    if not mine:
        st.caption(
            f"All of it lies {located(kinds()[0].place())}. Ask whoever runs it to delete what is "
            "about you."
        )
        return
    for problem in st.session_state.get(_PROBLEMS, ()):
        st.warning(plain(problem))
    _show_deleted()
    if any(amount.count for amount in amounts):
        st.button(
            "Delete all of it …",
            icon=":material/delete_forever:",
            key="delete_everything",
            on_click=once(_begin_anew),
        )
        if st.session_state.get("delete_everything"):
            _ask(amounts)


def _lines(amounts: Sequence[Amount], *, with_places: bool) -> str:
    """Return a line for each kind as Markdown: a table would not fit on a telephone."""
    lines = []
    for kind, amount in zip(kinds(), amounts, strict=True):
        much = f"{amount.count:,}, {byte_size(amount.size)}" if amount.count else "none"
        place = f", in `{kind.place()}`" if with_places else ""
        lines.append(f"- **{kind.name}** ({much}): {kind.holds}{place}")
    return "\n".join(lines)


@st.dialog("Delete everything?")
def _ask(amounts: Sequence[Amount]) -> None:
    there = [
        f"- {kind.name}: {amount.count:,}"
        for kind, amount in zip(kinds(), amounts, strict=True)
        if amount.count
    ]
    st.markdown(f"This deletes, {for_whom()}:\n\n" + "\n".join(there))
    st.markdown(_STAYS)
    st.markdown(
        f"Sessions can be brought back for {KEPT_FOR}, as long as this tab is open. **The rest is "
        "gone at once.**"
    )
    st.text_input(f"Type “{WORDS}” to go on", key=_TYPED, autocomplete="off")
    # Never disabled: the click that leaves the field above must not be lost.
    pressed = st.button(
        "Delete everything",
        type="primary",
        key="delete_everything_now",
        on_click=once(_delete_if_meant),
    )
    if st.session_state.pop(_DELETED, False):
        st.rerun()
    if pressed:
        st.error(f"Nothing was deleted: expected “{WORDS}” in the field above.")


def _begin_anew() -> None:
    for key in (_TYPED, _PROBLEMS):
        st.session_state.pop(key, None)


def _delete_if_meant() -> bool:
    if st.session_state.get(_TYPED, "").strip().casefold() != WORDS:
        return False
    _delete()
    st.session_state[_DELETED] = True
    return True


def _delete() -> None:
    forget_all()
    done = delete_everything()
    st.session_state[_PROBLEMS] = done.problems
    st.session_state[_ASIDE] = done.aside
    what = ", ".join(f"{name} ({count:,})" for name, count in done.deleted.items())
    note_done(
        _PLACE,
        f"Deleted: {what or 'nothing'}. Undo brings back {counted(len(done.aside), 'session')}.",
        partial(take_sessions_back, done.aside),
        to="",
    )


def _show_deleted() -> None:
    aside: Sequence[SetAside] = st.session_state.get(_ASIDE, ())
    if aside and not any(each.there for each in aside):
        forget_done(_PLACE)
    show_done(_PLACE, to="")
