"""Results as files to keep."""

from __future__ import annotations

import json
from pathlib import PurePath

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.faces.drawing import draw_faces
from emotion_core.faces.images import encode_png
from emotion_core.faces.readings import FaceReading, faces_table


def offer_downloads(
    name: str, model: str, image: NDArray[np.uint8], faces: list[FaceReading]
) -> None:
    """Offer the annotated picture, and the readings as CSV and JSON.

    Args:
        name: file name of the picture.
        model: name of the model that read it.
        image: BGR uint8 [height, width, 3].
        faces: in the order in which the page numbers them.
    """
    table = faces_table(faces)
    content = {
        "file": name,
        "width": image.shape[1],
        "height": image.shape[0],
        "model": model,
        "faces": table.to_dict("records"),
    }
    stem = f"{PurePath(name).stem}-faces"
    files = {
        "Picture": (lambda: encode_png(draw_faces(image, faces)), f"{stem}.png", "image/png"),
        "CSV": (table.to_csv(index=False), f"{stem}.csv", "text/csv"),
        "JSON": (json.dumps(content, indent=2) + "\n", f"{stem}.json", "application/json"),
    }
    with st.container(horizontal=True):
        for label, (data, file_name, mime) in files.items():
            st.download_button(
                label, data, file_name, mime, on_click="ignore", icon=":material/download:"
            )
