"""Who may name files and cameras of the machine that runs this app."""

from __future__ import annotations

from pages.viewer.person import may


def server_is_offered() -> bool:
    """Tell whether this viewer may play the server's files and cameras and what it can reach.

    With accounts, their role decides; without, `.streamlit/secrets.toml` does, and where it says
    nothing, a viewer on the machine itself may.
    """
    return may("server")
