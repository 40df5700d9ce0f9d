"""Scores steadied over the time around them: what comes after a frame is known, too."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Readings further away than so many time constants do not count.
FARTHEST: Final = 4.0

# Both views of a face count where each was read within so many time constants.
_CLOSE_BY: Final = 1.6
# Frames that are steadied at a time, so that memory does not grow with the video.
_AT_A_TIME: Final = 512


def both_views(
    read_at: NDArray[np.float64],
    scores: NDArray[np.float32],
    mirrored: NDArray[np.bool_],
    shown_at: NDArray[np.float64],
    seconds: float,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return a face's mean scores where some readings are of its mirror image.

    Each view is averaged by itself, and the mean of both counts, as on the live page
    (`emotion_core.live.smoothing.BothViewsSmoother`): else the nearest reading's would weigh more.

    Args:
        read_at: see `centred`.
        scores: see `centred`.
        mirrored: bool ``[N]``, which readings are of the mirror image.
        shown_at: see `centred`.
        seconds: see `centred`.

    Returns:
        float32 ``[M, 7]``, and bool ``[M]``: where both views count, since both were read close by.
    """
    near: list[NDArray[np.bool_]] = []
    means: list[NDArray[np.float32]] = []
    for view in (False, True):
        own = mirrored == view
        if not own.any():
            return centred(read_at, scores, shown_at, seconds), np.zeros(len(shown_at), np.bool_)
        place = np.searchsorted(read_at[own], shown_at).clip(0, own.sum() - 1)
        times = read_at[own]
        distance = np.minimum(
            np.abs(times[place] - shown_at), np.abs(times[np.maximum(place - 1, 0)] - shown_at)
        )
        near.append(distance <= _CLOSE_BY * seconds)
        means.append(centred(times, scores[own], shown_at, seconds))
    both = near[0] & near[1]
    if both.all():
        return (means[0] + means[1]) / np.float32(2), both
    any_view = centred(read_at, scores, shown_at, seconds)
    return np.where(both[:, None], (means[0] + means[1]) / np.float32(2), any_view), both


def centred(
    read_at: NDArray[np.float64],
    scores: NDArray[np.float32],
    shown_at: NDArray[np.float64],
    seconds: float,
) -> NDArray[np.float32]:
    """Return a face's mean scores around each time, weighted by a two-sided exponential.

    It has no delay, unlike a mean over the time before (`emotion_core.live.smoothing`). With half
    of that one's time constant it is as steady: the variance of independent readings falls to a
    quarter of their distance by the time constant, there to half of it.

    Args:
        read_at: float64 ``[N]``, seconds, rising; N is 1 or more.
        scores: float32 ``[N, 7]``.
        shown_at: float64 ``[M]``, seconds, rising.
        seconds: time constant; 0 returns the reading that is nearest.

    Returns:
        float32 ``[M, 7]``; rows add up to 1 where those of ``scores`` do.
    """
    result = np.empty((len(shown_at), scores.shape[1]), np.float32)
    for begin in range(0, len(shown_at), _AT_A_TIME):
        shown = shown_at[begin : begin + _AT_A_TIME]
        far = FARTHEST * seconds
        first = max(0, int(np.searchsorted(read_at, shown[0] - far)) - 1)
        last = int(np.searchsorted(read_at, shown[-1] + far, side="right")) + 1
        distances = np.abs(shown[:, None] - read_at[None, first:last])
        nearest = distances.min(axis=1, keepdims=True)
        if seconds > 0:
            weights = np.exp((nearest - distances) / seconds)
            weights[distances > np.maximum(far, nearest)] = 0.0
        else:
            weights = np.zeros_like(distances)
            weights[np.arange(len(shown)), distances.argmin(axis=1)] = 1.0
        weights /= weights.sum(axis=1, keepdims=True)
        # Not as a product of matrices: how that is summed up depends on the machine's threads.
        result[begin : begin + len(shown)] = np.einsum(
            "mn,nk->mk", weights, scores[first:last].astype(np.float64), optimize=False
        )
    return result
