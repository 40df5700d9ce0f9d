"""Models that were read and are not in the library yet."""

from __future__ import annotations

import itertools
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_core.access.audit import note
from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.errors import ModelError
from emotion_core.importing.answers import FoundNetwork, ImportAnswers
from emotion_core.importing.reading import read_apart
from emotion_core.importing.uploads import (
    SAVED_MODEL_FILE,
    UPLOADS,
    Upload,
    receive,
    saved_model_parts,
)
from emotion_core.models.changes import add_model
from emotion_core.models.folder import (
    CARD_FILE,
    DEFAULT_MODEL,
    KERAS_FILE,
    LITERT_FILE,
    WEIGHTS_FILE,
    ModelCard,
    checksum,
    load_card,
    models_dirs,
)
from emotion_core.models.interface import ModelInterface
from emotion_core.models.library import LibraryModel
from emotion_core.system.progress import ShareProgress
from emotion_core.system.storage.files import open_regular
from emotion_core.system.storage.temporary import TemporaryFolder

if TYPE_CHECKING:
    from emotion_core.models.classifier import EmotionClassifier


class StagedModel:
    """A model that was read and is not in the library yet; its folder goes with it.

    Attributes:
        folder: holds its files.
        file: name of the file it came from.
        checksum: SHA-256 of that file.
        found: what the network tells of itself.
        card: of a model of this project; None for one of others.
    """

    def __init__(
        self, temporary: TemporaryFolder, file: str, found: FoundNetwork, sha256: str
    ) -> None:
        self._temporary = temporary
        self.folder = folder = temporary.path
        self.file = file
        self.found = found
        self.checksum = sha256
        self.card = load_card(folder) if (folder / CARD_FILE).is_file() else None
        self._read_with: tuple[ImportAnswers | None, EmotionClassifier] | None = None

    def described(self, answers: ImportAnswers | None) -> ModelCard:
        """Return the card that the model would get.

        Args:
            answers: what its file does not say; not needed for a model of this project.

        Raises:
            ModelError: the answers are missing or do not fit, or the temporary folder was emptied.
        """
        if not (self.folder / LITERT_FILE).is_file():
            raise ModelError(
                f"{self.file}: expected it in {self.folder}, where it was read to, found it gone; "
                "import it again"
            )
        now = datetime.now(UTC).isoformat(timespec="seconds")
        source = {"file": self.file, "sha256": self.checksum, "imported": now}
        if self.card is not None:
            return replace(self.card, source=source)
        if answers is None:
            raise ModelError(f"{self.file}: expected range and classes of its network, found none")
        interface = answers.interface(self.found)
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
            files=dict(self._checksums),
            sizes={name: (self.folder / name).stat().st_size for name in self._checksums},
            source=source,
        )
        if interface == ModelInterface(FACE_SIZE, "grey", "logits", EMOTIONS):
            return card  # it takes and returns just what this project's own do
        return replace(
            card,
            input=interface.describe_input(),
            preprocessing=f"outside the network: grey faces of {FACE_SIZE}x{FACE_SIZE} pixels are "
            "brought to its size and range",
            output=interface.describe_output(),
            interface=interface,
        )

    @cached_property
    def _checksums(self) -> dict[str, str]:
        """SHA-256 of the network's files by name: a page describes the model on every run."""
        paths = [self.folder / name for name in (KERAS_FILE, LITERT_FILE)]
        return {path.name: checksum(path) for path in paths if path.is_file()}

    def classifier(self, answers: ImportAnswers | None) -> EmotionClassifier:
        """Return the model as it would read faces, the same one while the answers are the same.

        Raises:
            ModelError: the answers do not fit.
        """
        # Only here: whoever asks for what is known of a file needs no LiteRT.
        from emotion_core.models.classifier import EmotionClassifier

        card = self.described(answers)
        if self._read_with is None or self._read_with[0] != answers:
            model = (self.folder / LITERT_FILE).read_bytes()
            self._read_with = answers, EmotionClassifier(model, card)
        return self._read_with[1]

    def keep(self, name: str, answers: ImportAnswers | None) -> LibraryModel:
        """Put the model into the library and let go of the temporary folder.

        Raises:
            ModelError: the name or the answers do not do, or nothing can be written; the model
                stays staged then.
        """
        kept = add_model(self.folder, name, self.described(answers))
        note("imported", "model", kept.name)
        self.discard()
        return kept

    def discard(self) -> None:
        """Remove the temporary folder."""
        self._temporary.remove()


def proposed_name(file: str) -> str:
    """Return a new name for the model in a file, made of the file's own."""
    words = re.sub(r"[^\w .-]+", "-", Path(file).stem)
    stem = words.strip("-_. ")[:40].rstrip("-_. ") or "imported"
    taken = {path.name for parent in models_dirs() if parent.is_dir() for path in parent.iterdir()}
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    return next(name for name in names if name not in taken and name != DEFAULT_MODEL)


def stage_model(uploads: Sequence[Upload], progress: ShareProgress | None = None) -> StagedModel:
    """Read a model's file, or the two of a pair, into a temporary folder.

    Args:
        uploads: one file, an architecture (``.json``) and its weights (``.h5``), or the files of a
            SavedModel, named with their folders.
        progress: called now and then in this thread.

    Raises:
        ModelError: the files are no model, are damaged, or are refused; nothing is left behind.
    """
    try:
        temporary = TemporaryFolder("import")
        folder = temporary.path
        try:
            kind, main, sha256 = receive(uploads, folder / UPLOADS)
            found = read_apart(kind, folder, main, progress or (lambda _: None))
            shutil.rmtree(folder / UPLOADS, ignore_errors=True)
            return StagedModel(temporary, main, found, sha256)
        except BaseException:
            temporary.remove()
            raise
    except OSError as error:
        raise ModelError(
            f"the model cannot be read into {tempfile.gettempdir()} ({error.strerror or error}); "
            "free up space there and try again"
        ) from error


def stage_paths(paths: Sequence[Path], progress: ShareProgress | None = None) -> StagedModel:
    """Read a model's file, the two of a pair, or a SavedModel's folder; see ``stage_model``.

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
            if (path / SAVED_MODEL_FILE).is_file():
                uploads += _saved_model_in(path)
                continue
            if path.is_dir():
                raise ModelError(
                    f"{path}: expected a model's file, found a folder; give the file in it"
                )
            try:
                uploads.append((path.name, open_regular(path)))
            except OSError as error:
                raise ModelError(
                    f"expected a model file at {path}, but it cannot be read ({error.strerror}); "
                    "check the path"
                ) from error
        return stage_model(uploads, progress)
    finally:
        for _, file in uploads:
            file.close()


def _saved_model_in(folder: Path) -> list[Upload]:
    """Return the files of a SavedModel, opened.

    Raises:
        ModelError: one cannot be read, or there are no variables.
    """
    root = folder.absolute()
    places = [root / SAVED_MODEL_FILE, *sorted((root / "variables").glob("variables.*"))]
    names = {f"{root.name}/{path.relative_to(root).as_posix()}": path for path in places}
    parts = saved_model_parts(list(names))
    if not parts:
        raise ModelError(
            f"{folder}: expected a SavedModel with its variables, found {SAVED_MODEL_FILE} alone; "
            "fetch the folder variables that belongs beside it"
        )
    try:
        return [(name, open_regular(names[name])) for name in parts]
    except OSError as error:
        raise ModelError(
            f"expected a SavedModel at {folder}, but it cannot be read ({error.strerror}); check "
            "the path"
        ) from error
