"""Pictures: read from files of any kind that OpenCV knows, and encoded again."""

from __future__ import annotations

import errno
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import ImageError
from emotion_core.faces.pictures.heads import Head, read_head, tag_values
from emotion_core.quantities import byte_size
from emotion_core.system.storage.files import FileTooLargeError, read_regular

#: Larger files are no pictures of so many pixels.
MAX_FILE_BYTES: Final = 1_000_000_000

#: How the names of pictures that can be read end, in lower case: for pages, commands and
#: datasets alike.
PICTURE_SUFFIXES: Final = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".png", ".apng", ".webp", ".avif", ".tif", ".tiff",
    ".bmp", ".dib", ".gif", ".jp2", ".pbm", ".pgm", ".ppm", ".pnm", ".ras",
)  # fmt: skip
#: ... and those of HEIC. Pages must not take them: Safari makes a JPEG of one where they do not.
HEIC_SUFFIXES: Final = (".heic", ".heif", ".hif")
#: What to do with one.
HEIC_ADVICE: Final = (
    "save it as JPEG (an iPhone does so by itself: Settings, Camera, Formats, Most Compatible)"
)

_WHITE: Final = 255.0
_STRIP_PIXELS: Final = 1 << 20
# By value: ten times as quick as dividing.
_FROM_16_BITS: Final = np.rint(np.arange(1 << 16) / ((1 << 16) - 1) * 255).astype(np.uint8)
_FORMATS: Final = "JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF"

# The brands of pictures in H.265, which phones write (ISO/IEC 23008-12, annex B). They are not
# read: the one library for them that is kept, pillow-heif, brings x265, which is under the GPL.
_HEIC: Final = re.compile(rb"....ftyp(?:....){0,16}?(?:hei[cxms]|hev[cxms])", re.DOTALL)

# A JPEG marker that means something: not a stuffed zero, a filling byte or a restart marker.
_JPEG_MARKER: Final = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
_JPEG_END: Final = b"\xd9"
# The longest side in pixels that libjpeg writes.
_JPEG_LONGEST_SIDE: Final = 65_500


def read_image(source: Path | bytes, name: str = "the picture") -> NDArray[np.uint8]:
    """Return a picture as people see it: turned as its Exif data say, 8 bits, BGR.

    16-bit values are divided by 257, floating-point ones are taken to be 0..1, grey is repeated
    for the three colours, and what is transparent lies on white. Of several frames the first
    counts. A JPEG file with more than ``MAX_PIXELS`` pixels, as phones write, is read at half its
    width and height.

    Args:
        source: a file, or the content of one.
        name: what to call the content in an error's message; a file goes by its path.

    Returns:
        uint8 ``[H, W, 3]``, BGR.

    Raises:
        ImageError: the file is missing or cannot be read, is no picture, is cut off, or has more
            than ``MAX_PIXELS`` pixels, four times as many where it is read at half its size.
        MemoryError: there is not enough to decode it.
    """
    if isinstance(source, Path):
        name, source = str(source), read_picture_file(source)
    if not source:
        raise ImageError(f"{name}: expected a picture ({_FORMATS}), found an empty file")
    head = read_head(source)
    if head is not None:
        _check_size(name, head)
    if not _is_whole(source):
        raise ImageError(
            f"{name}: expected a whole picture, found one that is cut off; copy it again"
        )
    decoded = None if head is None else _decode(source, head)
    if decoded is None and _HEIC.match(source):
        raise ImageError(
            f"{name}: expected a picture ({_FORMATS}), found one of HEIC, which is not read here; "
            f"{HEIC_ADVICE}"
        )
    if decoded is None:
        raise ImageError(
            f"{name}: expected a picture ({_FORMATS}), found something else or a damaged one"
        )
    pixels, orientation = decoded
    return _upright(_to_bgr(pixels), orientation)


def read_picture_file(path: Path) -> bytes:
    """Return the content of a picture's file.

    Raises:
        ImageError: it is missing, is no file or too large, or cannot be read.
    """
    # Not cv2.imread: on Windows it cannot open paths beyond the system's code page.
    try:
        return read_regular(path, MAX_FILE_BYTES)
    except FileTooLargeError as error:
        raise ImageError(
            f"{path}: expected a picture of at most {byte_size(MAX_FILE_BYTES)}, found "
            f"{byte_size(error.size)}; reduce it first"
        ) from None
    except FileNotFoundError:
        raise ImageError(f"{path}: expected a picture, found no such file") from None
    except IsADirectoryError:
        raise ImageError(f"{path}: expected a picture, found a folder") from None
    except OSError as error:
        # On Windows, a folder is a file that may not be read.
        is_folder = isinstance(error, PermissionError) and path.is_dir()
        found = "a folder" if is_folder else error.strerror or "an error"
        if error.errno == errno.EINVAL:
            raise ImageError(
                f"{path}: expected a picture, found a pipe or a device; save it to a file first"
            ) from None
        raise ImageError(f"{path}: expected a readable picture, found {found}") from error


def turned(
    image: NDArray[np.uint8], *, transposed: bool, upside_down: bool, mirrored: bool
) -> NDArray[np.uint8]:
    """Return a picture as it was meant to be seen, whole in memory.

    Args:
        image: uint8 ``[H, W, 3]``.
        transposed: rows become columns, before anything else.
        upside_down: the last row comes first.
        mirrored: the last column comes first.

    Returns:
        uint8 ``[H, W, 3]``, ``[W, H, 3]`` of a transposed one.
    """
    if transposed:
        image = image.transpose(1, 0, 2)
    if upside_down:
        image = image[::-1]
    if mirrored:
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


