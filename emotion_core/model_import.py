"""Models from elsewhere: read in a process of their own, asked about, tried out, then kept.

`stage_model` reads files into a temporary folder; whatever is refused leaves nothing behind. What
the files do not say (the range of values, the colours, the order of the classes) is guessed by
`guess_answers` and may be corrected; `StagedModel.classifier` then reads faces with it, and
`StagedModel.keep` puts it into the library.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from emotion_core.artefacts import (
    ARCHITECTURE_FILE,
    CARD_FILE,
    DEFAULT_MODEL,
    KERAS_FILE,
    LITERT_FILE,
    WEIGHTS_FILE,
    ModelCard,
    checksum,
    load_card,
    models_dir,
)
from emotion_core.datasets.types import FACE_SIZE
from emotion_core.emotions import EMOTION_ALIASES, EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.model_interface import ModelInterface
from emotion_core.model_library import LibraryModel, add_model

if TYPE_CHECKING:
    from emotion_core.classifier import EmotionClassifier

#: Called with the share of the work done, 0..1; whatever it raises ends the work.
Progress = Callable[[float], None]
#: A file's name and its content, at its beginning.
Upload = tuple[str, IO[bytes]]

#: Endings of the files that are read.
MODEL_SUFFIXES: Final = (".zip", ".keras", ".h5", ".hdf5", ".json", ".tflite")
#: The largest file that is read, in bytes.
MAX_FILE_BYTES: Final = 1_000_000_000
#: Seconds that reading may take.
TIME_LIMIT: Final = 240.0

#: Where the files lie for the process that reads them, in its folder.
UPLOADS: Final = "uploads"

_PAUSE: Final = 0.05

#: Ranges of values that networks take, by what people call them.
RANGES: Final[dict[str, dict[str, Any]]] = {
    "0 to 255": {"low": 0.0, "high": 255.0},
    "0 to 1": {"low": 0.0, "high": 1.0},
    "-1 to 1": {"low": -1.0, "high": 1.0},
    "mean 0, deviation 1": {"standardized": True},
    "ImageNet, 0 to 1": {
        "low": 0.0,
        "high": 1.0,
        "mean": (0.485, 0.456, 0.406),
        "deviation": (0.229, 0.224, 0.225),
    },
    "ImageNet, 0 to 255": {"low": 0.0, "high": 255.0, "mean": (123.68, 116.779, 103.939)},
}

#: Orders of classes in use: of FER2013's numbers, of folders by name, of other data sets.
CLASS_ORDERS: Final[dict[str, tuple[str, ...]]] = {
    "FER2013": EMOTIONS,
    "by name": ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"),
    "RAF-DB": ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"),
    "AffectNet": ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry"),
    "FER+": ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt"),
    "AffectNet, 8": (
        "neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt",
    ),
    "by name, 8": (
        "angry", "contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise",
    ),
    "CK+": ("angry", "contempt", "disgust", "fear", "happy", "sad", "surprise"),
    "FER2013 without disgust": ("angry", "fear", "happy", "sad", "surprise", "neutral"),
    "FER2013 without neutral": ("angry", "disgust", "fear", "happy", "sad", "surprise"),
    "by name, without disgust": ("angry", "fear", "happy", "neutral", "sad", "surprise"),
    "by name, 5": ("angry", "happy", "neutral", "sad", "surprise"),
}  # fmt: skip


@dataclass(frozen=True)
class FoundNetwork:
    """What a network tells of itself.

    Attributes:
        side: height and width of its input in pixels.
        channels: 1 or 3.
        outputs: number of classes.
        probabilities: whether its answers are some: not negative, adding up to 1.
        one_by_one: whether it takes one picture at a time.
        weights: numbers it learned.
    """

    side: int
    channels: int
    outputs: int
    probabilities: bool
    one_by_one: bool
    weights: int


@dataclass(frozen=True)
class Answers:
    """What a file does not say.

    Attributes:
        values: a key of ``RANGES``.
        classes: what each output names, in any of its usual words; what is none of the seven is
            left out of the scores.
        probabilities: whether the last layer is a softmax.
        color: ``rgb`` or ``bgr``; without meaning for one channel.
    """

    values: str
    classes: tuple[str, ...]
    probabilities: bool
    color: str = "rgb"

    def interface(self, found: FoundNetwork) -> ModelInterface:
        """Return how the network is to be used.

        Raises:
            ModelError: the answers do not fit the network.
        """
        if self.values not in RANGES:
            raise ModelError(f"range: expected one of {', '.join(RANGES)}, found {self.values!r}")
        if len(self.classes) != found.outputs:
            raise ModelError(
                f"classes: expected {found.outputs} names, one for each output, found "
                f"{len(self.classes)}: {', '.join(self.classes)}"
            )
        scaling = dict(RANGES[self.values])
        if "mean" in scaling and found.channels == 1:
            raise ModelError(
                f"range: expected one for grey pictures, found {self.values}, which has a mean for "
                "each of three colours"
            )
        if self.color == "bgr":
            scaling |= {key: scaling[key][::-1] for key in ("mean", "deviation") if key in scaling}
        return ModelInterface(
            side=found.side,
            color="grey" if found.channels == 1 else self.color,
            returns="probabilities" if self.probabilities else "logits",
            classes=tuple(EMOTION_ALIASES.get(name.strip().lower()) for name in self.classes),
            one_by_one=found.one_by_one,
            **scaling,
        )


def orders_for(outputs: int) -> dict[str, tuple[str, ...]]:
    """Return the orders of so many classes, the most usual one first."""
    return {name: order for name, order in CLASS_ORDERS.items() if len(order) == outputs}


def guess_answers(found: FoundNetwork) -> Answers:
    """Return what is most usual for such a network.

    64x64 grey pictures are what the mini-XCEPTION of Arriaga et al. (2017) takes, from -1 to 1.
    """
    orders = orders_for(found.outputs)
    named = next(iter(orders.values()), ("",) * found.outputs)
    values = "-1 to 1" if (found.side, found.channels) == (64, 1) else "0 to 1"
    return Answers(values, named, found.probabilities)


class StagedModel:
    """A model that was read and is not in the library yet; its folder goes with it.

    Attributes:
        folder: holds its files.
        file: name of the file it came from.
        checksum: SHA-256 of that file.
        found: what the network tells of itself.
        card: of a model of this project; None for one of others.
    """

    def __init__(self, folder: Path, file: str, found: FoundNetwork, sha256: str) -> None:
        self.folder = folder
        self.file = file
        self.found = found
        self.checksum = sha256
        self.card = load_card(folder) if not needs_answers(folder) else None
        self._end = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def described(self, answers: Answers | None) -> ModelCard:
        """Return the card that the model would get.

        Args:
            answers: what its file does not say; not needed for a model of this project.

        Raises:
            ModelError: the answers are missing or do not fit.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        source = {"file": self.file, "sha256": self.checksum, "imported": now}
        if self.card is not None:
            return replace(self.card, source=source)
        if answers is None:
            raise ModelError(f"{self.file}: expected range and classes of its network, found none")
        interface = answers.interface(self.found)
        files = [self.folder / name for name in (KERAS_FILE, LITERT_FILE)]
        native = is_native(interface)
        card = ModelCard(
            name=Path(self.file).stem,
            created=now,
            temperature=1.0,
            architecture="of another project",
            parameters=self.found.weights,
            data={},
            config={},
            best_epoch=0,
            versions={},
            metrics={},
            files={path.name: checksum(path) for path in files if path.is_file()},
            sizes={path.name: path.stat().st_size for path in files if path.is_file()},
            source=source,
        )
        if native:
            return card
        return replace(
            card,
            input=interface.describe_input(),
            preprocessing=f"outside the network: grey faces of {FACE_SIZE}x{FACE_SIZE} pixels are "
            "brought to its size and range",
            output=interface.describe_output(),
            interface=interface,
        )

    def classifier(self, answers: Answers | None) -> EmotionClassifier:
        """Return the model as it would read faces.

        Raises:
            ModelError: the answers do not fit.
        """
        # Only here: whoever asks for what is known of a file needs no LiteRT.
        from emotion_core.classifier import EmotionClassifier

        content = (self.folder / LITERT_FILE).read_bytes()
        return EmotionClassifier(content, self.described(answers))

    def keep(self, name: str, answers: Answers | None) -> LibraryModel:
        """Put the model into the library and let go of the temporary folder.

        Raises:
            ModelError: the name or the answers do not do, or nothing can be written; the model
                stays staged then.
        """
        kept = add_model(self.folder, name, self.described(answers))
        self.discard()
        return kept

    def discard(self) -> None:
        """Remove the temporary folder."""
        self._end()


