"""A model folder: what it holds, where it is, and its card. Reading one never imports Keras.

========================  ==========================================================================
``model.keras``           the network in Keras' own format
``model_arch.json``       the architecture alone, and
``model_weights.h5``      the weights alone: the pair that many tutorials and older projects use
``model.tflite``          the network for LiteRT, which the live path runs
``card.json``             what it is: labels, input, data, settings, versions, figures, checksums
``README.md``             the card in words, written from ``card.json`` alone
``training_log.jsonl``    one line for each epoch of the run that made it
``seen_images.npy``       hashes of the images that it was trained and selected on
========================  ==========================================================================
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.models.card_schema import check_card
from emotion_core.models.interface import ModelInterface
from emotion_core.system.storage.folders import DATA_DIR_VARIABLE, PROJECT, data_dir
from emotion_core.system.storage.formats import known
from emotion_core.system.storage.json_reading import read_json
from emotion_core.system.storage.persons import whose

KERAS_FILE: Final = "model.keras"
ARCHITECTURE_FILE: Final = "model_arch.json"
WEIGHTS_FILE: Final = "model_weights.h5"
LITERT_FILE: Final = "model.tflite"
CARD_FILE: Final = "card.json"
README_FILE: Final = "README.md"
TRAINING_LOG_FILE: Final = "training_log.jsonl"
SEEN_FILE: Final = "seen_images.npy"

#: Everything a model folder may hold.
MODEL_FILES: Final = (
    LITERT_FILE, KERAS_FILE, ARCHITECTURE_FILE, WEIGHTS_FILE, TRAINING_LOG_FILE, SEEN_FILE,
    README_FILE, CARD_FILE,
)  # fmt: skip

#: Version of the card's layout.
CARD_FORMAT: Final = 1

#: What figures are of, see `emotion_core.models.views`: faces as they are, or with mirror images.
SINGLE: Final = "single"
MIRRORED: Final = "mirrored"

MODELS_FOLDER: Final = PROJECT / "models"
#: The model in use when none is named.
DEFAULT_MODEL: Final = "fer2013-vgg"
#: Names the folder of all models but the shipped one, see ``models_dir``.
MODELS_DIR_VARIABLE: Final = "EMOTION_MODELS_DIR"


@dataclass(frozen=True)
class ModelCard:
    """What is known of a model.

    Attributes:
        name: name of its folder when it was saved.
        created: UTC time in ISO 8601.
        temperature: positive divisor of the logits that calibrates the scores (Guo et al. 2017).
        architecture: key of ``network.ARCHITECTURES``.
        parameters: number of weights.
        data: name and fingerprint of the dataset; number and fingerprint of the images trained on,
            and how many of them also stand in the set that selected the best epoch; that set's name
            and size, or of an imported model the images it was measured on here, their number and
            when; checksums of the networks it learned from; name, images and checksum of the
            correction list, if one was used; how many networks were trained alike from other seeds
            (``seeds``), if it is the best of several.
        config: the training settings.
        best_epoch: the epoch kept, counted from 1.
        versions: of Python and the libraries.
        metrics: the figures on the images of ``measured_on`` (``calibration.calibrate``), of a
            single view of each; under ``mirrored`` those of both views, with their temperature and
            certainty threshold.
        files: SHA-256 of every other file in the folder, by name.
        certainty_threshold: least score 0..1 of an answer; a face whose highest score is lower is
            "uncertain". 0: every face gets an answer.
        sizes: bytes of every other file but ``README.md``, by name.
        labels: expressions in the order of the logits.
        input: shape, dtype, range and colour of the input.
        preprocessing: what happens to the input, and where.
        output: what the network returns.
        interface: how the network's input and output differ from this project's own; None where
            they do not.
        source: where an imported model came from: name and SHA-256 of the ``file``, and the time
            it was ``imported``; empty for a model that was trained here.
    """

    name: str
    created: str
    temperature: float
    architecture: str
    parameters: int
    data: dict[str, Any]
    config: dict[str, Any]
    best_epoch: int
    versions: dict[str, str]
    metrics: dict[str, Any]
    files: dict[str, str]
    certainty_threshold: float = 0.0
    sizes: dict[str, int] = field(default_factory=dict)
    labels: tuple[str, ...] = EMOTIONS
    input: str = "float32 [N, 48, 48, 1], grey 0..255 as read"
    preprocessing: str = "none outside the network: scaling and cropping happen in its first layers"
    output: str = "logits [N, 7]; divide by the temperature and take the softmax"
    format: int = CARD_FORMAT
    interface: ModelInterface | None = None
    source: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if tuple(self.labels) != EMOTIONS:
            raise ModelError(f"labels: expected {', '.join(EMOTIONS)}, found {self.labels}")
        if not 0 < self.temperature < math.inf:
            raise ModelError(f"temperature: expected a positive number, found {self.temperature}")
        if not 0 <= self.certainty_threshold <= 1:
            raise ModelError(
                f"certainty_threshold: expected 0 to 1, found {self.certainty_threshold}"
            )

    @property
    def measured_on(self) -> str:
        """The images that the figures are of; empty where there are no figures."""
        return str(self.data.get("selected_on") or self.data.get("measured_on") or "")

    @property
    def mirrored(self) -> ModelCard:
        """The card with what is fitted and measured for a face and its mirror image together.

        Where nothing is, as of a model from before that was measured, it is the card itself.
        """
        figures = self.metrics.get(MIRRORED)
        if figures is None:
            return self
        return replace(
            self,
            temperature=figures["temperature"],
            certainty_threshold=figures["certainty_threshold"],
            metrics=figures,
        )

    @property
    def network_id(self) -> str:
        """Tells what the model answers from what any other does: 64 hexadecimal digits.

        The checksum of its LiteRT file, together with its interface where it has one.
        """
        network = str(self.files.get(LITERT_FILE, ""))
        if self.interface is None:
            return network
        described = json.dumps([network, self.interface.to_json()], sort_keys=True)
        return hashlib.sha256(described.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return the card as plain JSON values; what a model has not is left out."""
        content = asdict(self)
        for name in ("interface", "source"):
            if not content[name]:
                del content[name]
        return content

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> ModelCard:
        """Return the card that ``to_json`` made ``content`` of.

        Raises:
            KeyError: a value is missing.
            ValueError: one is unknown, of another type, or does not fit the others.
            ModelError: a value is out of its range.
        """
        check_card(content)
        interface = content.get("interface")
        return cls(
            **{
                **content,
                "labels": tuple(content["labels"]),
                "interface": interface and ModelInterface.from_json(interface),
            }
        )


