"""Many videos, read by several processes at a time.

``pool`` hands out the segments of videos, and knows nothing of who reads them: that is an
``engine``. ``processes`` is the one of this machine, `emotion_core.recorded.cluster` that of many.
Whoever reads does it with a ``worker``; ``state`` says how far a video is.
"""