def needs_answers(folder: Path) -> bool:
    """Tell whether a staged folder's files leave questions open: they do without a card."""
    return not (folder / CARD_FILE).is_file()


def is_native(interface: ModelInterface) -> bool:
    """Tell whether a network takes and returns just what this project's own do."""
    return interface == ModelInterface(FACE_SIZE, "grey", "logits", EMOTIONS)


def proposed_name(file: str) -> str:
    """Return a new name for the model in a file, made of the file's own."""
    stem = re.sub(r"[^\w .-]+", "-", Path(file).stem).strip("-_. ")[:40] or "imported"
    taken = {path.name for path in models_dir().iterdir()} if models_dir().is_dir() else set()
    names = [stem, *(f"{stem}-{number}" for number in range(2, 1000))]
    return next(name for name in names if name not in taken and name != DEFAULT_MODEL)


def stage_model(uploads: Sequence[Upload], progress: Progress | None = None) -> StagedModel:
    """Read a model's file, or the two of a pair, into a temporary folder.

    Args:
        uploads: one file, or an architecture (``.json``) and its weights (``.h5``).
        progress: called now and then in this thread.

    Raises:
        ModelError: the files are no model, are damaged, or are refused; nothing is left behind.
    """
    folder = Path(tempfile.mkdtemp(prefix="emotion-import-"))
    try:
        kind, main, sha256 = _receive(uploads, folder / UPLOADS)
        found = _read(kind, folder, main, progress or (lambda _: None))
        shutil.rmtree(folder / UPLOADS, ignore_errors=True)
        return StagedModel(folder, main, found, sha256)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise ModelError(
            f"the model cannot be read into {folder.parent} ({error.strerror or error}); make room "
            "there and try again"
        ) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def stage_paths(paths: Sequence[Path], progress: Progress | None = None) -> StagedModel:
    """Read a model's file, or the two of a pair; see ``stage_model``.

    Weights that stand beside an architecture in ``model_weights.h5`` are found.

    Raises:
        ModelError: see ``stage_model``.
    """
    paths = list(paths)
    if len(paths) == 1 and paths[0].suffix == ".json":
        paths.append(paths[0].with_name(WEIGHTS_FILE))
    uploads: list[Upload] = []
    try:
        for path in paths:
            try:
                uploads.append((path.name, path.open("rb")))
            except OSError as error:
                raise ModelError(
                    f"expected a model file at {path}, but it cannot be read ({error.strerror}); "
                    "check the path"
                ) from error
        return stage_model(uploads, progress)
    finally:
        for _, file in uploads:
            file.close()


