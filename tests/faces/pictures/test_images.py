"""Pictures of every kind that users have, and files that are none."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from emotion_core.errors import ImageError
from emotion_core.faces.pictures.heads import read_size
from emotion_core.faces.pictures.images import (
    PICTURE_SUFFIXES,
    encode_jpeg,
    encode_png,
    read_image,
    to_gray,
)


@pytest.fixture
def image() -> np.ndarray:
    """A BGR picture without symmetry: 40 high, 60 wide, red top left, blue bottom right."""
    image = np.full((40, 60, 3), 90, np.uint8)
    image[:20, :20] = 0, 0, 255
    image[30:, 50:] = 255, 0, 0
    return image


def with_exif(image: np.ndarray, extension: str, orientation: int) -> bytes:
    head = b"MM\0*" + struct.pack(">IH", 8, 1)
    exif = head + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0) + bytes(4)
    data = [np.frombuffer(exif, np.uint8).reshape(1, -1)]
    done, content = cv2.imencodeWithMetadata(extension, image, [cv2.IMAGE_METADATA_EXIF], data)
    assert done
    return content.tobytes()


def as_stored(image: np.ndarray, orientation: int) -> np.ndarray:
    """What a camera stores when ``image`` is what it should look like (Exif 2.3, 4.6.4)."""
    return {
        1: lambda: image,
        2: lambda: cv2.flip(image, 1),
        3: lambda: cv2.rotate(image, cv2.ROTATE_180),
        4: lambda: cv2.flip(image, 0),
        5: lambda: cv2.transpose(image),
        6: lambda: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
        7: lambda: cv2.flip(cv2.transpose(image), -1),
        8: lambda: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
    }[orientation]()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extension", [".png", ".webp"])
def test_exif_orientation_is_applied(image: np.ndarray, extension: str, orientation: int) -> None:
    content = with_exif(as_stored(image, orientation), extension, orientation)
    np.testing.assert_allclose(read_image(content), image, atol=12)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_agrees_with_opencv_on_jpeg(image: np.ndarray, orientation: int) -> None:
    content = with_exif(image, ".jpg", orientation)
    expected = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(read_image(content), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("writer", [cv2, Image])
def test_orientation_of_an_avif_is_applied_once(
    image: np.ndarray, writer: object, orientation: int
) -> None:
    """OpenCV writes it into boxes and Exif data, Pillow into boxes alone."""
    stored = as_stored(image, orientation)
    if writer is cv2:
        content = with_exif(stored, ".avif", orientation)
    else:
        file, exif = BytesIO(), Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(np.ascontiguousarray(stored[..., ::-1])).save(
            file, "avif", exif=exif, quality=95
        )
        content = file.getvalue()
    read = read_image(content)
    assert read.shape == image.shape
    assert np.abs(read.astype(int) - image).mean() < 5


def test_exif_data_alone_do_not_turn_an_avif(image: np.ndarray) -> None:
    """Its boxes count (ISO/IEC 23008-12, 6.5.10): browsers show it so, too."""
    content = with_exif(image, ".avif", 6).replace(b"irot\3", b"irot\0")
    assert read_image(content).shape == image.shape


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_impossible_orientation_is_ignored(image: np.ndarray, orientation: int) -> None:
    np.testing.assert_array_equal(read_image(with_exif(image, ".png", orientation)), image)


def test_orientation_counts_for_transparent_pictures_too(image: np.ndarray) -> None:
    opaque = np.full((*image.shape[:2], 1), 255, np.uint8)
    content = with_exif(as_stored(np.dstack([image, opaque]), 6), ".png", 6)
    np.testing.assert_array_equal(read_image(content), image)


@pytest.mark.parametrize("extension", [".png", ".tiff", ".bmp", ".ppm", ".webp", ".jpg", ".avif"])
def test_formats(image: np.ndarray, extension: str) -> None:
    read = read_image(cv2.imencode(extension, image)[1].tobytes())
    assert read.dtype == np.uint8
    assert read.flags.c_contiguous
    assert np.abs(read.astype(int) - image).mean() < 5  # lossy formats blur the coloured corners


def test_first_frame_of_an_animation() -> None:
    frames = [np.full((30, 30, 3), value, np.uint8) for value in (255, 0)]
    animation = cv2.Animation()
    animation.frames = frames
    animation.durations = [100, 100]
    content = cv2.imencodeanimation(".gif", animation)[1].tobytes()
    assert read_image(content).min() > 250


@pytest.mark.parametrize("extension", [".png", ".tiff"])
def test_16_bits_become_8(image: np.ndarray, extension: str) -> None:
    content = cv2.imencode(extension, image.astype(np.uint16) * 257)[1].tobytes()
    np.testing.assert_array_equal(read_image(content), image)


def test_floating_point_is_taken_to_be_0_to_1(image: np.ndarray) -> None:
    stored = (image / 255).astype(np.float32)
    stored[0, 0] = np.nan, -1, 7
    expected = image.copy()
    expected[0, 0] = 0, 0, 255
    np.testing.assert_array_equal(read_image(cv2.imencode(".tiff", stored)[1].tobytes()), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_gray_becomes_bgr(image: np.ndarray, dtype: type) -> None:
    gray = to_gray(image)
    factor = np.iinfo(dtype).max // 255
    read = read_image(cv2.imencode(".png", gray.astype(dtype) * dtype(factor))[1].tobytes())
    np.testing.assert_array_equal(read, np.dstack([gray] * 3))


def test_transparent_parts_lie_on_white(image: np.ndarray) -> None:
    opacity = np.full(image.shape[:2], 255, np.uint8)
    opacity[:, :10] = 0
    opacity[:, 10:20] = 51
    read = read_image(encode_png(np.dstack([image, opacity])))
    assert read[0, 0].tolist() == [255, 255, 255]
    assert read[0, 15].tolist() == [204, 204, 255]  # a fifth red, four fifths white
    np.testing.assert_array_equal(read[:, 20:], image[:, 20:])


def test_path_may_hold_any_letters(tmp_path: Path, image: np.ndarray) -> None:
    path = tmp_path / "Überraschung 表情.png"
    path.write_bytes(encode_png(image))
    np.testing.assert_array_equal(read_image(path), image)


def test_round_trips(image: np.ndarray) -> None:
    np.testing.assert_array_equal(read_image(encode_png(image)), image)
    small, large = encode_jpeg(image, quality=20), encode_jpeg(image, quality=98)
    assert len(small) < len(large)
    assert read_image(large).shape == image.shape


def test_jpeg_has_a_longest_side() -> None:
    with pytest.raises(ImageError, match="found 65501 x 1; use a PNG file"):
        encode_jpeg(np.zeros((1, 65_501), np.uint8))


def test_to_gray_leaves_gray_alone(image: np.ndarray) -> None:
    gray = to_gray(image)
    assert gray.shape == (40, 60)
    assert to_gray(gray) is gray


def message(source: Path | bytes, **options: str) -> str:
    with pytest.raises(ImageError) as caught:
        read_image(source, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "nobody.png"
    assert message(path) == f"{path}: expected a picture, found no such file"


def test_folder(tmp_path: Path) -> None:
    assert message(tmp_path) == f"{tmp_path}: expected a picture, found a folder"


def test_empty_file() -> None:
    assert message(b"", name="selfie.jpg") == (
        "selfie.jpg: expected a picture (JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF), "
        "found an empty file"
    )


@pytest.mark.parametrize("content", [b"GIF8", b"II*\0", b"hello", bytes(1000), b"BM" + bytes(60)])
def test_not_a_picture(content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    assert message(content, name="notes.jpg").startswith("notes.jpg: expected a ")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("extension", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_cut_off_picture(extension: str, share: float, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    content = cv2.imencode(extension, noise)[1].tobytes()
    part = content[: int(len(content) * share)]
    assert message(part, name="half.jpg") == (
        "half.jpg: expected a whole picture, found one that is cut off; copy it again"
    )
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("extension", [".tiff", ".bmp", ".gif", ".avif", ".ppm"])
def test_cut_off_picture_of_another_format(
    extension: str, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    content = cv2.imencode(extension, noise)[1].tobytes()
    found = message(content[: len(content) // 2], name="half")
    assert found.endswith("found something else or a damaged one")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("options", [[], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]])
def test_jpeg_that_lacks_only_its_end(image: np.ndarray, options: list[int]) -> None:
    content = cv2.imencode(".jpg", image, options)[1].tobytes()
    assert read_image(content + b"a phone's short film").shape == image.shape
    assert "cut off" in message(content[:-2])


def test_end_of_a_thumbnail_is_not_the_end_of_the_picture(image: np.ndarray) -> None:
    content, thumbnail = encode_jpeg(image), encode_jpeg(image[:8, :8])
    application_data = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    whole = content[:2] + application_data + content[2:]
    assert read_image(whole).shape == image.shape
    assert "cut off" in message(whole[:-200])


def claim_size(content: bytes, extension: str, side: int) -> bytes:
    """Overwrite the size in a file's head."""
    if extension == ".png":
        header = b"IHDR" + struct.pack(">II", side, side) + content[24:29]
        return content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]
    if extension == ".bmp":
        return content[:18] + struct.pack("<ii", side, side) + content[26:]
    if extension == ".ppm":
        return content.replace(b"60 40", f"{side} {side}".encode(), 1)
    if extension == ".avif":
        at = content.index(b"ispe") + 8
        return content[:at] + struct.pack(">II", side, side) + content[at + 8 :]
    if extension == ".gif":
        return content[:6] + struct.pack("<HH", side, side) + content[10:]
    if extension == ".jpg":
        frame = content.index(b"\xff\xc0")
        return content[: frame + 5] + struct.pack(">HH", side, side) + content[frame + 9 :]
    if extension == ".webp":
        at = 21 if content[12:16] == b"VP8L" else 26
        size = struct.pack("<I", 0x10000000 | (side - 1) << 14 | side - 1)
        size = size if at == 21 else struct.pack("<HH", side, side)
        return content[:at] + size + content[at + 4 :]
    changed = content
    for tag in (256, 257):
        at = content.index(struct.pack("<HH", tag, 3))
        changed = changed[: at + 8] + struct.pack("<H", side) + changed[at + 10 :]
    return changed


