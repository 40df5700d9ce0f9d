"""Evaluate: how good a model is on one split of a dataset, and where it fails."""

from pathlib import Path

import streamlit as st

from emotion_core.models.library import model_folders
from pages.evaluation.choice import MODEL, choose_evaluation
from pages.evaluation.compare import show_compare
from pages.evaluation.confusion import show_confusion
from pages.evaluation.explain import show_explain
from pages.evaluation.figures import show_calibration, show_curves, show_overview
from pages.evaluation.mistakes import show_mistakes
from pages.evaluation.report import show_report
from pages.evaluation.robustness import show_robustness
from pages.mending.legacy_pages import ensure_navigation
from pages.opened.details import leave_face_behind
from pages.opened.opening import chosen_dataset, offer_others
from pages.opened.text import describe
from pages.viewer.navigation import follow_link
from pages.widgets import display

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
follow_link("judged", SECTIONS)
follow_link(MODEL, [folder.name for folder in model_folders()])
for room in ("opened", "evaluation"):
    st.html(Path(__file__).parent / room / "style.css")
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Evaluate", width="stretch")
    offer_others()
opened = chosen_dataset()
if opened is not None:
    st.markdown(describe(opened.dataset))
    evaluated = choose_evaluation(opened)
    if evaluated is not None:
        tabs = st.tabs(list(SECTIONS), key="judged", bind="query-params")
        for tab, name in zip(tabs, SECTIONS, strict=True):
            if tab.open:
                if name != "Explain":  # whose subject is the face that was chosen before
                    leave_face_behind(f"evaluate {name}")
                with tab:
                    SECTIONS[name](evaluated)
