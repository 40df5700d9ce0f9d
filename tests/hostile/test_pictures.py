"""Hostile pictures: small files that claim, or hold, far more than a picture should."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from emotion_core.faces.pictures.apart import read_image_apart
from tests.hostile.cases import Case

HUGE = r"expected at most \d+ megapixels, found 30000 x 30000; reduce it first"
TOO_LARGE = r"expected at most \d+ megapixels"
DAMAGED = "found something else or a damaged one"
CUT_OFF = "found one that is cut off"
NO_FILE = "expected a picture, found a pipe or a device; save it to a file first"


def shape_of(path: Path) -> list[int]:
    return list(read_image_apart(path).shape)


def file(suffix: str, content: Callable[[], bytes]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / f"face{suffix}"
        path.write_bytes(content())
        return path

    return make


def zeros(count: int) -> bytes:
    """Return so many zero bytes as zlib packs them (RFC 1950), without having them in memory."""
    whole, rest = divmod(count, 1 << 20)
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, wbits=-15)
    end = packer.compress(bytes(rest)) + packer.flush()
    checksum = (count % 65521) << 16 | 1  # Adler-32 of zeros
    return b"\x78\xda" + block * whole + end + struct.pack(">I", checksum)


def png(
    width: int, height: int, bits: int = 8, colors: int = 2, before: bytes = b"", rows: int = -1
) -> bytes:
    """Return a black PNG; ``rows`` are in it, all of them unless given."""
    channels = {0: 1, 2: 3, 3: 1, 6: 4}[colors]
    row = (width * channels * bits + 7) // 8 + 1
    packed = zeros(row * (height if rows < 0 else rows))
    head = struct.pack(">IIBBBBB", width, height, bits, colors, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            before,
            chunk(b"IDAT", packed),
            chunk(b"IEND", b""),
        ]
    )


def chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def by_pillow(kind: str, width: int, height: int, mode: str = "RGB", **options: Any) -> bytes:
    packed = io.BytesIO()
    Image.new(mode, (width, height)).save(packed, kind, **options)
    return packed.getvalue()


def frames(kind: str, count: int, **options: Any) -> bytes:
    pictures = [Image.new("RGB", (2000, 2000), (each, 0, 0)) for each in range(count)]
    packed = io.BytesIO()
    pictures[0].save(packed, kind, save_all=True, append_images=pictures[1:], **options)
    return packed.getvalue()


def bmp(width: int, height: int, kind: int = 1) -> bytes:
    """Return a BMP of 8 bits, run-length encoded, that ends at once."""
    colors = b"".join(bytes([each, each, each, 0]) for each in range(256))
    offset = 54 + len(colors)
    return b"".join(
        [
            b"BM" + struct.pack("<IHHI", offset + 2, 0, 0, offset),
            struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, kind, 2, 0, 0, 256, 256),
            colors,
            b"\0\1",
        ]
    )


def big_tiff(width: int, height: int, *, loop: bool = False) -> bytes:
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 5), (262, 3, 1)]
    tags += [(273, 16, 0), (277, 3, 1), (278, 4, height), (279, 16, 8)]
    end = 24 + 20 * len(tags) + 8
    packed = b"".join(
        struct.pack("<HHQQ", tag, kind, 1, end if tag == 273 else value)
        for tag, kind, value in tags
    )
    head = b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, len(tags))
    return head + packed + struct.pack("<Q", 16 if loop else 0) + bytes(8)


def tiff(width: int, height: int, bits: int = 8, samples: int = 1, *, loop: bool = False) -> bytes:
    tags = [(256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 5), (262, 3, 1)]
    tags += [(273, 4, 0), (277, 3, samples), (278, 4, height), (279, 4, 8)]
    end = 8 + 2 + 12 * len(tags) + 4
    packed = b"".join(
        struct.pack("<HHII", tag, kind, 1, end if tag == 273 else value)
        for tag, kind, value in tags
    )
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    return head + packed + struct.pack("<I", 8 if loop else 0) + bytes(8)


def with_size(content: bytes, before: bytes, packed: bytes, offset: int = 0) -> bytes:
    """Return a picture whose head tells another size, at ``offset`` behind ``before``."""
    place = content.index(before) + len(before) + offset
    return content[:place] + packed + content[place + len(packed) :]


def avif(width: int, height: int) -> bytes:
    sides = struct.pack(">II", width, height)
    return with_size(by_pillow("AVIF", 64, 64), b"ispe", sides, 4)


def jpeg_2000(width: int, height: int) -> bytes:
    return with_size(by_pillow("JPEG2000", 64, 64), b"ihdr", struct.pack(">II", height, width))


def webp_canvas(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return with_size(frames("WEBP", 2, lossless=True), b"VP8X", sides, 8)


def jpeg(width: int, height: int, **options: Any) -> bytes:
    sides = struct.pack(">HH", height, width)
    small = by_pillow("JPEG", 64, 64, **options)
    return with_size(small, b"\xff\xc2" if options.get("progressive") else b"\xff\xc0", sides, 3)


def sun(width: int, height: int, kind: int = 2) -> bytes:
    return struct.pack(">8I", 0x59A66A95, width, height, 24, 100, kind, 0, 0) + bytes(100)


def text(content: str) -> Callable[[], bytes]:
    return lambda: content.encode() + bytes(100)


def pam(width: int, height: int) -> Callable[[], bytes]:
    return text(
        f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH 4\nMAXVAL 65535\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
    )


def hdr(width: int, height: int) -> Callable[[], bytes]:
    return text(f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {width}\n")


def link(target: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "face.png"
        path.symlink_to(target)
        return path

    return make


def pipe(folder: Path) -> Path:
    path = folder / "face.png"
    os.mkfifo(path)
    return path


def nested_folder(folder: Path) -> Path:
    path = folder / "face.png"
    path.mkdir()
    return path


def text_bomb() -> bytes:
    """Return a PNG with 200 MB of text in a compressed chunk."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
    return png(48, 48, before=chunk(b"zTXt", b"Comment\0\0" + packed))


