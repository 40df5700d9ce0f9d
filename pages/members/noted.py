"""The audit list: the newest lines of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from emotion_core.access.audit import KEPT_DAYS, entries
from emotion_core.errors import EmotionCoreError
from pages.widgets.text import local_time, plain

_MOST: Final = 200


def show_noted(names: Mapping[str, str]) -> None:
    """Show who did what, the newest first.

    Args:
        names: of people, by their ids.
    """
    with st.container(key="part_noted"):
        st.header("What was done")
    try:
        found = entries(most=_MOST)
    except EmotionCoreError as error:
        st.error(plain(str(error)))
        return
    for problem in found.problems:
        st.warning(plain(problem))
    if not found.entries:
        st.caption("Nothing yet.")
        return
    st.dataframe(
        {
            "When": [local_time(each.time) for each in found.entries],
            "Who": [names.get(each.who or "", each.who or "") for each in found.entries],
            "What": [f"{each.action} {each.kind}".strip() for each in found.entries],
            "Name": [each.name for each in found.entries],
            "More": [each.detail for each in found.entries],
        },
        hide_index=True,
        width="stretch",
        height=300 if len(found.entries) > 7 else "auto",
    )
    st.caption(
        f"The last {_MOST} lines; all of the last {KEPT_DAYS} days: python -m emotion_core audit"
    )
