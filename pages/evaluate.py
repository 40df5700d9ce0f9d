"""Evaluate: how good a model is on one split of a data set, and where it fails."""

from pathlib import Path

import streamlit as st

from pages.shared import display
from pages.shared.dataset_opening import chosen_dataset, offer_others
from pages.shared.dataset_text import describe
from pages.shared.evaluation_choice import choose_evaluation
from pages.shared.evaluation_compare import show_compare
from pages.shared.evaluation_confusion import show_confusion
from pages.shared.evaluation_explain import show_explain
from pages.shared.evaluation_figures import show_calibration, show_curves, show_overview
from pages.shared.evaluation_mistakes import show_mistakes
from pages.shared.evaluation_report import show_report
from pages.shared.evaluation_robustness import show_robustness
from pages.shared.navigation import ensure_navigation

SECTIONS = {
    "Overview": show_overview,
    "Confusion": show_confusion,
    "Curves": show_curves,
    "Calibration": show_calibration,
    "Mistakes": show_mistakes,
    "Robustness": show_robustness,
    "Explain": show_explain,
    "Compare": show_compare,
    "Report": show_report,
}

ensure_navigation()
display.use_style()
for sheet in ("dataset.css", "evaluation.css"):
    st.html(Path(__file__).parent / "shared" / sheet)
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Evaluate", width="stretch")
    offer_others()
opened = chosen_dataset()
if opened is not None:
    st.markdown(describe(opened.dataset))
    evaluated = choose_evaluation(opened)
    if evaluated is not None:
        for tab, show in zip(
            st.tabs(list(SECTIONS), key="judged", bind="query-params"),
            SECTIONS.values(),
            strict=True,
        ):
            if tab.open:
                with tab:
                    show(evaluated)
