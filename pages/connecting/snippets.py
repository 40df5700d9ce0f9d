"""Lines to paste into another program, with this app's address and the stream that runs.

Each is a whole small program in ``examples/`` that runs as it stands; what a page knows better is
put in the place of its first lines.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import streamlit as st

from emotion_core.live.streams.registry import LiveStream

_FOLDER: Final = Path(__file__).parent / "examples"

#: The address and the stream's id in the files, which they run with where nobody puts in others.
ADDRESS: Final = "http://localhost:8501"
STREAM: Final = "STREAM"

#: By the tab: file, language, and what to know first.
_EXAMPLES: Final = {
    "curl": ("terminal.sh", "bash", "Put the token into `EMOTION_TOKEN` first."),
    "Python": (
        "follow.py",
        "python",
        "Save it in this project's folder, and run it with the token in the environment variable "
        "`EMOTION_TOKEN`.",
    ),
    "JavaScript": (
        "follow.js",
        "javascript",
        "Node 22 and later. In a web page it works where the page's origin is named in "
        "`server.corsAllowedOrigins` of `.streamlit/config.toml`.",
    ),
    "PsychoPy": (
        "psychopy_marks.py",
        "python",
        "A mark for each stimulus, at the time of the screen's flip, also from another machine.",
    ),
}


def show_snippets(address: str, stream: LiveStream | None) -> None:
    """Show them, each in a tab with a button that copies it."""
    for tab, (file, language, first) in zip(
        st.tabs(list(_EXAMPLES)), _EXAMPLES.values(), strict=True
    ):
        with tab:
            st.caption(first)
            st.code(snippet(file, address, stream.id if stream else None), language=language)


@cache
def snippet(file: str, address: str, stream: str | None) -> str:
    """Return a program with an address and a stream in it.

    Args:
        file: its name in ``examples/``.
        address: of the app.
        stream: its id; None where none runs: then ``STREAM`` stands for it, but where a program
            finds the only one by itself.
    """
    text = (_FOLDER / file).read_text("utf-8").replace(ADDRESS, address).rstrip()
    return text.replace(f'("{STREAM}")', "()") if stream is None else text.replace(STREAM, stream)
