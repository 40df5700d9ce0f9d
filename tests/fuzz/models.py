"""Fuzzes what reads models: cards, ``.tflite``, ``.keras``, ``.h5``."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from emotion_core.importing.staging import stage_paths
from emotion_core.models.file_checks.keras_files import judge_file
from emotion_core.models.file_checks.litert_files import judge_litert
from emotion_core.models.folder import CARD_FILE, default_model_dir, load_card
from emotion_core.models.layers import read_contents
from emotion_core.models.readme.text import readme_text
from emotion_core.models.reliability import reliability_of
from tests import model_files
from tests.fuzz.readers import Reader, damaged
from tests.model_files import KERAS_2, OTHERS

_CARD = json.loads((default_model_dir() / CARD_FILE).read_text("utf-8"))
_NETWORKS = [
    (OTHERS / f"{name}.tflite").read_bytes()
    for name in ("grey64", "color32", "one_by_one", "quantized", "endless", "swelling")
]


def _read_card(path: Path) -> int:
    card = load_card(path.rename(path.with_name(CARD_FILE)).parent)
    for emotion in card.labels:
        reliability_of(card, emotion)
    return len(readme_text(card))


def _read_litert(path: Path) -> int:
    content = path.read_bytes()
    judge_litert(content)
    return len(read_contents(content).layers)


def _import(path: Path) -> int:
    staged = stage_paths([path])
    staged.discard()
    return staged.found.side


def _judge(path: Path) -> str:
    try:
        return str(judge_file(path).description["class_name"])
    # What the process that reads models says of these: see `worker.read`.
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError):
        return "damaged"


_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", "n", "accuracy", "angry", "\x1b[2J", "../x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(list(_CARD)), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def _cards(draw: st.DrawFn) -> bytes:
    """Make a card with a few values lost or replaced, wherever they stand."""
    card = copy.deepcopy(_CARD)
    for _ in range(draw(st.integers(0, 4))):
        part: Any = card
        while True:
            names = list(part) if isinstance(part, dict) else list(range(len(part)))
            if not names:
                break
            name = draw(st.sampled_from(names))
            if isinstance(part[name], (dict, list)) and draw(st.integers(0, 3)):
                part = part[name]
                continue
            if draw(st.booleans()):
                del part[name]
            else:
                part[name] = draw(_ANY)
            break
    return json.dumps(card).encode()


def _with_layer(layer: dict[str, Any]) -> bytes:
    return model_files.keras_with_layer(layer)


_LAYERS = st.fixed_dictionaries(
    {"class_name": st.sampled_from(["Dense", "TFSMLayer", "Sequential", "RNN"]) | _ANY},
    optional={"module": st.sampled_from(["keras.layers", "keras", "os"]) | _ANY, "config": _ANY},
)

READERS = {
    "card": Reader(".json", _read_card, _cards() | damaged([json.dumps(_CARD).encode()])),
    "tflite": Reader(".tflite", _read_litert, damaged(_NETWORKS)),
    "tflite import": Reader(".tflite", _import, damaged(_NETWORKS)),
    "keras": Reader(
        ".keras", _judge, damaged([model_files.keras_archive()]) | _LAYERS.map(_with_layer)
    ),
    "h5": Reader(
        ".h5", _judge, damaged([model_files.whole_h5(), (KERAS_2 / "nested.h5").read_bytes()])
    ),
}
