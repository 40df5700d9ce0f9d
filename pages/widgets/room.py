"""How much room a viewer has left, where they are about to write: said before it ends."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.access.room import Quota, own_quota
from emotion_core.quantities import byte_size, percent

LOOKS_ONLY: Final = (
    "You may look at everything here, and keep nothing: no recordings, uploads, trainings or "
    "models. Ask whoever runs the app if you need to."
)


def may_keep() -> bool:
    """Tell whether this viewer may keep anything, and say so if not, or if their room gets short.

    Where they are about to write: who may only look is not shown what would be refused.
    """
    quota = own_quota()
    if quota.most == 0:
        st.info(LOOKS_ONLY)
        return False
    if quota.most is not None and quota.is_near:
        _say_how_much(quota)
    return True


def _say_how_much(quota: Quota) -> None:
    assert quota.most is not None
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
