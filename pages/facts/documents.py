"""The documentation, to be read without the network."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import streamlit as st

from emotion_core.system.storage.folders import PROJECT
from pages.viewer.kept import keep_in_address

_DOCUMENT: Final = "document"
#: By the file in ``docs/``: those for whoever uses the app, in this order.
DOCUMENTS: Final = {
    "live": "Live camera",
    "recorded": "Videos and photos from files",
    "sessions": "Sessions",
    "numbers": "What the numbers mean",
    "accuracy": "How accurate it is",
    "connection": "Connecting video over networks",
    "api": "The interface for other programs",
    "command-line": "Command line",
    "scale": "Many videos on many machines",
    "video-formats": "Formats of videos and photos",
}
_LINK: Final = re.compile(r"\]\((?P<name>[a-z-]+)\.md(#[^)]*)?\)")
_ELSEWHERE: Final = re.compile(r"!?\[(?P<text>[^]]*)\]\((?!https?://|\?|#)[^)]*\)")


def show_documents() -> None:
    """Let a document be chosen, and show it; a link can name one."""
    st.subheader("Documentation")
    there = {name: title for name, title in DOCUMENTS.items() if _text(name)}
    # Not bound to the address, which would then hold the title instead of the name.
    keep_in_address(_DOCUMENT, _DOCUMENT, there)
    chosen = st.pills(
        "Documents",
        list(there),
        format_func=there.__getitem__,
        key=_DOCUMENT,
        label_visibility="collapsed",
        wrap=True,
    )
    if chosen is not None:
        with st.container(border=True):
            st.markdown(_text(chosen))


@cache
def _text(name: str) -> str:
    """Return a document as this page can show it; "" where there is none.

    Links to other documents lead to this page. Pictures and other files are not there: their names
    are left.
    """
    try:
        text = (PROJECT / "docs" / f"{name}.md").read_text("utf-8")
    except OSError:
        return ""
    text = _LINK.sub(lambda found: f"](?{_DOCUMENT}={found['name']})", text)
    text = _ELSEWHERE.sub(lambda found: found["text"], text)
    # Smaller headings than those of the page.
    return re.sub(r"^(#+) ", r"###\1 ", text, flags=re.MULTILINE)
