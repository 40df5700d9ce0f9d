"""What a dataset holds: classes and splits, light, mean faces, and how far the votes agree."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets.checks.figures import agreement_figure, class_counts_figure, light_figure
from emotion_core.datasets.checks.overview import DatasetOverview
from emotion_core.emotions import EMOTION_COLORS, EMOTIONS
from emotion_core.faces.pictures.thumbnails import png_address
from emotion_core.quantities import counted
from pages.opened.scores import OVERVIEW, overview_job
from pages.opened.store import OpenDataset
from pages.widgets import display
from pages.widgets.display import NO_TOOLBAR
from pages.widgets.jobs import result_of

_COUNTS: Final = "counts"
_SHARES: Final = "shares"


def show_overview(opened: OpenDataset) -> None:
    """Show what the dataset holds."""
    what = f"Measuring {counted(len(opened.dataset), 'image')}"
    overview = result_of(overview_job(opened), what, "overview", partial(opened.forget, OVERVIEW))
    if overview is None:
        return
    st.html(display.numbers(_facts(overview)))
    if overview.empty_classes:
        st.warning(f"No image is labelled {' or '.join(overview.empty_classes)}.")
    st.fragment(_show_classes)(overview)
    st.html(_section("The mean face of each class", overview.mean_faces, overview))
    st.html(
        _section(
            "Where the faces of a class vary: brighter means more (standard deviation)",
            _stretched(overview.deviation_faces),
            overview,
        )
    )
    left, right = st.columns(2)
    for column, measure in ((left, "brightness"), (right, "contrast")):
        with column:
            st.plotly_chart(
                light_figure(overview, measure, measure.capitalize()),
                key=f"overview {measure}",
                config=NO_TOOLBAR,
                height=380,
            )
    if overview.agreement is not None:
        st.plotly_chart(
            agreement_figure(overview, "FER+ votes for the labels"),
            key="overview agreement",
            config=NO_TOOLBAR,
            height=400,
        )


def _facts(overview: DatasetOverview) -> dict[str, str]:
    counts = overview.class_counts
    smallest = int(np.where(counts > 0, counts, counts.max() + 1).argmin())
    largest = int(counts.argmax())
    facts = {"images": f"{overview.images:,}"}
    if counts[smallest] == counts[largest]:
        facts["images of each class"] = f"{counts[largest]:,}"
    else:
        facts |= {
            f"largest class: {EMOTIONS[largest]}": f"{overview.class_shares[largest]:.1%}",
            f"smallest class: {EMOTIONS[smallest]}": f"{overview.class_shares[smallest]:.1%}",
            "imbalance, largest to smallest": f"{overview.imbalance:.1f} : 1",
        }
    if overview.agreement is not None and not np.isnan(overview.agreement.overall):
        facts["of labels match the majority of FER+ votes"] = f"{overview.agreement.overall:.1%}"
    return facts


def _show_classes(overview: DatasetOverview) -> None:
    bars = st.segmented_control(
        "Bars",
        [_COUNTS, _SHARES],
        default=_COUNTS,
        required=True,
        key="bars",
        bind="query-params",
        label_visibility="collapsed",
    )
    st.plotly_chart(
        class_counts_figure(overview, "Images by class and split", shares=bars == _SHARES),
        key="overview classes",
        config=NO_TOOLBAR,
        height=400,
    )


def _stretched(faces: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return deviations on the whole range of greys, all classes on one scale."""
    lowest, highest = float(np.nanmin(faces)), float(np.nanmax(faces))
    return (faces - lowest) * (255 / max(highest - lowest, 1e-6))


def _section(title: str, faces: NDArray[np.float32], overview: DatasetOverview) -> str:
    """Return HTML: one face for each class that has images.

    Args:
        title: heading.
        faces: float32 ``[7, 48, 48]``, 0..255.
        overview: says which classes have images.
    """
    figures = "".join(
        f'<figure><img src="{png_address(np.rint(faces[label]).clip(0, 255).astype(np.uint8))}" '
        f'alt="{title}: {emotion}" style="border-color:{EMOTION_COLORS[emotion]}">'
        f"<figcaption>{emotion}</figcaption></figure>"
        for label, emotion in enumerate(EMOTIONS)
        if overview.class_counts[label]
    )
    return f'<div class="section">{title}</div><div class="class-faces">{figures}</div>'
