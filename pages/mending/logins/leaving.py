"""Sends a browser to another address from within a page's run."""

from __future__ import annotations

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx


def send_browser_to(address: str) -> None:
    """Have the browser leave the page, as ``st.login`` and ``st.logout`` do.

    They name addresses from the server's root, which lead elsewhere where a proxy puts the app
    below another path.

    Args:
        address: where to, from the page's own address.
    """
    context = get_script_run_ctx()
    if context is None:
        return
    message = ForwardMsg()
    message.auth_redirect.url = address
    context.enqueue(message)
