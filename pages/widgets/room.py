"""How much room a viewer has left, where they are about to write: said before it ends."""

from __future__ import annotations

import streamlit as st

from emotion_core.access.room import own_quota
from emotion_core.quantities import byte_size, percent


def warn_of_room() -> None:
    """Say how much of their quota somebody has used, once that is most of it; else nothing."""
    quota = own_quota()
    if quota.most is None or not quota.is_near:
        return
    much = f"{byte_size(quota.used)} of your {byte_size(quota.most)}"
    if quota.left:
        st.warning(
            f"You have used {much} ({percent(quota.used / quota.most)}). When all is used, "
            "recordings end and uploads are refused. Delete what you no longer need; *About* says "
            "what takes how much."
        )
    else:
        st.error(
            f"You have used {much}: nothing more can be recorded, uploaded or trained. Delete what "
            "you no longer need; *About* says what takes how much."
        )
