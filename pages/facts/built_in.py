"""What the app is built of, with versions and licences."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Final

import streamlit as st

from emotion_core.faces.finding.blazeface.network import PACKAGE
from emotion_core.faces.finding.haar import cascades_licence
from emotion_core.sessions.header import app_version
from emotion_core.system.packages import Package, installed, required_packages
from pages.widgets.text import PRODUCT, plain

if TYPE_CHECKING:
    import pandas as pd

_LIBRARIES: Final = "about_libraries"
_NETWORKS: Final = "[MediaPipe](https://github.com/google-ai-edge/mediapipe)"


def show_built_in() -> None:
    """Show versions, and the licence of each part as the part itself says it."""
    st.subheader("What it is built of")
    st.markdown(
        f"{PRODUCT} {plain(app_version())}, MIT licence, on Python {platform.python_version()}. "
        "It is free software, without any warranty. Faces are found by"
    )
    package = installed(PACKAGE)
    lines = [f"**Haar cascades** of OpenCV: {plain(cascades_licence())}"]
    if package is not None:
        lines.append(
            f"**BlazeFace**, networks of Google's {_NETWORKS} (Apache License 2.0), from the "
            f"package {plain(package.name)} {plain(package.version)}, whose own licence is "
            f"{plain(package.licence)}"
        )
    st.markdown("\n".join(f"- {line}" for line in lines))
    packages = required_packages()
    label = f"All {len(packages)} libraries and their licences"
    with st.expander(label, key=_LIBRARIES, on_change="rerun") as libraries:
        if libraries.open:
            st.dataframe(_table(packages), hide_index=True, key="libraries")


def _table(packages: tuple[Package, ...]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "library": each.name,
                "version": each.version,
                "licence": each.licence,
                "what it is": each.summary,
            }
            for each in packages
        ]
    )
