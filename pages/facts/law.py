"""What the law asks of whoever uses the app, and the sheet that helps with it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.widgets.sheet import offer_sheet

_LAW: Final = """
In the European Union the AI Act (Regulation (EU) 2024/1689) calls this an emotion recognition
system:

- **Tell the people it looks at** (Article 50, since 2 August 2026). Under the live video stands a
  line for them, and the sheet below can be hung up where they come into view.
- **Not at work and not in education**, unless it is for medical or safety reasons (Article 5).
- **Faces are personal data.** Record only people who have agreed, say what for, and delete what
  they want deleted (General Data Protection Regulation).
"""


def show_law() -> None:
    """Say what the law asks, and offer the sheet to print."""
    st.subheader("If you use it on other people")
    st.markdown(_LAW)
    offer_sheet("about")