# --- receiving files ------------------------------------------------------------------------------

_KINDS: Final = {
    (".zip",): ("zip", {".zip": "model.zip"}),
    (".keras",): ("keras", {".keras": KERAS_FILE}),
    (".h5",): ("keras", {".h5": "model.h5"}),
    (".hdf5",): ("keras", {".hdf5": "model.h5"}),
    (".tflite",): ("litert", {".tflite": LITERT_FILE}),
    (".h5", ".json"): ("keras", {".json": ARCHITECTURE_FILE, ".h5": WEIGHTS_FILE}),
    (".hdf5", ".json"): ("keras", {".json": ARCHITECTURE_FILE, ".hdf5": WEIGHTS_FILE}),
}
_WHAT: Final = {
    ".zip": "a zip archive",
    ".keras": "a .keras file, which is a zip archive",
    ".h5": "an HDF5 file",
    ".hdf5": "an HDF5 file",
    ".tflite": "a LiteRT model",
    ".json": "JSON",
}


def _receive(uploads: Sequence[Upload], folder: Path) -> tuple[str, str, str]:
    """Write the files under names of ours; return their kind, the main one's name and checksum."""
    names = [Path(name).name for name, _ in uploads]
    suffixes = tuple(sorted(Path(name).suffix.lower() for name in names))
    if suffixes == (".json",):
        raise ModelError(
            f"{names[0]} holds an architecture without weights; give the file with its weights "
            f"({WEIGHTS_FILE}) together with it"
        )
    if suffixes not in _KINDS:
        raise ModelError(
            f"expected a model as {', '.join(MODEL_SUFFIXES)}, or .json and .h5 together, found "
            f"{', '.join(names) or 'no file'}; save it as one of these from the program that made "
            "it"
        )
    kind, targets = _KINDS[suffixes]
    folder.mkdir()
    digest = hashlib.sha256()
    for name, (_, source) in zip(names, uploads, strict=True):
        suffix = Path(name).suffix.lower()
        _check_content(name, suffix, source)
        _copy(name, source, folder / targets[suffix], digest.update)
    main = next((name for name in names if name.lower().endswith(".json")), names[0])
    return kind, main, digest.hexdigest()


