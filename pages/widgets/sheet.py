"""The printable notice for people in front of the camera, to be had on two pages."""

from __future__ import annotations

from typing import Final
from urllib.parse import urljoin, urlsplit

import streamlit as st

from emotion_core.errors import NoticeError
from emotion_core.live.notice.sheet import LONGEST_ADDRESS, check_address, sheet_html
from pages.viewer.here import is_loopback
from pages.widgets.text import plain

#: Address of the page that tells whoever reads the sheet more.
_ABOUT: Final = "about"


def offer_sheet(place: str, purpose: str = "") -> None:
    """Offer the sheet, and let the address in its QR code be another.

    Args:
        place: tells one place on the pages from others.
        purpose: what is written on it as the purpose.
    """
    own = urljoin(st.context.url or "http://localhost/", f"/{_ABOUT}")
    key = f"sheet_address {place}"
    with st.popover("Sheet to print", icon=":material/print:"):
        st.markdown(
            "A page to hang up where people come into view. It says what is done with their "
            "faces, and what they can ask for."
        )
        address = st.text_input(
            "Address in its QR code",
            own,
            max_chars=LONGEST_ADDRESS,
            key=key,
            persist_state="session",
        ).strip()
        problem = ""
        try:
            check_address(address)
        except NoticeError as error:
            problem = str(error)
            st.error(plain(problem))
        if is_loopback(urlsplit(address).hostname if address and not problem else None):
            st.caption(
                "Only this machine opens that address. Enter one that a telephone can open, such "
                "as your own page about it, or none for a sheet without a code."
            )
        st.download_button(
            "Download the sheet",
            lambda: sheet_html(address, purpose),
            "notice.html",
            "text/html",
            key=f"sheet {place}",
            on_click="ignore",
            icon=":material/download:",
            disabled=bool(problem),
        )
        st.caption("Open it in a browser, fill in who runs this, and print it.")