def color_bomb() -> bytes:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
    return png(48, 48, before=chunk(b"iCCP", b"colors\0\0" + packed))


CASES = {
    "a good one": Case(file(".png", lambda: png(48, 48)), shape_of, answer=[48, 48, 3]),
    "PNG of 900 megapixels": Case(file(".png", lambda: png(30000, 30000, rows=1)), shape_of, HUGE),
    "PNG with sides of 2^31 - 1": Case(
        file(".png", lambda: png(2**31 - 1, 2**31 - 1, 1, 0, rows=0)), shape_of, "expected"
    ),
    "PNG of 60,000 x 1": Case(file(".png", lambda: png(60000, 1)), shape_of, answer=[1, 60000, 3]),
    "PNG of 1 x 60,000": Case(file(".png", lambda: png(1, 60000)), shape_of, answer=[60000, 1, 3]),
    "PNG of 2,000,000 x 1": Case(file(".png", lambda: png(2_000_000, 1)), shape_of, "expected"),
    "PNG of 16 bits, transparent": Case(
        file(".png", lambda: png(7000, 7000, 16, 6)), shape_of, answer=[7000, 7000, 3]
    ),
    "PNG of 16 bits, transparent, larger than the memory": Case(
        file(".png", lambda: png(10000, 10000, 16, 6)),
        shape_of,
        "expected a picture that is read in 2 GB of memory, found one of 10000 x 10000 that takes "
        "more; reduce it first",
    ),
    "PNG of one bit": Case(
        file(".png", lambda: png(9990, 9990, 1, 0)), shape_of, answer=[9990, 9990, 3]
    ),
    "PNG without colours": Case(file(".png", lambda: png(64, 64, 8, 3)), shape_of, DAMAGED),
    "PNG with 200 MB of text": Case(file(".png", text_bomb), shape_of, DAMAGED),
    "PNG with 200 MB of colour profile": Case(file(".png", color_bomb), shape_of, DAMAGED),
    "PNG whose rows are missing": Case(
        file(".png", lambda: png(9000, 9000, rows=10)), shape_of, DAMAGED
    ),
    "PNG without an end": Case(file(".png", lambda: png(48, 48)[:-12]), shape_of, CUT_OFF),
    "APNG of many frames": Case(
        file(".png", lambda: frames("PNG", 20)), shape_of, answer=[2000, 2000, 3]
    ),
    "AVIF of 144 megapixels": Case(file(".avif", lambda: avif(12000, 12000)), shape_of, TOO_LARGE),
    "AVIF of 98 megapixels": Case(
        file(".avif", lambda: avif(9900, 9900)),
        shape_of,
        "expected at most 50 megapixels in this format, which takes much memory to decode, found "
        "9900 x 9900; save it as JPEG, or reduce it first",
    ),
    "AVIF of 16 megapixels, transparent": Case(
        file(".avif", lambda: by_pillow("AVIF", 4000, 4000, "RGBA", speed=10)),
        shape_of,
        answer=[4000, 4000, 3],
    ),
    "AVIF of many frames": Case(
        file(".avif", lambda: frames("AVIF", 8, speed=10)), shape_of, answer=[2000, 2000, 3]
    ),
    "BMP in runs, 900 megapixels": Case(file(".bmp", lambda: bmp(30000, 30000)), shape_of, HUGE),
    "BMP in runs, 98 megapixels": Case(
        file(".bmp", lambda: bmp(9900, 9900)), shape_of, answer=[9900, 9900, 3]
    ),
    "BMP without rows": Case(file(".bmp", lambda: bmp(9900, 9900, 0)), shape_of, DAMAGED),
    "BMP of negative width": Case(file(".bmp", lambda: bmp(-9900, 9900)), shape_of, "expected"),
    "BMP of height -2^31": Case(file(".bmp", lambda: bmp(1, -(2**31))), shape_of, "expected"),
    "BigTIFF of 900 megapixels": Case(file(".tif", lambda: big_tiff(30000, 30000)), shape_of, HUGE),
    "BigTIFF with a loop of pictures": Case(
        file(".tif", lambda: big_tiff(64, 64, loop=True)), shape_of, answer=[64, 64, 3]
    ),
    "TIFF of 900 megapixels": Case(file(".tif", lambda: tiff(30000, 30000)), shape_of, HUGE),
    "TIFF of 64 bits": Case(
        file(".tif", lambda: tiff(9000, 9000, 64, 4)),
        shape_of,
        "expected at most 33 megapixels in this format, which takes much memory to decode, found "
        "9000 x 9000; save it as JPEG, or reduce it first",
    ),
    "TIFF of 65,535 samples": Case(
        file(".tif", lambda: tiff(9000, 9000, 8, 65535)), shape_of, "expected"
    ),
    "TIFF with a loop of pictures": Case(
        file(".tif", lambda: tiff(64, 64, loop=True)), shape_of, answer=[64, 64, 3]
    ),
    "JPEG 2000 of 98 megapixels": Case(
        file(".jp2", lambda: jpeg_2000(9900, 9900)), shape_of, TOO_LARGE
    ),
    "JPEG 2000 of 25 megapixels": Case(
        file(".jp2", lambda: by_pillow("JPEG2000", 5000, 5000)), shape_of, answer=[5000, 5000, 3]
    ),
    "JPEG of 4,294 megapixels": Case(file(".jpg", lambda: jpeg(65500, 65500)), shape_of, TOO_LARGE),
    "JPEG of 399 megapixels with rows for none": Case(
        file(".jpg", lambda: jpeg(19970, 19970)), shape_of, answer=[9985, 9985, 3]
    ),
    "progressive JPEG of 399 megapixels": Case(
        file(".jpg", lambda: jpeg(19970, 19970, progressive=True)), shape_of, TOO_LARGE
    ),
    "JPEG without an end": Case(
        file(".jpg", lambda: by_pillow("JPEG", 64, 64)[:-2]), shape_of, CUT_OFF
    ),
    "WebP of 98 megapixels": Case(
        file(".webp", lambda: by_pillow("WEBP", 9900, 9900, lossless=True)),
        shape_of,
        answer=[9900, 9900, 3],
    ),
    "WebP with a canvas of 2^24": Case(
        file(".webp", lambda: webp_canvas(1 << 24, 1 << 24)), shape_of, TOO_LARGE
    ),
    "WebP with a canvas of 98 megapixels": Case(
        file(".webp", lambda: webp_canvas(9900, 9900)), shape_of, "expected"
    ),
    "GIF of 98 megapixels": Case(
        file(".gif", lambda: by_pillow("GIF", 9900, 9900, "L")), shape_of, answer=[9900, 9900, 3]
    ),
    "PAM of 900 megapixels": Case(file(".pam", pam(30000, 30000)), shape_of, HUGE),
    "PAM without pixels": Case(file(".pam", pam(9000, 9000)), shape_of, DAMAGED),
    "PFM of 900 megapixels": Case(file(".pfm", text("PF\n30000 30000\n-1.0\n")), shape_of, HUGE),
    "PFM without pixels": Case(file(".pfm", text("Pf\n8000 8000\n-1.0\n")), shape_of, DAMAGED),
    "HDR of 900 megapixels": Case(file(".hdr", hdr(30000, 30000)), shape_of, HUGE),
    "HDR without pixels": Case(file(".hdr", hdr(8000, 8000)), shape_of, DAMAGED),
    "PPM of 900 megapixels": Case(file(".ppm", text("P6\n30000 30000\n255\n")), shape_of, HUGE),
    "PBM without pixels": Case(file(".pbm", text("P4\n9900 9900\n")), shape_of, DAMAGED),
    "Sun raster of 900 megapixels": Case(file(".ras", lambda: sun(30000, 30000)), shape_of, HUGE),
    "Sun raster in runs without pixels": Case(
        file(".ras", lambda: sun(9900, 9900)), shape_of, DAMAGED
    ),
    "nothing": Case(file(".png", bytes), shape_of, "found an empty file"),
    "zeros": Case(file(".png", lambda: bytes(900_000)), shape_of, DAMAGED),
    "a pipe": Case(pipe, shape_of, NO_FILE),
    "a link to /dev/zero": Case(
        link("/dev/zero"),
        shape_of,
        NO_FILE,
    ),
    "a link to itself": Case(link("face.png"), shape_of, "expected a readable picture"),
    "a folder": Case(nested_folder, shape_of, "found a folder"),
}


@pytest.mark.parametrize("name", CASES)
def test_ends_well(name, host, tmp_path):
    host.check(name, tmp_path)
