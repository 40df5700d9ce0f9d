"""Pictures: read from files of any kind that OpenCV knows, and encoded again."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import ImageError

#: Pictures with more pixels are refused before they are decoded: a file of a few kilobytes can
#: claim to be a picture of many gigabytes.
MAX_PIXELS: Final = 100_000_000

_WHITE: Final = 255.0
_FORMATS: Final = "JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF"

# Tag numbers of TIFF 6.0, which Exif shares.
_TAG_WIDTH, _TAG_HEIGHT, _TAG_ORIENTATION = 256, 257, 274

# A JPEG marker that means something: not a stuffed zero, a filling byte or a restart marker.
_JPEG_MARKER: Final = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
_JPEG_END: Final = 0xD9
# The longest side in pixels that libjpeg writes.
_JPEG_LONGEST_SIDE: Final = 65_500
_JPEG_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_image(source: Path | bytes, name: str = "the picture") -> NDArray[np.uint8]:
    """Return a picture as people see it: turned as its Exif data say, 8 bits, BGR.

    16-bit values are divided by 257, floating-point ones are taken to be 0..1, grey is repeated
    for the three colours, and what is transparent lies on white. Of several frames the first
    counts.

    Args:
        source: a file, or the content of one.
        name: what to call the content in an error's message; a file goes by its path.

    Returns:
        uint8 ``[H, W, 3]``, BGR.

    Raises:
        ImageError: the file is missing or cannot be read, is no picture, is cut off, or has more
            than ``MAX_PIXELS`` pixels.
    """
    if isinstance(source, Path):
        name, source = str(source), _read_file(source)
    if not source:
        raise ImageError(f"{name}: expected a picture ({_FORMATS}), found an empty file")
    width, height, complete = _inspect(source)
    _check_size(name, width, height)
    if not complete:
        raise ImageError(
            f"{name}: expected a whole picture, found one that is cut off; copy it again"
        )
    pixels, orientation = _decode(source)
    if pixels is None:
        raise ImageError(
            f"{name}: expected a picture ({_FORMATS}), found something else or a damaged one"
        )
    _check_size(name, pixels.shape[1], pixels.shape[0])
    return _turn(_to_bgr(_to_8_bits(pixels)), orientation)


def to_gray(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ``image`` (BGR ``[H, W, 3]`` or grey ``[H, W]``) as grey uint8 ``[H, W]``."""
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Return a BGR or grey uint8 picture as the content of a PNG file."""
    return cv2.imencode(".png", image)[1].tobytes()


def encode_jpeg(image: NDArray[np.uint8], quality: int = 92) -> bytes:
    """Return a BGR or grey uint8 picture as the content of a JPEG file of ``quality`` 0..100.

    Raises:
        ImageError: a side is longer than the format allows.
    """
    height, width = image.shape[:2]
    if max(height, width) > _JPEG_LONGEST_SIDE:
        raise ImageError(
            f"expected at most {_JPEG_LONGEST_SIDE} pixels a side for a JPEG file, found "
            f"{width} x {height}; use a PNG file"
        )
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def _read_file(path: Path) -> bytes:
    # Not cv2.imread: on Windows it cannot open paths beyond the system's code page.
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ImageError(f"{path}: expected a picture, found no such file") from None
    except IsADirectoryError:
        raise ImageError(f"{path}: expected a picture, found a folder") from None
    except OSError as error:
        found = "a folder" if path.is_dir() else error.strerror or "an error"
        raise ImageError(f"{path}: expected a readable picture, found {found}") from error


def _check_size(name: str, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name}: expected at most {MAX_PIXELS // 1_000_000} megapixels, found "
            f"{width} x {height}; reduce it first"
        )


def _decode(content: bytes) -> tuple[NDArray[Any] | None, int]:
    """Return the pixels as stored, or None, and the Exif orientation 1..8."""
    buffer = np.frombuffer(content, np.uint8)
    with _quiet_opencv():
        try:
            # The flag keeps depth and transparency, and leaves the turning to us.
            pixels, kinds, metadata = cv2.imdecodeWithMetadata(buffer, [], cv2.IMREAD_UNCHANGED)
        except cv2.error:  # a size that OpenCV refuses
            return None, 1
    for kind, part in zip(kinds, metadata, strict=True):
        if kind == cv2.IMAGE_METADATA_EXIF:
            orientation = _tiff_tags(part.tobytes()).get(_TAG_ORIENTATION, 1)
            return pixels, orientation if 1 <= orientation <= 8 else 1
    return pixels, 1


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Keep OpenCV's own complaints off stderr: a bad file gets one line there, from us."""
    logging = cv2.utils.logging
    level = logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(level)


