"""Where the interface lies, and which of its addresses are judged otherwise than the others."""

from __future__ import annotations

from typing import Final

#: Where the app mounts it.
PREFIX: Final = "/api/v1"
#: Under what name a request's ``Caller`` is in its scope.
CALLER: Final = "emotion_core caller"
#: Answered without a token, once there is one.
OPEN: Final = ("/health", "/ready", "/docs", "/openapi.json")
#: Bytes of requests that may be larger than their token says: a video is a file, not a message.
LARGE: Final = {("POST", "/videos"): 2_000_000_000}
