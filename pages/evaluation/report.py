"""The judgement as files to keep: HTML that opens without the network, JSON, and CSV."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import streamlit as st

from emotion_core.judging.answers import answers_table
from emotion_core.judging.paired_comparison import compare_answers
from emotion_core.judging.report.contents import Report, classes_table
from emotion_core.judging.report.page import html_report
from emotion_core.system.tables import csv_of
from pages.evaluation.choice import Evaluated
from pages.evaluation.compare import compared_with, known_speeds
from pages.evaluation.robustness import known_curves
from pages.widgets.text import plain


def show_report(evaluated: Evaluated) -> None:
    """Say what the report holds, and offer it."""
    other = compared_with(evaluated)
    curves = known_curves(evaluated)
    parts = ["all figures of this page"]
    parts += ["robustness"] if curves is not None else []
    parts += [f"the comparison with {plain(other.card.name)}"] if other is not None else []
    st.markdown(
        f"The report contains {', '.join(parts[:-1])}{' and ' if parts[1:] else ''}{parts[-1]}."
    )
    missing = []
    if curves is None:
        missing.append("measure robustness")
    if other is None:
        missing.append("compare with another model")
    if missing:
        st.caption(f"To include more, {' or '.join(missing)} first, in the tabs above.")
    with_faces = st.toggle(
        "Show faces in the HTML report",
        value=True,
        key="report_faces",
        help="Shows the most confident mistakes as images. Do not share them if the dataset's "
        "licence forbids it; FER2013 is research data.",
    )
    # Now, not when somebody downloads: a download runs without the viewer's session, in which the
    # other model is.
    report = Report(
        evaluated.judgement,
        evaluated.notices,
        datetime.now(UTC).isoformat(timespec="seconds"),
        excluded=evaluated.excluded,
        robustness=curves,
        comparison=None if other is None else compare_answers(evaluated.answers, other.answers),
        other_robustness=None if other is None else known_curves(other),
        speeds=known_speeds([evaluated] if other is None else [evaluated, other]),
    )
    _offer(evaluated, report, with_faces=with_faces)


def _offer(evaluated: Evaluated, report: Report, *, with_faces: bool) -> None:
    stem = f"{evaluated.card.name}-{evaluated.answers.split}"
    faces = evaluated.images if with_faces else None
    files = {
        "HTML": (
            lambda: html_report(report, faces),
            f"{stem}.html",
            "text/html",
            "One file with interactive figures; it opens offline.",
        ),
        "JSON": (
            lambda: json.dumps(report.to_json(), indent=2) + "\n",
            f"{stem}.json",
            "application/json",
            "All figures with their intervals.",
        ),
        "CSV by expression": (
            lambda: csv_of(classes_table(evaluated.judgement)),
            f"{stem}-classes.csv",
            "text/csv",
            "Precision, recall, F1 and areas under the curves for each expression.",
        ),
        "CSV by image": (
            lambda: csv_of(answers_table(evaluated.answers)),
            f"{stem}-images.csv",
            "text/csv",
            "Label, answer and scores for each image.",
        ),
    }
    with st.container(horizontal=True):
        for label, (content, name, mime, help_) in files.items():
            st.download_button(
                label,
                content,
                name,
                mime,
                on_click="ignore",
                icon=":material/download:",
                help=help_,
                type="primary" if label == "HTML" else "secondary",
            )
