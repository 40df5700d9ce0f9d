"""How every module that draws gets plotly, which is loaded when the first figure is made."""

from __future__ import annotations

import sys
from typing import Any


def plotly_graph_objects() -> Any:
    """Return ``plotly.graph_objects``.

    Plotly asks what has been loaded of pandas, and fails when another thread has loaded half of it;
    an import waits for the other half.
    """
    if "pandas" in sys.modules:
        import pandas  # noqa: F401
    from plotly import graph_objects

    return graph_objects
