"""Hostile models: files to import, cards, and the other JSON that is read."""

from __future__ import annotations

import copy
import io
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
import h5py
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from emotion_core.datasets.checks.exclusions import load_exclusions
from emotion_core.datasets.own.dataset import read_header as read_own_header
from emotion_core.errors import ModelError
from emotion_core.importing import worker
from emotion_core.importing.reading import in_users_words
from emotion_core.importing.staging import stage_paths
from emotion_core.importing.uploads import UPLOADS, receive
from emotion_core.models.folder import CARD_FILE, default_model_dir, load_card
from emotion_core.models.readme.text import readme_text
from emotion_core.sessions.header import read_header
from emotion_core.training.runs.plan import read_plan
from tests import model_files
from tests.hostile.cases import Case
from tests.importing.hostile_files import HOSTILE
from tests.model_files import OTHERS, ModelFile

CARD = json.loads((default_model_dir() / CARD_FILE).read_text())
Make = Callable[[Path], Path]


def read_files(folder: Path) -> int:
    """Read what was handed in as the worker does, here where the limits are."""
    uploads = [(path.name, io.BytesIO(path.read_bytes())) for path in sorted(folder.iterdir())]
    with tempfile.TemporaryDirectory() as staged:
        kind, name, _ = receive(uploads, Path(staged) / UPLOADS)
        try:
            found = worker.read({"kind": kind, "folder": staged}, lambda _: None)
        except ModelError as error:
            raise ModelError(in_users_words(str(error), Path(staged), name)) from error
    return int(found["side"])


def read_in_the_worker(folder: Path) -> int:
    """Read it in the product's own worker, which it may take with it."""
    staged = stage_paths(sorted(folder.iterdir()))
    staged.discard()
    return staged.found.side


def read_card(folder: Path) -> int:
    return len(readme_text(load_card(folder)))


def files(*handed_in: ModelFile) -> Make:
    def make(folder: Path) -> Path:
        for name, content in handed_in:
            (folder / name).write_bytes(content)
        return folder

    return make


def is_small(handed_in: list[ModelFile]) -> bool:
    return bool(handed_in) and sum(len(content) for _, content in handed_in) < 900_000


def keras_layer(place: str, name: str) -> bytes:
    """Return a network with a harmful layer where Keras makes an object of what it meets."""
    harmful = {"module": "keras.layers", "class_name": name, "config": {"name": "x"}}
    config = {"name": "y", place: harmful if place != "cells" else [harmful]}
    return model_files.keras_with_layer(
        {"module": "keras.layers", "class_name": "TimeDistributed", "config": config}
    )


def keras_description(content: bytes) -> bytes:
    return model_files.keras_archive(lambda members: members.update({"config.json": content}))


