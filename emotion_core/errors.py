"""Every error the core raises on purpose.

::

    EmotionCoreError            anything a user can mend; the message says how
    ├── AccessError             a token that cannot be made, read or revoked
    ├── BackupError             a backup that cannot be written or read
    ├── ClientError             what another program asked of the app was refused or not answered
    ├── ConnectionSettingsError STUN and TURN settings that cannot be used
    ├── DatasetError            a dataset that cannot be read or is not what it should be
    │   └── NumberedClassesError … until somebody says what the numbers of its classes mean
    ├── FormatError             a folder of a later version, or one that cannot be changed
    ├── ImageError              a picture that cannot be read or decoded
    ├── ModelError              a model folder or file that is missing, damaged or refused
    ├── NoHomeError             no folder to keep things in, and none is named
    ├── NoRoomError             no room for what is to be kept: on the disk, or of a quota
    ├── NoticeError             a notice to print that asks for what cannot be printed
    ├── PlacesError             a limit of live viewers that cannot be one
    ├── ReachError              an address that must not be connected to
    │   └── UnknownNameError    … or cannot, for its name means nothing
    ├── RetentionError          a rule for how long recordings are kept that cannot be followed
    ├── SessionError            a recorded session that cannot be written, read or deleted
    ├── SiblingsError           processes of the app that do not know of each other
    ├── SourceError             a video file or camera that cannot be played
    │   └── SourceLostError     … at the moment: it is worth another try
    ├── StreamError             a live stream that cannot do what it is asked at the moment
    │   └── NoStreamError       … because it does not run
    ├── TrainingError           a training run that cannot start, resume or finish
    └── WebhookError            an address that events must not or cannot be sent to

A message says what was expected, what was found and what to do about it, on one line, so that a
page can show it and the command line can print it behind the program's name.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_LONGEST_MESSAGE: Final = 2_000


class EmotionCoreError(Exception):
    """Base of all errors with a message meant for the user.

    Names of files and words of libraries get into messages, and a name may hold anything: line
    breaks become spaces, and what a terminal would obey is written out, such as ``\\x1b``.
    """

    def __init__(self, message: str) -> None:
        super().__init__(_one_line(message))


class AccessError(EmotionCoreError):
    """A token for another program cannot be made, read or revoked."""


class ClientError(EmotionCoreError):
    """What another program asked of the app was refused, or nobody answers there."""


class BackupError(EmotionCoreError):
    """All that people made cannot be written into one file, or brought back from it."""


class ConnectionSettingsError(EmotionCoreError):
    """STUN and TURN settings are missing, incomplete or wrong."""


class DatasetError(EmotionCoreError):
    """A dataset cannot be read, or holds what no FER2013 dataset holds."""


class NumberedClassesError(DatasetError):
    """The folders of a dataset's classes are numbers, and it is not known what they mean.

    Attributes:
        source: the folder or archive that it is.
        numbers: names of all these folders, in order.
        data_id: names the dataset, for ``class_names.remember_meanings``.
    """

    def __init__(
        self, message: str, *, source: str, numbers: tuple[str, ...], data_id: str
    ) -> None:
        super().__init__(message)
        self.source = source
        self.numbers = numbers
        self.data_id = data_id


class FormatError(EmotionCoreError):
    """A folder is laid out as a later version of the app does, or cannot be brought to this one."""


class ImageError(EmotionCoreError):
    """A picture is missing, unreadable, or no picture."""


class ModelError(EmotionCoreError):
    """A model is missing, damaged, of the wrong shape, or carries code and is refused."""


class NoHomeError(EmotionCoreError):
    """There is no folder to keep things in: the user has no home, and no variable names one."""


class NoRoomError(EmotionCoreError):
    """There is no room for what is to be kept: the disk is full, or somebody's quota."""


class NoticeError(EmotionCoreError):
    """The notice for people in front of the camera cannot be made as it was asked for."""


class PlacesError(EmotionCoreError):
    """A limit of live viewers that cannot be one."""


class ReachError(EmotionCoreError):
    """An address that this machine must not connect to for whoever named it."""


class UnknownNameError(ReachError):
    """A host's name means no address, at the moment."""


class RetentionError(EmotionCoreError):
    """How long recordings are kept is not said in a way that can be followed, or cannot be."""


class SessionError(EmotionCoreError):
    """A recorded session cannot be written, read or deleted."""


class SourceError(EmotionCoreError):
    """A video file or camera cannot be played; trying again would not help."""


class SourceLostError(SourceError):
    """A camera does not answer, or stopped; it may come back."""


class StreamError(EmotionCoreError):
    """A live stream cannot do what a program asks of it at the moment."""


class NoStreamError(StreamError):
    """No live stream of that name runs."""


class SiblingsError(EmotionCoreError):
    """Processes of the app that stand side by side were not told rightly of each other."""


class TrainingError(EmotionCoreError):
    """A training run cannot start, resume or finish."""


class WebhookError(EmotionCoreError):
    """An address that events must not be sent to, or that does not take them."""


def _one_line(message: str) -> str:
    line = " ".join(message.splitlines())
    if len(line) > _LONGEST_MESSAGE:
        half = _LONGEST_MESSAGE // 2
        line = f"{line[:half]} … {line[-half:]}"
    return line if line.isprintable() else "".join(map(_printable, line))


def _printable(letter: str) -> str:
    # Spaces of other widths are not printable to Python; they do no harm.
    if letter.isprintable() or unicodedata.category(letter) == "Zs":
        return letter
    return letter.encode("unicode_escape").decode()
