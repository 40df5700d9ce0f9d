"""Lets one press of Back leave a page to which a link led, and closes the menu it was chosen in."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.query_params import QueryParams

_LOG: Final = logging.getLogger(__name__)
_POPULATE: Final = "populate_from_query_string"
_SEND: Final = "_send_query_param_msg"
_HELD: Final = "_emotion_held"
_SCRIPT: Final = Path(__file__).with_suffix(".js")


@functools.cache
def write_addresses_after_arrival() -> None:
    """Let no run that changes the page write an address before its browser shows that page.

    Streamlit's browser half adds an entry to the history for each address that it is told, and
    until the new page has been announced it does so under the *old* page's name: after one click
    on a link, Back led three times to the page left, with parameters of the one entered. What such
    a run has to say about the address is kept until `arriving` lets it go. Where Streamlit is not
    built as in the version in requirements.txt, all stays as it is and the log says so.
    """
    populate, send = getattr(QueryParams, _POPULATE, None), getattr(QueryParams, _SEND, None)
    if (
        populate is None
        or send is None
        or list(inspect.signature(populate).parameters)
        != ["self", "query_string", "valid_script_hashes"]
    ):
        _LOG.warning(
            "streamlit is not the version in requirements.txt: Back may have to be pressed several "
            "times to leave a page"
        )
        return

    @functools.wraps(populate)
    def populate_unsaid(
        params: Any, query_string: str, valid_script_hashes: set[str] | None = None
    ) -> None:
        # Only for a change of page does it say which pages' parameters stay.
        if valid_script_hashes is not None:
            setattr(params, _HELD, False)
        populate(params, query_string, valid_script_hashes)

    @functools.wraps(send)
    def send_unless_held(params: Any) -> None:
        if hasattr(params, _HELD):
            setattr(params, _HELD, True)
        else:
            send(params)

    setattr(QueryParams, _POPULATE, populate_unsaid)
    setattr(QueryParams, _SEND, send_unless_held)


@contextmanager
def arriving() -> Iterator[None]:
    """Run a page; afterwards its address is written, if it differs from what the link said."""
    # Where styles go: it takes no room on the page.
    st._event.html(f"<script>{_SCRIPT.read_text()}</script>", unsafe_allow_javascript=True)
    try:
        yield
    finally:
        context = get_script_run_ctx()
        if context is not None:
            with context.session_state.query_params() as params:
                if hasattr(params, _HELD):
                    said = getattr(params, _HELD)
                    delattr(params, _HELD)
                    if said:
                        getattr(params, _SEND)()
