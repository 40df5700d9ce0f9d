"""Why no page can be shown, where folders are not of this version of the app."""

from __future__ import annotations

import streamlit as st

from emotion_core.errors import FormatError
from pages.viewer.order import keep_order
from pages.widgets.text import plain


def is_in_order() -> bool:
    """Put everything in order, or say why nothing can be shown."""
    try:
        keep_order()
    except FormatError as error:
        st.error(plain(str(error)))
        return False
    return True