def tflite(change: Callable[[Any], None], path: str = "grey64.tflite") -> bytes:
    content = schema.ModelT.InitFromPackedBuf((OTHERS / path).read_bytes(), 0)
    change(content)
    builder = flatbuffers.Builder(1 << 12)
    builder.Finish(content.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def operation(name: str, custom: bytes | None = None) -> bytes:
    def rename(content: Any) -> None:
        number = getattr(schema.BuiltinOperator, name)
        code = content.operatorCodes[0]
        code.builtinCode, code.deprecatedBuiltinCode = number, min(number, 127)
        code.customCode = custom

    return tflite(rename)


def swollen(*shape: int) -> bytes:
    """Return a network that takes pictures of such a shape, whatever its kernel was made for."""

    def swell(content: Any) -> None:
        graph = content.subgraphs[0]
        tensor = graph.tensors[graph.inputs[0]]
        tensor.shape = tensor.shapeSignature = np.array(shape, np.int32)

    return tflite(swell)


def h5_of(change: Callable[[h5py.File], None]) -> bytes:
    return model_files.whole_h5(change)


def looped_groups(file: h5py.File) -> None:
    file["model_weights/itself"] = file["model_weights"]


def many_groups(file: h5py.File) -> None:
    group = file["model_weights"]
    for _ in range(300):
        group = group.create_group("g")


def soft_link(file: h5py.File) -> None:
    file["model_weights/elsewhere"] = h5py.SoftLink("/model_config")


def card(*path: Any, value: Any) -> Make:
    def make(folder: Path) -> Path:
        content = copy.deepcopy(CARD)
        part = content
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = value
        (folder / CARD_FILE).write_text(json.dumps(content))
        return folder

    return make


def text(name: str, content: str | bytes) -> Make:
    return files((name, content.encode() if isinstance(content, str) else content))


def link(name: str, target: str) -> Make:
    def make(folder: Path) -> Path:
        (folder / name).symlink_to(target)
        return folder

    return make


def pipe(name: str) -> Make:
    def make(folder: Path) -> Path:
        os.mkfifo(folder / name)
        return folder

    return make


def exclusions_in(folder: Path) -> int:
    return len(load_exclusions(str(folder / "a.json")))


#: Told in their own order; read with TensorFlow, which alone takes more address space.
ELSEWHERE = ("too many files", "a zipped SavedModel")
DEEP = "[" * 200_000
CASES: dict[str, Case] = {
    f"files: {name}": Case(files(*handed_in), read_files, refused=message)
    for name, (handed_in, message) in HOSTILE.items()
    if is_small(handed_in) and name not in ELSEWHERE
}
CASES |= {
    f"keras: {name} as {place}": Case(
        files(("a.keras", keras_layer(place, name))), read_files, refused=f"found '{name}'"
    )
    for name in ("TFSMLayer", "TorchModuleWrapper", "StringLookup", "TextVectorization")
    for place in ("layer", "backward_layer", "cell", "cells", "kernel_initializer", "activation")
}
CASES |= {
    "keras: nested deeply": Case(
        files(("a.keras", keras_description(b'{"class_name":"Sequential","config":' * 20_000))),
        read_files,
        refused="nested too deeply",
    ),
    "keras: a long list": Case(
        files(("a.keras", keras_description(b"[" + b"1," * 400_000 + b"1]"))),
        read_files,
        refused="expected the description of a Keras model",
    ),
    "keras: names that are numbers": Case(
        files(("a.keras", keras_description(b'{"class_name": 1, "config": {"layers": 7}}'))),
        read_files,
        refused="found '1'",
    ),
    "keras: layers that are none": Case(
        files(
            ("a.keras", keras_description(b'{"class_name":"Sequential","config":{"layers":[1]}}'))
        ),
        read_files,
        refused="expected a model that can be read|description",
    ),
    "h5: groups in a circle": Case(
        files(("a.h5", h5_of(looped_groups))), read_files, refused=r"a\.h5|input"
    ),
    "h5: groups 300 deep": Case(
        files(("a.h5", h5_of(many_groups))), read_files, refused=r"a\.h5|input"
    ),
    "h5: a soft link": Case(
        files(("a.h5", h5_of(soft_link))), read_files, refused="found a link to another place"
    ),
}
CASES |= {
    f"tflite: {name}": Case(
        files(("a.tflite", operation(name))), read_files, refused=f"found the operation {name}"
    )
    for name in ("IF", "CALL_ONCE", "VAR_HANDLE", "HASHTABLE", "WHERE", "STABLEHLO_WHILE")
}
CASES |= {
    "tflite: escape bytes as a name": Case(
        files(("a.tflite", operation("CUSTOM", b"\x1b[2J\n"))),
        read_files,
        refused=r"the operation CUSTOM '\\x1b\[2J\\n'",
    ),
    "tflite: pictures of 2**31 pixels": Case(
        files(("a.tflite", swollen(1, 46_341, 46_341, 1))), read_in_the_worker, refused="expected"
    ),
    "tflite: a negative shape": Case(
        files(("a.tflite", swollen(-7, 64, -64, 1))), read_in_the_worker, refused="expected"
    ),
    "tflite: no dimensions": Case(
        files(("a.tflite", swollen())), read_in_the_worker, refused="expected"
    ),
    "tflite: another kind of picture": Case(
        files(("a.tflite", swollen(1, 64, 64, 1 << 20))), read_in_the_worker, refused="expected"
    ),
}
CASES |= {
    f"card: {'.'.join(map(str, path))} is {json.dumps(value)[:12]}": Case(
        card(*path, value=value), read_card, refused=r"card\.json is damaged \(|temperature: expec"
    )
    for path, value in (
        (("metrics", "selective"), None),
        (("metrics", "selective", "curve"), []),
        (("metrics", "per_class"), {"angry": {}}),
        (("metrics", "confusion"), [[]]),
        (("metrics", "accuracy"), "high"),
        (("metrics", "reliability"), [1]),
        (("metrics",), None),
        (("data",), None),
        (("data", "teachers"), 7),
        (("data", "measured_on"), "elsewhere"),
        (("versions",), ["x"]),
        (("versions", "python"), {}),
        (("files", "model.tflite"), None),
        (("sizes", "model.tflite"), -1),
        (("labels",), "angry"),
        (("interface",), {"side": "x"}),
        (("interface",), {"side": 48, "color": "grey", "returns": "logits", "classes": [None, 1]}),
        (("temperature",), None),
        (("temperature",), float("inf")),
        (("parameters",), "many"),
        (("name",), ["x"]),
        (("source",), {"file": None}),
    )
}
CASES |= {
    "card: nested deeply": Case(text(CARD_FILE, DEEP), read_card, refused="nested too deeply"),
    "card: no text": Case(text(CARD_FILE, b"\xff\xfe\x00"), read_card, refused="is damaged"),
    "card: a link to a device": Case(link(CARD_FILE, "/dev/zero"), read_card, refused="expected"),
    "card: a pipe": Case(pipe(CARD_FILE), read_card, refused="expected"),
    "session: nested deeply": Case(text("session.json", DEEP), read_header, refused="is damaged"),
    "session: numbers as text": Case(
        text(
            "session.json",
            '{"format": 1, "description": {"consent": "", "model_name": "", "model_checksum": "", '
            '"camera_size": [1, 2]}, "started": "2026-01-01", "app_version": "", "frames": "1"}',
        ),
        read_header,
        refused="frames: expected a whole number, found text",
    ),
    "session: a link to a device": Case(
        link("session.json", "/dev/zero"), read_header, refused="expected"
    ),
    "own data: nested deeply": Case(text("dataset.json", DEEP), read_own_header, refused="damaged"),
    "own data: another type": Case(
        text("dataset.json", '{"format": 1, "created": [], "consent": 1}'),
        read_own_header,
        refused="created: expected text, found a list",
    ),
    "own data: a device": Case(
        link("dataset.json", "/dev/zero"), read_own_header, refused="is damaged"
    ),
    "run: nested deeply": Case(text("run.json", DEEP), read_plan, refused="nested too deeply"),
    "run: a device": Case(link("run.json", "/dev/zero"), read_plan, refused="pipe or a device"),
    "run: a list": Case(text("run.json", "[]"), read_plan, refused="is damaged"),
    "exclusions: nested deeply": Case(text("a.json", DEEP), exclusions_in, refused="nested too"),
    "exclusions: another type": Case(
        text(
            "a.json",
            '{"format": "emotion-dashboard exclusions 1", "name": 1, "dataset": "", '
            '"fingerprint": "", "created": "", "images": [{}]}',
        ),
        exclusions_in,
        refused="found another or a damaged file",
    ),
    "exclusions: a pipe": Case(pipe("a.json"), exclusions_in, refused="a pipe or a device"),
}


@pytest.mark.parametrize("name", CASES)
def test_ends_well(name, host, tmp_path):
    host.check(name, tmp_path)
