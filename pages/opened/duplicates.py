"""Duplicates of the open dataset: byte-identical ones at once, near ones once they are found."""

from __future__ import annotations

from typing import Final

from emotion_core.datasets import FaceDataset
from emotion_core.datasets.checks.duplicates import Duplicates, find_duplicates
from emotion_core.system.progress import ShareProgress
from pages.opened.store import OpenDataset
from pages.widgets.jobs import Job

NEAR: Final = "near duplicates"


def near_duplicates_job(opened: OpenDataset) -> Job[Duplicates]:
    """Return the job that finds near-duplicates and mirrored copies too, begun now if need be."""
    return opened.job(NEAR, _find_near)


def known_duplicates(opened: OpenDataset) -> Duplicates:
    """Return what is known so far: with near-duplicates when they have been looked for."""
    found: Duplicates | None = opened.known(NEAR)
    return found or opened.derived("exact duplicates", _find_exact)


def _find_exact(dataset: FaceDataset) -> Duplicates:
    return find_duplicates(dataset, near=False)


def _find_near(dataset: FaceDataset, progress: ShareProgress) -> Duplicates:
    return find_duplicates(dataset, progress=lambda done, total: progress(done / max(1, total)))
