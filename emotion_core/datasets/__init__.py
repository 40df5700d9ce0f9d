"""Reads FER2013 in every form users have it in, once and for all."""

from emotion_core.datasets.drawn.demo import DEMO_DATASET_NAME, demo_dataset
from emotion_core.datasets.opening import DEMO_NAME, open_dataset
from emotion_core.datasets.types import SPLITS, VOTE_NAMES, FaceDataset, byte_identical_to

__all__ = [
    "DEMO_DATASET_NAME",
    "DEMO_NAME",
    "SPLITS",
    "VOTE_NAMES",
    "FaceDataset",
    "byte_identical_to",
    "demo_dataset",
    "open_dataset",
]
