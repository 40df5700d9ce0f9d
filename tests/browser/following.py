"""A program of its own that follows a live stream and marks it: run by the browser tests.

``python -m tests.browser.following URL``, with the token in EMOTION_TOKEN. It records, follows some
frames, marks a moment, and prints as JSON what it has seen. It goes on recording until a line comes
on stdin.
"""

from __future__ import annotations

import json
import sys
import time

from emotion_core.client import Client

FRAMES = 30


def follow(url: str) -> None:
    # A busy machine takes long for the first answer, which loads the interface.
    with Client(url, timeout=120) as client:
        (stream,) = client.streams()
        with client.recording(consent=True, purpose="a test") as session:
            seen = []
            for frame in client.live():
                seen.append(frame)
                if len(seen) == FRAMES:
                    break
            mark = client.mark("stimulus", seconds=0.5)
            offset = client.compare_clocks()
            told = {
                "stream": stream.id,
                "session": session,
                "frames": [frame.frame for frame in seen],
                "persons": sorted({face.person or 0 for frame in seen for face in frame.faces}),
                "answers": sorted({face.answer for frame in seen for face in frame.faces}),
                "behind": [time.monotonic() - offset.here(seen[-1].monotonic)],
                "mark": [mark.session, mark.label, mark.start],
            }
            print(json.dumps(told), flush=True)
            sys.stdin.readline()


if __name__ == "__main__":
    follow(sys.argv[1])
