"""Has aiortc encode a viewer's video with less of the processor, and no worse.

Its settings of VP8 are those of Chromium for a slow machine of years ago: they reduce the camera's
noise, which costs a tenth of the time and blurs the boxes and labels that are drawn here, and look
for motion so thoroughly that encoding takes longer than finding faces. With the settings below a
frame takes two thirds of the time, and the picture is nearer to the original at the same bit rate
(`benchmarks/encoder.py`).

It also makes a new encoder, with a large whole picture as its first, whenever the browser's
estimate of its network has changed by a tenth: on a busy machine, again and again.
"""

from __future__ import annotations

import functools
from typing import Any, Final

import av
from aiortc import rtcrtpsender
from aiortc.codecs.vpx import Vp8Encoder
from av.frame import Frame
from av.video.codeccontext import VideoCodecContext

from pages.mending.newest_frames import warn_once

#: Bits a second at most. More is not to be seen, and costs both ends time.
MOST_BITS: Final = 1_000_000

# An estimate that has risen by less is not worth a new encoder. One that has fallen is.
_RISEN: Final = 1.4
_FALLEN: Final = 0.9

_GET: Final = "get_encoder"


@functools.cache
def encode_quickly() -> None:
    """Encode all video from now on with the settings of this module.

    Where aiortc is not built as in the version in requirements.txt, all stays as it is and the log
    says so.
    """
    original = getattr(rtcrtpsender, _GET, None)
    if original is None or not isinstance(getattr(Vp8Encoder, "target_bitrate", None), property):
        warn_once(
            "aiortc is not the version in requirements.txt: its encoder cannot be told to be "
            "quicker, so fewer viewers can be served"
        )
        return

    @functools.wraps(original)
    def get_encoder(codec: Any) -> Any:
        return QuickVp8() if codec.mimeType.lower() == "video/vp8" else original(codec)

    setattr(rtcrtpsender, _GET, get_encoder)


class QuickVp8(Vp8Encoder):
    """VP8 for faces with boxes around them, on a server with several viewers."""

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        """Return the packets of a frame, and its time."""
        assert isinstance(frame, av.VideoFrame)
        codec, bits = self.codec, self.target_bitrate
        size = frame.width, frame.height
        if codec is None or (codec.width, codec.height) != size or codec.bit_rate != bits:
            self.codec = _context(*size, bits)
        return super().encode(frame, force_keyframe)

    @property
    def target_bitrate(self) -> int:
        """Bits a second that are aimed at."""
        return min(int(_inherited().__get__(self)), MOST_BITS)

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        now = self.target_bitrate
        if bitrate < _FALLEN * now or bitrate > _RISEN * now or bitrate >= MOST_BITS > now:
            _inherited().__set__(self, bitrate)


def _inherited() -> property:
    return Vp8Encoder.target_bitrate  # type: ignore[return-value]


def _context(width: int, height: int, bits: int) -> VideoCodecContext:
    """Return an encoder as aiortc makes it, but for cpu-used and noise-sensitivity."""
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height = width, height
    codec.bit_rate, codec.pix_fmt = bits, "yuv420p"
    codec.gop_size = 3000
    codec.qmin, codec.qmax = 2, 56
    codec.thread_count = 1  # several viewers on several cores: more would be in each other's way
    codec.options = {
        "bufsize": str(bits),
        "cpu-used": "-12",
        "deadline": "realtime",
        "lag-in-frames": "0",
        "minrate": str(bits),
        "maxrate": str(bits),
        "noise-sensitivity": "0",
        "overshoot-pct": "15",
        "partitions": "0",
        "static-thresh": "1",
        "undershoot-pct": "100",
    }
    return codec
