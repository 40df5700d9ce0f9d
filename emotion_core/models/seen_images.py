"""What a model has seen: hashes of the images that it was trained and selected on.

A dataset's fingerprint changes with a single image; these tell copies, parts and joined datasets
by the images that stand in them byte for byte. No image can be got back from its hash, but whoever
has an image can tell whether the model has seen it.
"""

from __future__ import annotations

import hashlib
import io
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import ModelError
from emotion_core.models.folder import SEEN_FILE, ModelCard, checksum, read_model_file
from emotion_core.system.storage.files import replace_file

_HASH_BYTES: Final = 8
# Ten bytes an image: FER2013's 32,298 of Training and PublicTest take 0.3 MB.
_RECORD: Final = np.dtype([("hash", "<u8"), ("trained", "?"), ("selecting", "?")])

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class SeenImages:
    """What a model has seen.

    Attributes:
        trained: uint64 ``[T]``, ascending, hashes of the images that it learned from.
        selecting: uint64 ``[S]``, ascending, of those that selected its best epoch, and that its
            temperature and certainty threshold were fitted to.
    """

    trained: NDArray[np.uint64]
    selecting: NDArray[np.uint64]

    @classmethod
    def of(cls, training: NDArray[np.uint8], selecting: NDArray[np.uint8]) -> SeenImages:
        """Return the hashes of images, each uint8 ``[N, 48, 48]``."""
        return cls(np.unique(image_hashes(training)), np.unique(image_hashes(selecting)))

    def trained_on(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return for each of ``[N]`` hashes whether the model has learned from that image."""
        return np.isin(hashes, self.trained)

    def selected_on(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return for each of ``[N]`` hashes whether that image took part in selecting the model."""
        return np.isin(hashes, self.selecting)

    def with_earlier(self, earlier: SeenImages) -> SeenImages:
        """Return what a model has seen that began with the weights of another one."""
        known = np.union1d(earlier.trained, earlier.selecting)
        return replace(self, trained=np.union1d(self.trained, known))

    def write(self, path: Path) -> None:
        """Write them to a ``.npy`` file.

        Raises:
            OSError: it cannot be written.
        """
        hashes = np.union1d(self.trained, self.selecting)
        records = np.zeros(len(hashes), _RECORD)
        records["hash"] = hashes
        records["trained"] = self.trained_on(hashes)
        records["selecting"] = self.selected_on(hashes)
        np.save(path, records, allow_pickle=False)

    @classmethod
    def from_bytes(cls, content: bytes) -> SeenImages:
        """Return what ``write`` wrote.

        Raises:
            ValueError: it is something else.
        """
        stream = io.BytesIO(content)
        version = np.lib.format.read_magic(stream)
        if version != (1, 0):
            raise ValueError(f"expected version 1.0 of .npy, found {version}")
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        # The header is not believed: what it claims may fill any memory.
        size = len(content) - stream.tell()
        if dtype != _RECORD or len(shape) != 1 or shape[0] * _RECORD.itemsize != size:
            raise ValueError(f"expected hashes of images, found {dtype} {shape} in {size} bytes")
        flags = np.frombuffer(content, np.uint8, offset=stream.tell()).reshape(-1, _RECORD.itemsize)
        if flags[:, _HASH_BYTES:].max(initial=0) > 1:
            raise ValueError("expected 0 or 1 behind each hash")
        records: NDArray[Any] = np.frombuffer(content, _RECORD, offset=stream.tell())
        parts = (records["hash"][records[use]] for use in ("trained", "selecting"))
        return cls(*(np.unique(part) for part in parts))


def image_hashes(images: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the first 8 bytes of the SHA-256 of each image, uint64 ``[N]``.

    Two of FER2013's images that differ have the same hash with a probability of 1 to 28 thousand
    million.

    Args:
        images: uint8 ``[N, 48, 48]``; N may be 0.
    """
    digests = (hashlib.sha256(image.tobytes()).digest() for image in images)
    joined = b"".join(digest[:_HASH_BYTES] for digest in digests)
    return np.frombuffer(joined, "<u8").astype(np.uint64)


def load_seen_images(folder: Path, card: ModelCard) -> SeenImages | None:
    """Return what the model in ``folder`` has seen; None where its folder does not say.

    That is so for models of earlier versions and of other projects. What is damaged says nothing
    either, and is logged.
    """
    if SEEN_FILE not in card.files:
        return None
    try:
        return SeenImages.from_bytes(read_model_file(folder, card, SEEN_FILE))
    except (ModelError, ValueError, TypeError) as error:
        _log.warning("What %s has seen cannot be told: %s", card.name, error)
        return None


def with_seen_images(folder: Path, card: ModelCard, seen: SeenImages) -> ModelCard:
    """Write what a model has seen into its folder, and return ``card``, to be written, with it.

    Raises:
        OSError: it cannot be written.
    """
    path = folder / SEEN_FILE
    with replace_file(path) as temporary:
        seen.write(temporary)
    files = card.files | {SEEN_FILE: checksum(path)}
    sizes = card.sizes | {SEEN_FILE: path.stat().st_size}
    return replace(card, files=files, sizes=sizes)
