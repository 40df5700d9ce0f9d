"""A session as BIDS ``events.tsv`` with its JSON, for the tools of neuroimaging.

By the Brain Imaging Data Structure, "Task events": tabs, "n/a" for what there is not, ``onset`` and
``duration`` in seconds first, and a JSON file of the same name that says what the columns mean
(https://bids-specification.readthedocs.io). Onsets count from the start of the recording.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from emotion_core.emotions import EMOTIONS
from emotion_core.sessions.exports.annotations import Annotation, in_order
from emotion_core.system.tables import csv_of_rows, harmless

#: Ending of the file's name, as BIDS wants it.
EVENTS_ENDING: Final = "_events.tsv"

COLUMNS: Final = ("onset", "duration", "trial_type", "kind", "person", "name")


def events_tsv(found: Sequence[Annotation]) -> str:
    """Return annotations as the text of ``events.tsv``, in order."""
    rows = [
        {
            "onset": f"{each.start:.4f}",
            "duration": f"{each.seconds:.4f}",
            "trial_type": _cell(each.text),
            "kind": each.kind,
            "person": "n/a" if each.person is None else str(each.person),
            "name": _cell(each.name),
        }
        for each in in_order(found)
    ]
    return csv_of_rows(COLUMNS, rows, separator="\t")


def events_json(found: Sequence[Annotation], *, generator: str, purpose: str = "") -> str:
    """Return the text of the JSON file beside it.

    Args:
        found: the annotations; their texts become ``Levels``.
        generator: what made the file, with its version.
        purpose: what the session was recorded for; left out where nobody said. BIDS has no name
            for it, and allows names of one's own in such a file.
    """
    levels = {
        emotion: f"An episode in which the face was read as {emotion}, of half a second or longer."
        for emotion in EMOTIONS
    }
    for kind, meaning in (
        ("mark", "Marked with this label."),
        ("rule", "A rule's condition held."),
    ):
        # Written as in the table, or its values would be none of these levels.
        levels |= {harmless(_cell(each.text)): meaning for each in found if each.kind == kind}
    columns: dict[str, Any] = {
        "onset": {
            "LongName": "Onset",
            "Description": "When it begins, since the start of the recording.",
            "Units": "s",
        },
        "duration": {
            "LongName": "Duration",
            "Description": "How long it lasts; 0 for a moment.",
            "Units": "s",
        },
        "trial_type": {
            "LongName": "Expression, label of a mark, or rule",
            "Description": "What the face was read as, or what somebody or a rule marked.",
            "Levels": levels,
        },
        "kind": {
            "LongName": "Kind of event",
            "Description": "Where trial_type comes from.",
            "Levels": {
                "expression": "An episode of an expression of one person.",
                "mark": "A mark that somebody made or imported.",
                "rule": "A rule of the live page.",
            },
        },
        "person": {
            "LongName": "Number of the person",
            "Description": "Whom it is about; n/a for everybody.",
        },
        "name": {
            "LongName": "Name of the person",
            "Description": "As it was given in the app; n/a for everybody.",
        },
        "StimulusPresentation": {"SoftwareName": generator},
    }
    if purpose:
        columns["PurposeOfRecording"] = purpose
    return json.dumps(columns, indent=2, ensure_ascii=False) + "\n"


def json_path(path: Path) -> Path:
    """Return where the JSON of an ``events.tsv`` belongs."""
    return path.with_suffix(".json")


def _cell(text: str) -> str:
    return " ".join(text.split()) or "n/a"
