"""How many viewers stream, and how many may."""

from __future__ import annotations

import os
from typing import Final

import streamlit as st

from emotion_core.live.places.serving import live_capacity
from emotion_core.quantities import counted

#: Which of several processes of the app this is, as deploy/ has it.
_PROCESS: Final = "APP_PROCESS"


def show_places() -> None:
    """Show how many places for live video are taken, and what says how many there are."""
    found = live_capacity()
    with st.container(key="part_places"):
        st.header("Live video")
    waiting = f"{counted(found.waiting, 'viewer')} waiting" if found.waiting else "nobody waits"
    here = " in the process of the app that shows this page" if os.environ.get(_PROCESS) else ""
    st.markdown(f"**{found.viewers} of {counted(found.limit, 'place')}** taken{here}; {waiting}.")
    why = []
    if found.set_to is not None:
        why.append(f"whoever runs the app has set {found.set_to}")
    if found.measured is not None and found.cores_a_viewer is not None:
        why.append(
            f"this machine can serve {found.measured}: one viewer takes "
            f"{found.cores_a_viewer:.2g} of {found.cores:.2g} cores, other programs "
            f"{found.others:.2g}"
        )
    if found.late:
        why.append("frames come late, so nobody else gets a place")
    text = "; ".join(why) or "nothing was measured yet: nobody has streamed"
    st.caption(f"{text[0].upper()}{text[1:]}.")
