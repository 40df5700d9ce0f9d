"""The switch for technical figures: off, a page shows what everybody needs to judge a model.

Nothing that qualifies a figure may depend on it: intervals, the images that were used, and warnings
are shown either way.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.viewer.kept import kept

_KEY: Final = "technical"


def show_technical_switch() -> bool:
    """Show the switch, and return whether technical figures are wanted."""
    return st.toggle(
        "Technical details",
        kept(_KEY, usual=False),
        key=_KEY,
        help="More figures, such as calibration error, log loss, ROC areas and test statistics.",
    )


def technical() -> bool:
    """Tell whether technical figures are wanted; the page has shown the switch before."""
    return bool(st.session_state.get(_KEY))
