"""The peer behind the same server: PyPI `fer` with its Haar detector, asked over FastAPI.

Runs in the environment that `api_analyze` names: ``uvicorn fer_api:app --workers 2``.
"""

from __future__ import annotations

import threading
from typing import Any

import cv2
import numpy as np
from fastapi import FastAPI, UploadFile
from fer.fer import FER

app = FastAPI()
# Neither its cascade nor its network is made for two threads; there are two processes.
_detector = FER(mtcnn=False)
_lock = threading.Lock()


@app.post("/analyze")
def analyze(pictures: UploadFile) -> list[dict[str, Any]]:
    """Find and read the faces of one picture."""
    image = cv2.imdecode(np.frombuffer(pictures.file.read(), np.uint8), cv2.IMREAD_COLOR)
    with _lock:
        found = _detector.detect_emotions(image)
    return [
        {"box": [int(side) for side in face["box"]], "scores": face["emotions"]} for face in found
    ]
