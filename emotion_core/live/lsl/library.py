"""Whether pylsl is there, and how to get it."""

from __future__ import annotations

import functools
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from emotion_core.errors import EmotionCoreError

_INSTALL: Final = "pip install -r requirements-lsl.txt"

#: What to do where it is not.
HOW_TO_GET: Final = f"“{_INSTALL}”, then start the app again"

# liblsl writes a line for every stream that comes or goes.
_QUIET: Final = "[log]\nlevel = -2\n"


class LslMissingError(EmotionCoreError):
    """Nothing can be published: pylsl is not there, or finds no liblsl."""


def is_there() -> bool:
    """Tell whether pylsl is installed; loads nothing."""
    return find_spec("pylsl") is not None


@functools.cache
def pylsl() -> Any:
    """Return the module pylsl.

    Raises:
        LslMissingError: it is not there, or finds no liblsl.
    """
    try:
        module = import_module("pylsl")
    except ImportError:
        raise LslMissingError(
            f"expected pylsl to publish on the Lab Streaming Layer, found none; run {HOW_TO_GET}"
        ) from None
    except (RuntimeError, OSError) as error:  # it loads liblsl while it is imported
        raise LslMissingError(
            f"expected pylsl to load liblsl, found that it cannot ({error}); run {HOW_TO_GET}"
        ) from error
    module.set_config_content(_QUIET)
    return module