def decode_gray(content: bytes) -> NDArray[np.uint8]:
    """Return a picture whose size is known to be harmless (see ``read_size``) as grey.

    As ``read_image`` and ``to_gray`` give it, except that opaque colours of 8 bits become grey as
    their decoder does it, by up to 1 otherwise: datasets have always been read so.

    Returns:
        uint8 ``[H, W]``.

    Raises:
        ImageError: it is no picture, is cut off or damaged.
    """
    # Only an AVIF's head tells how to turn it.
    head = read_head(content) if content[4:8] == b"ftyp" else None
    decoded = _decode(content, head) if _is_whole(content) else None
    if decoded is None:
        raise ImageError(f"expected a picture ({_FORMATS}), found one that cannot be decoded")
    pixels, orientation = decoded
    if head is None and pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3:
        gray = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
        return np.asarray(gray, np.uint8)
    return to_gray(_upright(_to_bgr(pixels), orientation))


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


def _check_size(name: str, head: Head) -> None:
    pixels, found = head.width * head.height, f"found {head.width} x {head.height}"
    if pixels > head.most_pixels:
        raise ImageError(
            f"{name}: expected at most {head.most_pixels // 1_000_000} megapixels, {found}; "
            "reduce it first"
        )
    if not head.can_be_halved and pixels > head.most_decodable_pixels:
        raise ImageError(
            f"{name}: expected at most {head.most_decodable_pixels // 1_000_000} megapixels in "
            f"this format, which takes much memory to decode, {found}; save it as JPEG, or reduce "
            "it first"
        )


def _is_whole(content: bytes) -> bool:
    """Tell whether the end of a picture is there, for formats that are decoded without it too."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return b"IEND" in content[-64 * 1024 :]
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return len(content) >= int.from_bytes(content[4:8], "little") + 8
    return not content.startswith(b"\xff\xd8") or _jpeg_is_whole(content)


def _jpeg_is_whole(content: bytes) -> bool:
    """Walk from marker to marker: a thumbnail within has an end of its own."""
    position = 2
    while match := _JPEG_MARKER.search(content, position):
        if match[1] == _JPEG_END:
            return True
        position = match.end() + int.from_bytes(content[match.end() : match.end() + 2])
    return False


def _decode(content: bytes, head: Head | None) -> tuple[NDArray[Any], int] | None:
    """Return the pixels as stored and the orientation 1..8; None where there are none."""
    from PIL import ExifTags

    buffer = np.frombuffer(content, np.uint8)
    # The flags leave the turning to us; the first one keeps depth and transparency.
    flags = cv2.IMREAD_UNCHANGED
    if head is not None and head.is_halved:
        flags = cv2.IMREAD_REDUCED_COLOR_2 | cv2.IMREAD_IGNORE_ORIENTATION
    with _quiet():
        try:
            pixels: NDArray[Any] | None
            pixels, kinds, metadata = cv2.imdecodeWithMetadata(buffer, [], flags)
        except cv2.error as error:
            if error.code == cv2.Error.StsNoMem:
                raise MemoryError from error
            return None  # a size that OpenCV refuses
    exif = dict(zip(kinds, metadata, strict=True)).get(cv2.IMAGE_METADATA_EXIF)
    orientation = 1
    if head is not None and head.orientation is not None:
        orientation = head.orientation
    elif exif is not None:
        (orientation,) = tag_values(exif.tobytes(), ExifTags.Base.Orientation)
    return None if pixels is None else (pixels, orientation if 1 <= orientation <= 8 else 1)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' own complaints off stderr: a bad file gets one line there, from us."""
    logging = cv2.utils.logging
    level = logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.setLogLevel(level)


def _to_8_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    if pixels.dtype == np.uint16:
        return np.asarray(_FROM_16_BITS[pixels], np.uint8)
    if np.issubdtype(pixels.dtype, np.floating):
        unit = np.clip(np.nan_to_num(pixels), 0.0, 1.0)
    else:
        unit = np.clip(pixels, 0, None) / np.iinfo(pixels.dtype).max
    return np.asarray(np.rint(unit * 255), np.uint8)


def _to_bgr(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return pixels of any depth as BGR of 8 bits, what is transparent on white."""
    if pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3:
        return np.asarray(pixels, np.uint8)
    # In strips: floating-point numbers take many times what the picture takes.
    height, width = pixels.shape[:2]
    rows = max(1, _STRIP_PIXELS // width)
    image = np.empty((height, width, 3), np.uint8)
    for start in range(0, height, rows):
        image[start : start + rows] = _strip_to_bgr(_to_8_bits(pixels[start : start + rows]))
    return image


def _strip_to_bgr(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
    if pixels.shape[2] == 3:
        return pixels
    color, opacity = pixels[..., :3], pixels[..., 3:].astype(np.float32) / 255
    return np.rint(color * opacity + _WHITE * (1 - opacity)).astype(np.uint8)


def _upright(image: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return a picture of the given Exif orientation upright."""
    return turned(
        image,
        transposed=orientation >= 5,
        upside_down=orientation in (3, 4, 7, 8),
        mirrored=orientation in (2, 3, 6, 7),
    )
