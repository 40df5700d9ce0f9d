"""The heads of pictures: how large one is, known before anything of it is decoded."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from threading import Lock
from typing import Any, Final

#: Pictures with more pixels are refused before they are decoded: a file of a few kilobytes can
#: claim to be a picture of many gigabytes.
MAX_PIXELS: Final = 100_000_000
#: What a decoder may take at once. Some need many times what the picture takes in the end.
MAX_DECODING_BYTES: Final = 1_200_000_000

# Bytes that a pixel takes while it is decoded and made BGR of 8 bits, measured: with 16 bits and
# transparency where the head does not tell.
_BYTES_A_PIXEL: Final = {"AVIF": 24, "JPEG2000": 18}
_USUAL_BYTES: Final = 12

# What Pillow reads the heads of. Of TIFF it knows fewer kinds of pixels than OpenCV: its tags
# are asked instead.
_PILLOW_FORMATS: Final = (
    "JPEG", "PNG", "AVIF", "BMP", "DIB", "GIF", "PPM", "JPEG2000", "SUN", "TIFF",
)  # fmt: skip
_TIFF: Final = (b"II*\0", b"MM\0*")
# WebP is not among them: Pillow takes all the memory of a picture only to open it.
_WEBP: Final = re.compile(rb"RIFF....WEBP(VP8[ LX])....(.{14})", re.DOTALL)
# What OpenCV reads and Pillow does not: PAM, PFM and HDR.
_PAM: Final = re.compile(rb"P7\s(?:.*\n){0,20}?ENDHDR\n")
_PAM_SIDE: Final = {
    name: re.compile(rb"^%s[ \t]+(\d{1,9})\s*$" % name.encode(), re.MULTILINE)
    for name in ("WIDTH", "HEIGHT")
}
_PFM: Final = re.compile(rb"P[Ff]\s+(\d{1,9})\s+(\d{1,9})\s")
_HDR: Final = re.compile(rb"#\?[^\0]*?\n[-+][XY]\s+(\d{1,9})\s+[-+][XY]\s+(\d{1,9})\s")
_TEXT_BYTES: Final = 4096

# Pillow's limit is one for the whole process, and cannot tell a user the picture's size.
_limit_of_pillow = Lock()


@dataclass(frozen=True)
class Head:
    """What is known of a picture before it is decoded.

    Attributes:
        width: in pixels, as stored.
        height: in pixels, as stored.
        orientation: 1..8 where the format says it beside Exif, which then does not count.
        can_be_halved: whether it is scaled while it is decoded, so that it is never there whole.
        bytes_a_pixel: what decoding takes, at most.
    """

    width: int
    height: int
    orientation: int | None = None
    can_be_halved: bool = False
    bytes_a_pixel: int = _USUAL_BYTES

    @property
    def is_halved(self) -> bool:
        """Whether it is to be read at half its width and height."""
        return self.can_be_halved and self.width * self.height > MAX_PIXELS

    @property
    def most_pixels(self) -> int:
        """How many pixels a picture may have, of whatever format."""
        return MAX_PIXELS * (4 if self.can_be_halved else 1)

    @property
    def most_decodable_pixels(self) -> int:
        """How many pixels a picture of its format may have, for want of memory."""
        return MAX_DECODING_BYTES // self.bytes_a_pixel


def read_head(content: bytes) -> Head | None:
    """Return what a picture's head tells.

    Returns:
        None for what is no picture, or is damaged.
    """
    for read in (_head_of_tiff, _head_of_webp, _head_of_opencv):
        if (head := read(content)) is not None:
            return head
    return _head_by_pillow(content)


def read_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height as a picture's head gives them, before anything is decoded.

    Returns:
        None for what is no picture, or is damaged.
    """
    head = read_head(content)
    return None if head is None else (head.width, head.height)


