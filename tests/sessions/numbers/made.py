"""Tables of made-up sessions, as `emotion_core.sessions.tables.read_tables` gives them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emotion_core.emotions import EMOTIONS, UNCERTAIN


def tables(
    scores: dict[int, np.ndarray], *, step: float = 0.1, threshold: float = 0.3
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return frames and faces of people, each with scores ``[N, 7]``; a row of NaN is no face."""
    count = max(map(len, scores.values()))
    times = np.round(step * np.arange(count), 4)
    faces = []
    for person, own in scores.items():
        for place in np.flatnonzero(~np.isnan(own[:, 0])).tolist():
            best = int(own[place].argmax())
            emotion, confidence = EMOTIONS[best], float(own[place, best])
            faces.append(
                {
                    "frame": place + 1, "seconds": times[place], "track": person, "person": person,
                    "emotion": emotion, "confidence": confidence,
                    "answer": emotion if confidence >= threshold else UNCERTAIN,
                    **dict(zip(EMOTIONS, own[place].tolist(), strict=True)),
                }
            )  # fmt: skip
    table = pd.DataFrame(faces).sort_values(["frame", "person"], ignore_index=True)
    table["person"] = table["person"].astype("Int64")
    numbers = np.arange(1, count + 1)
    present = table.groupby("frame").size().reindex(numbers, fill_value=0)
    frames = pd.DataFrame({"frame": numbers, "seconds": times, "faces": present.to_numpy()})
    return frames, table


def wandering(count: int, seed: int, likely: str = "neutral") -> np.ndarray:
    """Return scores ``[N, 7]`` that change slowly, as smoothed ones do."""
    random = np.random.default_rng(seed)
    logits = np.zeros((count, len(EMOTIONS)))
    for place in range(1, count):
        logits[place] = 0.95 * logits[place - 1] + 0.4 * random.normal(size=len(EMOTIONS))
    logits[:, EMOTIONS.index(likely)] += 1
    shares = np.exp(logits)
    return shares / shares.sum(axis=1, keepdims=True)


def steady(*parts: tuple[float, str]) -> np.ndarray:
    """Return scores ``[N, 7]`` of so many seconds of one expression after the other."""
    rows = [EMOTIONS.index(answer) for seconds, answer in parts for _ in range(round(10 * seconds))]
    return np.where(np.eye(len(EMOTIONS))[rows] > 0, 0.7, 0.05)
