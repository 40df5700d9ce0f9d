"""The process that reads a model's files: started, followed, and ended with who waits for it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from emotion_core.errors import ModelError
from emotion_core.importing.answers import FoundNetwork
from emotion_core.models.folder import CARD_FILE
from emotion_core.system.processes.children import (
    Child,
    ChildEndedError,
    ChildError,
    ChildTooSlowError,
)
from emotion_core.system.progress import ShareProgress
from emotion_core.system.storage.json_reading import checked
from emotion_core.system.storage.locks import Turns

#: Seconds that reading may take.
TIME_LIMIT: Final = 240.0
# Each is a process with Keras, and the model: what more viewers hand in waits.
_turns: Final = Turns(2)


def read_apart(kind: str, folder: Path, name: str, progress: ShareProgress) -> FoundNetwork:
    """Run the worker on a folder and return what it found.

    Args:
        kind: a key of ``worker.READERS``.
        folder: with the files in ``UPLOADS``; the worker writes the model into it.
        name: of the file, for messages.
        progress: called now and then in this thread, and while others' models are read, see
            ``locks.Turns``.

    Raises:
        ModelError: it refused the file, crashed, or took too long.
        OSError: it cannot be started, or the disk is full.
    """
    with _turns.take(progress):
        return _read(kind, folder, name, progress)


def _read(kind: str, folder: Path, name: str, progress: ShareProgress) -> FoundNetwork:
    scratch = folder / "scratch"
    scratch.mkdir()
    # Keras keeps settings in the home, and would read the user's.
    places = ("TMPDIR", "TEMP", "TMP", "HOME", "USERPROFILE", "KERAS_HOME")
    environment = dict.fromkeys(places, str(scratch)) | {
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    try:
        with Child("emotion_core.importing.worker", environment=environment, bare=True) as worker:
            request = {"kind": kind, "folder": str(folder)}
            found = worker.ask(request, progress=progress, time_limit=TIME_LIMIT)
    except ChildTooSlowError as error:
        raise ModelError(
            f"{name}: expected a model that is read within {TIME_LIMIT:.0f} s, found one that "
            "takes longer; try on a machine with less to do, or a smaller model"
        ) from error
    except ChildEndedError as error:
        raise ModelError(
            f"{name}: expected a model that can be read, found one that crashed what read it (exit "
            f"code {error.code}); it is damaged, larger than this machine can hold, or "
            "malicious, and is refused"
        ) from error
    except ChildError as error:
        raise ModelError(in_users_words(error.reason, folder, name)) from error
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        return checked(found, FoundNetwork)
    except (KeyError, ValueError) as error:
        raise ModelError(
            f"{name}: expected a model that can be read, found one after which the process that "
            f"reads it sent nonsense ({error}); it is refused"
        ) from error


def in_users_words(problem: str, folder: Path, name: str) -> str:
    """Return a message with the file's own name instead of where it lies for the moment.

    Args:
        problem: the message.
        folder: where the file lies.
        name: its own.
    """
    # The card is a file within what was handed in.
    place = re.escape(str(folder))
    text = re.sub(rf"{place}[\\/]{CARD_FILE}", CARD_FILE, problem)
    text = re.sub(rf"{place}[^\s:]*", name, text)
    return text if name in text else f"{name}: {text}"
