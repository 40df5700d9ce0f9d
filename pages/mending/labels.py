"""Shows the chosen option of a selectbox as it is called now, not as when it was chosen."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from streamlit.elements.widgets import selectbox

_LOG: Final = logging.getLogger(__name__)
_RESOLVE: Final = "resolve_value_against_options"
_PARAMETERS: Final = (
    "current_value",
    "opt",
    "formatted_option_to_option_index",
    "default_index",
    "key",
    "format_func",
    "incoming_serialized_value",
)


@functools.cache
def send_changed_labels() -> None:
    """Let a selectbox tell the browser when the label of its chosen option has changed.

    A browser names the chosen option by its label. Streamlit sends it a new one for pills and
    segmented controls (its issue 15522), but not for a selectbox: that goes on showing "mine: 1
    image" beside two, and its next message names an option that is not there any more, so that
    nothing is chosen. Where Streamlit's selectbox is not built as in the version in
    requirements.txt, all stays as it is and the log says so.
    """
    original = getattr(selectbox, _RESOLVE, None)
    if original is None or tuple(inspect.signature(original).parameters) != _PARAMETERS:
        _LOG.warning(
            "streamlit is not the version in requirements.txt: a selection may show an old count, "
            "and be lost"
        )
        return

    @functools.wraps(original)
    def resolve_and_compare_labels(
        current_value: Any,
        opt: Sequence[Any],
        formatted_option_to_option_index: dict[str, int],
        default_index: int | None,
        key: str | int | None,
        format_func: Callable[[Any], str] = str,
        incoming_serialized_value: str | None = None,
    ) -> tuple[Any, bool]:
        value, send = original(
            current_value,
            opt,
            formatted_option_to_option_index,
            default_index,
            key,
            format_func,
            incoming_serialized_value,
        )
        if value is not None and incoming_serialized_value is not None and not send:
            send = format_func(value) != incoming_serialized_value
        return value, send

    setattr(selectbox, _RESOLVE, resolve_and_compare_labels)