@pytest.mark.parametrize(
    ("extension", "side", "most"),
    [
        *((name, 16_000, 100) for name in (".png", ".gif", ".webp", ".tiff", ".avif", ".bmp")),
        (".ppm", 16_000, 100),
        (".jpg", 20_001, 400),
    ],
)
def test_gigantic_picture_is_refused_before_decoding(
    image: np.ndarray, extension: str, side: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(cv2, "imdecodeWithMetadata")
    content = claim_size(cv2.imencode(extension, image)[1].tobytes(), extension, side)
    assert message(content, name="bomb") == (
        f"bomb: expected at most {most} megapixels, found {side} x {side}; reduce it first"
    )


def test_gigantic_progressive_jpeg_is_refused_before_decoding(
    image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its decoder needs room for all of it, even to give a small picture."""
    monkeypatch.setattr("emotion_core.faces.pictures.heads.MAX_PIXELS", 1000)
    monkeypatch.delattr(cv2, "imdecodeWithMetadata")
    content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    assert "found 60 x 40; reduce it first" in message(content)


@pytest.mark.parametrize("orientation", [1, 6])
def test_large_jpeg_is_halved_while_it_is_decoded(
    image: np.ndarray, orientation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Phones take photos of 108 and 200 megapixels."""
    content = with_exif(as_stored(image, orientation), ".jpg", orientation)
    whole = read_image(content)
    monkeypatch.setattr("emotion_core.faces.pictures.heads.MAX_PIXELS", 1000)
    half = read_image(content)
    assert half.shape == (20, 30, 3)
    expected = cv2.resize(whole, (30, 20), interpolation=cv2.INTER_AREA)
    assert np.abs(half.astype(int) - expected).mean() < 3


@pytest.mark.parametrize("brands", [b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0mif1miafhevc"])
def test_heic_is_named_with_the_way_out(brands: bytes) -> None:
    content = struct.pack(">I", len(brands) + 8) + b"ftyp" + brands + bytes(200)
    assert message(content, name="IMG_0001.HEIC") == (
        "IMG_0001.HEIC: expected a picture (JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF), found one of "
        "HEIC, which is not read here; save it as JPEG (an iPhone does so by itself: Settings, "
        "Camera, Formats, Most Compatible)"
    )


@pytest.mark.parametrize("suffix", PICTURE_SUFFIXES)
def test_what_pages_and_commands_take_can_be_read(image: np.ndarray, suffix: str) -> None:
    stored = to_gray(image) if suffix in (".pbm", ".pgm") else image
    same = {".jfif": ".jpg", ".jif": ".jpg", ".apng": ".png", ".dib": ".bmp"}
    content = cv2.imencode(same.get(suffix, suffix), stored)[1].tobytes()
    assert read_image(content).shape == image.shape


def test_lossy_webp_size_is_read(image: np.ndarray) -> None:
    content = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, 80])[1].tobytes()
    assert content[12:16] == b"VP8 "
    assert "megapixels" in message(claim_size(content, ".webp", 16_000))


def test_gigantic_picture_of_another_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emotion_core.faces.pictures.heads.MAX_PIXELS", 1000)
    picture = np.zeros((40, 60, 3), np.uint8)
    assert "found 60 x 40" in message(cv2.imencode(".ppm", picture)[1].tobytes())


def test_gigantic_picture_with_a_damaged_head_is_refused_before_decoding(
    image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenCV might read what Pillow cannot, and make room for it first."""
    monkeypatch.delattr(cv2, "imdecodeWithMetadata")
    content = encode_png(image)
    content = content[:16] + struct.pack(">II", 16_000, 16_000) + content[24:]
    assert message(content).endswith("found something else or a damaged one")


@pytest.mark.parametrize(
    "extension", [".png", ".gif", ".jpg", ".webp", ".tiff", ".avif", ".bmp", ".ppm", ".jp2"]
)
def test_size_stands_in_the_head(image: np.ndarray, extension: str) -> None:
    assert read_size(cv2.imencode(extension, image)[1].tobytes()) == (60, 40)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_size_of_a_tiff_of_any_depth(image: np.ndarray, dtype: type) -> None:
    assert read_size(cv2.imencode(".tiff", image.astype(dtype))[1].tobytes()) == (60, 40)


@pytest.mark.parametrize("content", [b"", b"GIF8", b"II*\0", b"II*\0" + bytes(100), b"hello"])
def test_what_is_no_picture_has_no_size(content: bytes) -> None:
    assert read_size(content) is None


def test_the_limit_that_others_set_on_pillow_stays(image: np.ndarray) -> None:
    from PIL import Image

    limit = Image.MAX_IMAGE_PIXELS
    read_size(encode_png(image))
    read_size(b"hello")
    assert limit is not None
    assert limit == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("length", [4, 9, 20])
def test_damaged_exif_data_turn_nothing(
    image: np.ndarray, length: int, capfd: pytest.CaptureFixture[str]
) -> None:
    exif = (b"MM\0*" + struct.pack(">IH", 8, 1) + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0))[
        :length
    ]
    data = [np.frombuffer(exif, np.uint8).reshape(1, -1)]
    done, content = cv2.imencodeWithMetadata(".webp", image, [cv2.IMAGE_METADATA_EXIF], data)
    assert done
    assert read_image(content.tobytes()).shape == image.shape
    assert capfd.readouterr().err == ""
