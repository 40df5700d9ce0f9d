"""Model files as others might give them, whole and hostile; made without Keras."""

from __future__ import annotations

import io
import json
import shutil
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from emotion_core.models.folder import CARD_FILE, LITERT_FILE, default_model_dir, load_card
from emotion_core.models.readme.card import write_card

DATA = Path(__file__).parent / "data"
OTHERS = DATA / "others"
KERAS_2 = DATA / "keras2"

#: A file's name and content.
ModelFile = tuple[str, bytes]


def others(name: str, called: str | None = None) -> ModelFile:
    """Return one of the networks in ``tests/data/others``."""
    return called or name, (OTHERS / name).read_bytes()


def pair() -> list[ModelFile]:
    """Return a network of Keras 2 as two files."""
    return [
        ("fer.json", (KERAS_2 / "model_arch.json").read_bytes()),
        ("fer.h5", (KERAS_2 / "model_weights.h5").read_bytes()),
    ]


def whole_h5(change: Callable[[h5py.File], None] = lambda _: None) -> bytes:
    """Return the same network in one HDF5 file, changed by ``change``."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file, h5py.File(KERAS_2 / "model_weights.h5") as weights:
        file.attrs["model_config"] = (KERAS_2 / "model_arch.json").read_text()
        weights.copy(weights, file, "model_weights")
        change(file)
    return content.getvalue()


def h5_with_layer(layer: dict[str, Any]) -> bytes:
    """Return the network with a further layer in its description."""

    def add(file: h5py.File) -> None:
        description = json.loads(file.attrs["model_config"])
        description["config"]["layers"].append(layer)
        file.attrs["model_config"] = json.dumps(description)

    return whole_h5(add)


def nan_h5() -> bytes:
    def spoil(file: h5py.File) -> None:
        file["model_weights/spoilt"] = np.full(3, np.nan, np.float32)

    return whole_h5(spoil)


def linked_h5() -> bytes:
    def link(file: h5py.File) -> None:
        file["model_weights/elsewhere"] = h5py.ExternalLink("/etc/passwd", "/")

    return whole_h5(link)


def external_h5() -> bytes:
    """Return a file whose array is the bytes of another one."""

    def point(file: h5py.File) -> None:
        file["model_weights"].create_dataset(
            "elsewhere", (4,), np.uint8, external=[("/etc/passwd", 0, 4)]
        )

    return whole_h5(point)


def huge_h5() -> bytes:
    """Return some kilobytes that claim 4 TB of zeros."""

    def claim(file: h5py.File) -> None:
        file["model_weights"].create_dataset(
            "huge", (1 << 40,), np.float32, chunks=(1 << 20,), compression="gzip"
        )

    return whole_h5(claim)


def keras_archive(change: Callable[[dict[str, bytes]], None] = lambda _: None) -> bytes:
    """Return ``grey64.keras`` with its members changed by ``change``."""
    with zipfile.ZipFile(OTHERS / "grey64.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    return zipped(members)


def keras_with_layer(layer: dict[str, Any]) -> bytes:
    def add(members: dict[str, bytes]) -> None:
        description = json.loads(members["config.json"])
        description["config"]["layers"].append(layer)
        members["config.json"] = json.dumps(description).encode()

    return keras_archive(add)


def zipped(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def claiming(archive: bytes, name: str, size: int) -> bytes:
    """Return an archive whose directory says that a member unpacks to ``size`` bytes."""
    content = bytearray(archive)
    entry = content.rindex(name.encode()) - 46  # the directory's entry ends with the name
    assert content[entry : entry + 4] == b"PK\x01\x02"
    content[entry + 24 : entry + 28] = struct.pack("<I", size)
    return bytes(content)


def own_zip(change: Callable[[dict[str, bytes]], None] = lambda _: None) -> bytes:
    """Return the shipped model as this app exports it, its members changed by ``change``.

    Its Keras files are left out: they are large, and a model needs none.
    """
    shipped = default_model_dir()
    card = load_card(shipped)
    card = replace(card, files={LITERT_FILE: card.files[LITERT_FILE]})
    members = {
        f"{shipped.name}/{LITERT_FILE}": (shipped / LITERT_FILE).read_bytes(),
        f"{shipped.name}/{CARD_FILE}": json.dumps(card.to_json()).encode(),
    }
    change(members)
    return zipped(members)


def nan_tflite() -> bytes:
    """Return ``color32.tflite`` whose last class has no number for its bias."""
    content = (OTHERS / "color32.tflite").read_bytes()
    return content.replace(np.float32(-400).tobytes(), np.float32("nan").tobytes())


def add_model_folder(folder: Path) -> Path:
    """Put a model that runs, without its Keras files, into a new folder."""
    folder.mkdir(parents=True)
    shutil.copy(default_model_dir() / LITERT_FILE, folder)
    card = load_card(default_model_dir())
    files = {LITERT_FILE: card.files[LITERT_FILE]}
    write_card(folder, replace(card, name=folder.name, files=files))
    return folder
