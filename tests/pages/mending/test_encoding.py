from __future__ import annotations

import logging
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc import rtcrtpsender
from aiortc.codecs import get_encoder
from aiortc.codecs.vpx import Vp8Encoder, vp8_depayload
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from pages.mending import encoding
from pages.mending.encoding import MOST_BITS, QuickVp8, encode_quickly
from pages.mending.newest_frames import warn_once


@pytest.fixture(autouse=True)
def as_aiortc_is(monkeypatch):
    monkeypatch.setattr(rtcrtpsender, "get_encoder", get_encoder)
    encode_quickly.cache_clear()
    warn_once.cache_clear()
    yield
    encode_quickly.cache_clear()


def codec(kind: str) -> RTCRtpCodecParameters:
    return RTCRtpCodecParameters(mimeType=f"video/{kind}", clockRate=90000, payloadType=97)


def frames(count: int, width: int = 320, height: int = 240) -> list[av.VideoFrame]:
    """A picture that moves, with little noise, as a camera's."""
    random = np.random.default_rng(1)
    coarse = random.integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    still = coarse.repeat(8, axis=0).repeat(8, axis=1)
    made = []
    for number in range(count):
        noise = random.normal(0, 2, still.shape)
        moved = np.clip(np.roll(still, number, axis=1) + noise, 0, 255).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(moved, format="bgr24").reformat(format="yuv420p")
        frame.pts, frame.time_base = 6000 * number, Fraction(1, 90_000)
        made.append(frame)
    return made


def decoded(encoder: Vp8Encoder, sent: list[av.VideoFrame]) -> tuple[list[np.ndarray], int]:
    """Return the grey pictures that arrive, and how many bytes they took."""
    decoder, pictures, size = av.CodecContext.create("libvpx", "r"), [], 0
    for frame in sent:
        payloads, _ = encoder.encode(frame)
        data = b"".join(vp8_depayload(each) for each in payloads)
        size += len(data)
        pictures += [each.to_ndarray(format="gray") for each in decoder.decode(av.Packet(data))]
    return pictures, size


def test_video_is_sent_by_it_and_other_kinds_as_ever():
    encode_quickly()
    encode_quickly()
    assert isinstance(rtcrtpsender.get_encoder(codec("VP8")), QuickVp8)
    assert not isinstance(rtcrtpsender.get_encoder(codec("H264")), Vp8Encoder)


def test_an_aiortc_that_is_built_otherwise_is_left_alone(monkeypatch, caplog):
    monkeypatch.delattr(rtcrtpsender, "get_encoder")
    encode_quickly()
    assert not hasattr(rtcrtpsender, "get_encoder")
    (warning,) = [each.message for each in caplog.records if each.levelno == logging.WARNING]
    assert "its encoder cannot be told to be quicker" in warning


def test_the_picture_is_no_worse_than_aiortcs_at_its_bit_rate():
    sent = frames(45)
    errors = {}
    for encoder in (Vp8Encoder(), QuickVp8()):
        pictures, size = decoded(encoder, sent)
        assert len(pictures) == len(sent)
        originals = [frame.to_ndarray(format="gray") for frame in sent]
        squares = [
            np.mean((np.subtract(came, went, dtype=float)) ** 2)
            for came, went in zip(pictures[10:], originals[10:], strict=True)
        ]
        errors[type(encoder)] = float(np.mean(squares)), size
    (theirs, their_size), (ours, our_size) = errors[Vp8Encoder], errors[QuickVp8]
    assert ours <= 1.05 * theirs
    assert our_size <= 1.15 * their_size


def test_the_size_may_change():
    encoder = QuickVp8()
    pictures, _ = decoded(encoder, [*frames(2), *frames(2, 160, 120)])
    assert [picture.shape for picture in pictures] == [(240, 320)] * 2 + [(120, 160)] * 2


@pytest.mark.parametrize(
    ("estimates", "bits"),
    [
        ([], 500_000),
        ([5_000_000], MOST_BITS),
        ([600_000], 500_000),  # not worth a new encoder
        ([460_000], 500_000),
        ([400_000], 400_000),
        ([800_000], 800_000),
        ([800_000, 1_000_000], MOST_BITS),
        ([1_000_000, 900_000, 1_500_000], MOST_BITS),
        ([1_000_000, 500_000, 550_000], 500_000),
    ],
)
def test_the_bit_rate_follows_the_network_but_not_every_breath(estimates, bits):
    encoder = QuickVp8()
    for estimate in estimates:
        encoder.target_bitrate = estimate
    assert encoder.target_bitrate == bits
    encoder.encode(frames(1)[0])
    assert encoder.codec.bit_rate == bits


def test_an_encoder_goes_on_while_its_bit_rate_does():
    encoder = QuickVp8()
    first, second = frames(2)
    encoder.encode(first)
    made = encoder.codec
    encoder.target_bitrate = 550_000
    encoder.encode(second)
    assert encoder.codec is made
    assert encoding.MOST_BITS > 550_000