def _check_content(name: str, suffix: str, source: IO[bytes]) -> None:
    """Refuse a file whose content begins otherwise than its name says."""
    head = source.read(64)
    source.seek(0)
    expected, found = _WHAT[suffix], _content_of(head)
    if found not in expected:
        raise ModelError(
            f"{name}: expected {expected}, found {found}; is it another kind "
            "of file, or damaged? Save the model again from the program that made it"
        )


def _content_of(head: bytes) -> str:
    if head.startswith(b"PK\x03\x04"):
        return "a zip archive"
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "an HDF5 file"
    if head[4:8] == b"TFL3":
        return "a LiteRT model"
    if head.lstrip().startswith((b"{", b"\xef\xbb\xbf{")):
        return "JSON"
    return "an empty file" if not head else "something else"


def _copy(name: str, source: IO[bytes], target: Path, note: Callable[[bytes], None]) -> None:
    total = 0
    with target.open("wb") as file:
        while block := source.read(1 << 20):
            total += len(block)
            if total > MAX_FILE_BYTES:
                raise ModelError(
                    f"{name}: expected a file under {MAX_FILE_BYTES / 1e9:.0f} GB, found a larger "
                    "one; no network for faces needs as much"
                )
            note(block)
            file.write(block)


# --- the process that reads them ------------------------------------------------------------------


def _read(kind: str, folder: Path, name: str, progress: Progress) -> FoundNetwork:
    """Run the worker on a folder and return what it found.

    Raises:
        ModelError: it refused the file, crashed, or took too long.
    """
    scratch = folder / "scratch"
    scratch.mkdir()
    output = folder / "output.jsonl"
    environment = os.environ | {"TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)}
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "emotion_core.model_import_worker", kind, str(folder)],
            cwd=Path(__file__).resolve().parent.parent,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.DEVNULL,
        )
    try:
        told = _follow(process, output, name, progress)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    shutil.rmtree(scratch, ignore_errors=True)
    output.unlink()
    return outcome(told, folder, name, process.returncode)


def outcome(told: dict[str, Any], folder: Path, name: str, code: int) -> FoundNetwork:
    """Return what the worker told at last.

    Args:
        told: its last line.
        folder: where it worked.
        name: the file's.
        code: its exit code.

    Raises:
        ModelError: it told a problem, or nothing.
    """
    if "found" in told:
        return FoundNetwork(**told["found"])
    if "problem" in told:
        raise ModelError(_in_users_words(str(told["problem"]), folder, name))
    raise ModelError(
        f"{name}: expected a model that can be read, found one that crashed what read it (exit "
        f"code {code}); it is damaged, larger than this machine can hold, or made to "
        "do harm, and is refused"
    )


def _follow(
    process: subprocess.Popen[bytes], output: Path, name: str, progress: Progress
) -> dict[str, Any]:
    """Report the worker's progress until it ends, and return the last thing it told."""
    deadline = time.monotonic() + TIME_LIMIT
    while process.poll() is None:
        if time.monotonic() > deadline:
            raise ModelError(
                f"{name}: expected a model that is read within {TIME_LIMIT:.0f} s, found one that "
                "takes longer; try on a machine with less to do, or a smaller model"
            )
        progress(float(_told(output).get("share", 0.0)))
        time.sleep(_PAUSE)
    return _told(output)


def _told(output: Path) -> dict[str, Any]:
    """Return the last whole line of the worker that is JSON; libraries print there too."""
    for line in reversed(output.read_text(encoding="utf-8", errors="replace").splitlines()):
        with suppress(ValueError):
            content = json.loads(line)
            if isinstance(content, dict):
                return content
    return {}


def _in_users_words(problem: str, folder: Path, name: str) -> str:
    """Return a message with the file's own name instead of where it lies for the moment."""
    text = re.sub(re.escape(str(folder)) + r"[^\s:]*", name, problem)
    return text if name in text else f"{name}: {text}"