def default_model_dir() -> Path:
    """Return the folder of the model that ships with the project."""
    return MODELS_FOLDER / DEFAULT_MODEL


def models_dir() -> Path:
    """Return the folder that new models are put in; it need not exist.

    It is named by the environment variable EMOTION_MODELS_DIR; else it is in the folder that
    EMOTION_DATA_DIR names, and without either it is the project's ``models``.
    """
    return models_dirs()[0]


def models_dirs() -> tuple[Path, ...]:
    """Return the folders that models lie in, ``models_dir`` first; they need not exist.

    EMOTION_DATA_DIR did not always move models: those in the project's ``models`` stay in reach.
    Where there are accounts everybody puts models in their own home; the other folder is the
    server's, and its models are there for all.
    """
    chosen = os.environ.get(MODELS_DIR_VARIABLE)
    of_server = Path(chosen).absolute() if chosen else MODELS_FOLDER
    if whose() is not None or (os.environ.get(DATA_DIR_VARIABLE) and not chosen):
        return known((data_dir() / "models").absolute(), "models"), of_server
    return (known(of_server, "models"),)


def load_card(folder: Path) -> ModelCard:
    """Read and check a model folder's card.

    Raises:
        ModelError: the folder or its card is missing, damaged or of another format.
    """
    path = folder / CARD_FILE
    if not path.is_file():
        raise ModelError(
            f"expected a model folder with {CARD_FILE}, found none at {folder}; train one with "
            f"python -m emotion_core train --data PATH --out {folder}"
        )
    try:
        content = read_json(path)
        if content["format"] != CARD_FORMAT:
            raise ModelError(
                f"{path}: expected card format {CARD_FORMAT}, found {content['format']}; it was "
                "written by another version of this project"
            )
        return ModelCard.from_json(content)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path} is damaged ({error}); restore the folder from its source or train it again"
        ) from error


def read_model_file(folder: Path, card: ModelCard, name: str) -> bytes:
    """Return the content of one of the model's files, once its checksum agrees with the card's.

    Raises:
        ModelError: the file is missing or is not the one the card was written for.
    """
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"expected {path}, which the card lists, but it cannot be read ({error.strerror}); "
            "restore the folder from its source or train it again"
        ) from error
    if hashlib.sha256(content).hexdigest() != card.files.get(name):
        raise ModelError(
            f"{path} is not the file its card describes (other checksum): it is damaged or was "
            "replaced; restore the folder from its source or train it again"
        )
    return content


def checksum(path: Path) -> str:
    """Return a file's SHA-256 as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
