"""How every module that draws gets plotly, loaded with the first figure, and figures' colours."""

from __future__ import annotations

import sys
from typing import Any, Final

PURPLE: Final = "#807dba"
LIGHT_PURPLE: Final = "rgba(128, 125, 186, 0.25)"
GRAY: Final = "#8a8f98"
PINK: Final = "#cc79a7"


def plotly_graph_objects() -> Any:
    """Return ``plotly.graph_objects``.

    Plotly asks what has been loaded of pandas, and fails when another thread has loaded half of it;
    an import waits for the other half.
    """
    if "pandas" in sys.modules:
        import pandas  # noqa: F401
    from plotly import graph_objects

    return graph_objects