def _to_8_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    if np.issubdtype(pixels.dtype, np.floating):
        unit = np.clip(np.nan_to_num(pixels), 0.0, 1.0)
    else:
        unit = np.clip(pixels, 0, None) / np.iinfo(pixels.dtype).max
    return np.asarray(np.rint(unit * 255), np.uint8)


def _to_bgr(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
    if pixels.shape[2] == 3:
        return pixels
    color, opacity = pixels[..., :3], pixels[..., 3:].astype(np.float32) / 255
    if opacity.min() == 1.0:
        return np.ascontiguousarray(color)
    return np.rint(color * opacity + _WHITE * (1 - opacity)).astype(np.uint8)


def _turn(image: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return a picture of the given Exif orientation upright."""
    if orientation >= 5:
        image = image.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


def _inspect(content: bytes) -> tuple[int, int, bool]:
    """Return width and height as a file's head gives them, and whether its end is there.

    Unknown formats give 0, 0 and True.
    """
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return *struct.unpack_from(">II", content, 16), b"IEND" in content[-64 * 1024 :]
        if content.startswith(b"\xff\xd8"):
            return _inspect_jpeg(content)
        if content.startswith(b"GIF8"):
            return *struct.unpack_from("<HH", content, 6), True
        if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            complete = len(content) >= struct.unpack_from("<I", content, 4)[0] + 8
            return *_webp_size(content), complete
        if content.startswith((b"II*\0", b"MM\0*")):
            tags = _tiff_tags(content)
            return tags.get(_TAG_WIDTH, 0), tags.get(_TAG_HEIGHT, 0), True
    except (struct.error, IndexError):
        return 0, 0, False  # ends within the head
    return 0, 0, True


def _inspect_jpeg(content: bytes) -> tuple[int, int, bool]:
    """Walk from marker to marker: a thumbnail within has a size and an end of its own."""
    width = height = 0
    position = 2
    while match := _JPEG_MARKER.search(content, position):
        marker = match[1][0]
        if marker == _JPEG_END:
            return width, height, True
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", content, match.end() + 3)
        position = match.end() + struct.unpack_from(">H", content, match.end())[0]
    return width, height, False


def _webp_size(content: bytes) -> tuple[int, int]:
    kind = content[12:16]
    if kind == b"VP8X":
        return (
            int.from_bytes(content[24:27], "little") + 1,
            int.from_bytes(content[27:30], "little") + 1,
        )
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", content, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", content, 26)
    return width & 0x3FFF, height & 0x3FFF


def _tiff_tags(content: bytes) -> dict[int, int]:
    """Return the whole numbers in the first directory of a TIFF file or of Exif data, by tag."""
    tags: dict[int, int] = {}
    order = "<" if content.startswith(b"II") else ">"
    try:
        start = struct.unpack_from(f"{order}I", content, 4)[0]
        for entry in range(struct.unpack_from(f"{order}H", content, start)[0]):
            tag, kind = struct.unpack_from(f"{order}HH", content, start + 2 + 12 * entry)
            if kind in (3, 4):  # SHORT, LONG
                value = f"{order}{'H' if kind == 3 else 'I'}"
                tags[tag] = struct.unpack_from(value, content, start + 10 + 12 * entry)[0]
    except struct.error:
        pass  # cut off: what was read so far is still right
    return tags
