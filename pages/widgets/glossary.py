"""What technical terms mean: one plain sentence each, the same wherever a page shows the term."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from emotion_core.models.readme.works import FER2013_ADDRESS, FERPLUS_ADDRESS

#: Terms as pages write them. A test asks that every term stands on a page, and every one asked for
#: stands here.
TERMS: Final[Mapping[str, str]] = {
    # data
    "FER2013": "A dataset of 35,887 faces found on the web, each labelled with one of seven "
    f"expressions, published for a [competition]({FER2013_ADDRESS}).",
    "Training": "The split that networks learn from (in FER2013: 28,709 images).",
    "PublicTest": "The split used to choose models and settings, so results on it are slightly "
    "flattering (in FER2013: 3,589 images).",
    "PrivateTest": "The split kept for one final check and never used to choose anything (in "
    "FER2013: 3,589 images).",
    "FER+ votes": "Ten people voted on what each face of FER2013 shows; "
    f"[their votes]({FERPLUS_ADDRESS}) contradict many of the original labels.",
    # how good a model is
    "accuracy": "The share of images for which the model's answer matches the label.",
    "95% interval": "A range that contains the true figure for about 95 of 100 samples of images "
    "like these; the fewer the images, the wider it is.",
    "precision": "Of the images the model gives this answer, the share that have this label.",
    "recall": "Of the images with this label, the share the model recognises.",
    "F1": "One figure for precision and recall together, their harmonic mean; 1 is perfect.",
    "macro F1": "The average F1 of the expressions, in which rare ones count as much as common "
    "ones; 1 is perfect.",
    "confusion matrix": "A table of labels against answers that shows which expressions are taken "
    "for which.",
    "McNemar's test": "Tells whether two models differ by more than chance, from the images that "
    "only one of them gets right.",
    "p": "How often chance alone would make a difference at least this large; below 0.05 counts as "
    "proven here.",
    "ROC curve": "The share of an expression's images found, against the share of other images "
    "wrongly taken for it, at every threshold.",
    "area (ROC)": "How well an expression's score tells it from the others: 0.5 is guessing, 1 is "
    "perfect.",
    "average precision": "The precision averaged over all thresholds; unlike the area under the "
    "ROC curve, it shows how hard a rare expression is to find.",
    # what scores mean
    "score": "How strongly the model favours an expression; the seven scores add up to 100%.",
    "uncertain": "The answer for a face whose highest score is below the certainty threshold.",
    "certainty threshold": "The score below which the model answers “uncertain” instead of naming "
    "an expression.",
    "calibration error (ECE)": "How far scores are from how often they are right: at 5%, answers "
    "scored 80% are right 75% or 85% of the time, on average.",
    "temperature": "A number that the network's outputs are divided by so that scores match how "
    "often they are right; above 1 it makes them more cautious.",
    "log loss": "Penalises confident wrong answers most; 0 is perfect, and always guessing all "
    "seven expressions equally gives 1.95.",
    "Brier score": "The squared distance between scores and label; 0 is perfect, and 0.86 is "
    "guessing all seven expressions equally.",
    "Jensen-Shannon divergence": "How different two distributions are, in bits: 0 is the same, 1 "
    "is nothing in common.",
    # models
    "weights": "The numbers a network has learned; more of them need more memory and usually more "
    "time.",
    "logits": "A network's raw outputs, before they are turned into scores that add up to 100%.",
    "LiteRT": "The small runtime (formerly TensorFlow Lite) that reads faces in this app.",
}


def meaning(*terms: str) -> str:
    """Return Markdown for ``help=``: what a term means, or several, each on a line of its own.

    Args:
        terms: as they stand in ``TERMS``, written out where this is called: a test reads them.

    Raises:
        KeyError: a term is not in the glossary.
    """
    if len(terms) == 1:
        return TERMS[terms[0]]
    return "\n\n".join(f"**{term}**: {TERMS[term]}" for term in terms)


def explain_terms(*terms: str) -> None:
    """Show a button that opens what terms mean; for figures, which have no ``help=``.

    A button and not a tooltip, for fingers and keyboards reach it too.

    Args:
        terms: as for ``meaning``.

    Raises:
        KeyError: a term is not in the glossary.
    """
    with st.popover("What do these terms mean?", icon=":material/help:", type="tertiary"):
        st.markdown("\n\n".join(f"**{term}**: {TERMS[term]}" for term in terms))
