"""Answers of a model that does not exist, for small tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from emotion_core.judging.answers import Answers
from emotion_core.models.folder import ModelCard


def made_card(name: str = "made", **fields: Any) -> ModelCard:
    return ModelCard(
        **{
            "name": name,
            "created": "2026-11-23T00:00:00+00:00",
            "temperature": 1.0,
            "architecture": "vgg",
            "parameters": 1000,
            "data": {},
            "config": {},
            "best_epoch": 1,
            "versions": {},
            "metrics": {},
            "files": {},
        }
        | fields
    )


def made_answers(
    labels: list[int], said: list[int], *, name: str = "made", sure: float = 3.0, **fields: Any
) -> Answers:
    """Return answers whose highest logit is ``sure`` above the others, or one for each image."""
    count = len(labels)
    logits = np.zeros((count, 7), np.float32)
    logits[np.arange(count), said] = sure
    return Answers(
        **{
            "card": made_card(name),
            "dataset": "made",
            "split": "PublicTest",
            "indices": np.arange(count) + 10,
            "rows": np.arange(count) + 100,
            "labels": np.array(labels, np.uint8),
            "logits": logits,
        }
        | fields
    )


def random_answers(
    count: int = 300, *, seed: int = 0, right: float = 1.5, **fields: Any
) -> Answers:
    """Return answers that are right more often than not; disgust never occurs."""
    random = np.random.default_rng(seed)
    labels = np.random.default_rng(99).choice([0, 2, 3, 4, 5, 6], count)
    logits = random.normal(size=(count, 7)).astype(np.float32)
    logits[np.arange(count), labels] += right
    return made_answers(labels.tolist(), labels.tolist(), **{"logits": logits} | fields)
