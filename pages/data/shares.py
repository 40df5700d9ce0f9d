"""How classes share some images of a dataset, as bars beside a grid."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.emotions import EMOTION_COLORS, EMOTIONS
from emotion_core.quantities import percent
from pages.opened.store import OpenDataset


def show_shares(opened: OpenDataset, indices: NDArray[np.intp]) -> None:
    """Show how the classes share some images, and how to see more of one.

    Args:
        opened: the dataset.
        indices: intp ``[M]``, which images; at least one.
    """
    counts = np.bincount(opened.dataset.labels[indices], minlength=len(EMOTIONS))
    bars = "".join(
        f'<div class="score"><span>{emotion}</span><div class="track"><div class="bar" '
        f'style="width:{count / len(indices):.1%};background:{EMOTION_COLORS[emotion]}"></div>'
        f'</div><span class="percent">{percent(count / len(indices))}</span></div>'
        for emotion, count in zip(EMOTIONS, counts.tolist(), strict=True)
    )
    st.html(f'<div class="section">Classes among them</div>{bars}')
    st.caption(
        "Click an image, or move to it with the arrow keys, for details. To correct several, tick "
        "them with their boxes or the space bar; Shift ticks all from the last one."
    )