def read_taken(content: bytes) -> str:
    """Return when a photo was taken, by its Exif data (CIPA DC-008, tags 36867 and 36881).

    Returns:
        ISO 8601, as the camera's clock showed it, with its offset from UTC where the camera wrote
        one; empty where the photo does not say. Of a WebP file, nothing is known.
    """
    from PIL import Image
    from PIL.ExifTags import IFD, Base

    # Pillow raises anything for what it cannot read.
    with _pillow_unlimited(), suppress(Exception):
        exif = Image.open(BytesIO(content), formats=_PILLOW_FORMATS).getexif()
        tags = exif.get_ifd(IFD.Exif)
        taken = datetime.strptime(str(tags[Base.DateTimeOriginal]), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
        with suppress(ValueError):
            offset = str(tags.get(Base.OffsetTimeOriginal, "")).strip("\0 ")
            return datetime.fromisoformat(f"{taken.isoformat()}{offset}").isoformat()
        return taken.isoformat()
    return ""


def tag_values(content: bytes, *tags: int) -> tuple[int, ...]:
    """Return tags of a TIFF file or of Exif data, which are one; 0 for what is no whole number."""
    from PIL import Image

    exif = Image.Exif()
    values: list[Any] = [None] * len(tags)
    with (
        warnings.catch_warnings(action="ignore"),
        suppress(Exception),
    ):  # Pillow raises anything for what it cannot read
        exif.load(content)
        values = [exif.get(tag) for tag in tags]
    return tuple(value if isinstance(value, int) else 0 for value in values)


def _head_of_tiff(content: bytes) -> Head | None:
    """Return the head of a TIFF file; of a BigTIFF, Pillow knows it."""
    from PIL import Image
    from PIL.ExifTags import Base

    if not content.startswith(_TIFF):
        return None
    width, height, samples = tag_values(
        content, Base.ImageWidth, Base.ImageLength, Base.SamplesPerPixel
    )
    if not (width and height):
        return None
    exif = Image.Exif()
    bits: Any = 64
    with warnings.catch_warnings(action="ignore"), suppress(Exception):  # as above
        exif.load(content)
        bits = exif.get(Base.BitsPerSample, 1)
    deepest = max(bits) if isinstance(bits, tuple) and bits else bits
    deepest = deepest if isinstance(deepest, int) and deepest > 0 else 64
    # At most four samples are decoded. As for the others, the picture is made of it at the end.
    return Head(width, height, bytes_a_pixel=-(-deepest // 8) * max(3, min(samples, 4)) + 4)


def _head_of_webp(content: bytes) -> Head | None:
    """Return the head of a WebP file (RFC 9649, section 2)."""
    found = _WEBP.match(content)
    if found is None:
        return None
    kind, head = found.groups()
    if kind == b"VP8X":
        sides = [1 + int.from_bytes(head[start : start + 3], "little") for start in (4, 7)]
    elif kind == b"VP8L":
        packed = int.from_bytes(head[1:5], "little")
        sides = [1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)]
    else:
        sides = [int.from_bytes(head[start : start + 2], "little") & 0x3FFF for start in (6, 8)]
    width, height = sides
    return Head(width, height) if all(sides) else None


def _head_of_opencv(content: bytes) -> Head | None:
    """Return the head of a PAM, PFM or HDR file."""
    text = content[:_TEXT_BYTES]
    if text.startswith(b"P7") and (pam := _PAM.match(text)) is not None:
        width, height = (_PAM_SIDE[name].search(pam[0]) for name in ("WIDTH", "HEIGHT"))
        return Head(int(width[1]), int(height[1])) if width and height else None
    if (pfm := _PFM.match(text)) is not None:
        return Head(int(pfm[1]), int(pfm[2]), bytes_a_pixel=16)
    if text.startswith(b"#?") and (hdr := _HDR.match(text)) is not None:
        return Head(int(hdr[2]), int(hdr[1]), bytes_a_pixel=16)
    return None


def _head_by_pillow(content: bytes) -> Head | None:
    from PIL import Image
    from PIL.ExifTags import Base

    # Pillow raises anything for what it cannot read.
    with _pillow_unlimited(), suppress(Exception):
        picture = Image.open(BytesIO(content), formats=_PILLOW_FORMATS)
        width, height = picture.size
        bytes_a_pixel = _BYTES_A_PIXEL.get(picture.format or "", _USUAL_BYTES)
        if picture.format == "AVIF":  # Pillow passes on the boxes' orientation as if it were Exif's
            orientation = picture.getexif().get(Base.Orientation, 1)
            return Head(width, height, orientation, bytes_a_pixel=bytes_a_pixel)
        # Of a progressive one, the decoder needs everything at once, however small it makes it.
        can_be_halved = content.startswith(b"\xff\xd8") and not picture.info.get("progressive")
        return Head(width, height, can_be_halved=can_be_halved, bytes_a_pixel=bytes_a_pixel)
    return None


@contextmanager
def _pillow_unlimited() -> Iterator[None]:
    from PIL import Image

    with _limit_of_pillow, warnings.catch_warnings(action="ignore"):
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit
