"""Who may come in, what they keep, and how full the app is; for admins."""

from __future__ import annotations

import streamlit as st

from pages.mending.legacy_pages import ensure_navigation

ensure_navigation()

st.title("People")
