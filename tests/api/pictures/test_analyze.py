"""Pictures sent to a real server, and what is answered."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from skimage import data as images

from emotion_core.api.pictures import readers
from emotion_core.api.pictures.readers import BusyError, PictureReaders, Sent, Wish
from emotion_core.cli import main
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import EmotionCoreError
from emotion_core.faces.pictures.images import encode_jpeg, encode_png, read_image
from tests.api.conftest import MakeToken, client_of

FORM = "multipart/form-data"


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A real face, as a JPEG of 512 x 512."""
    return encode_jpeg(np.ascontiguousarray(images.astronaut()[..., ::-1]))


@pytest.fixture(scope="module")
def empty() -> bytes:
    return encode_png(np.full((40, 60, 3), 128, np.uint8))


def files(*pictures: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("pictures", picture) for picture in pictures]


def as_json(*pictures: bytes, **more: object) -> dict[str, object]:
    return {"pictures": [{"content": base64.b64encode(each).decode(), **more} for each in pictures]}


def problem_of(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: str = answer.json()["detail"]
    return told


class TestAnswers:
    def test_are_those_of_the_command_line(
        self, client: httpx.Client, photo: bytes, tmp_path: Path
    ) -> None:
        (tmp_path / "one.jpg").write_bytes(photo)
        out = tmp_path / "out"
        assert main(["analyze", str(tmp_path / "one.jpg"), "--out", str(out), "--json"]) == 0
        (expected,) = json.loads((out / "faces.json").read_text("utf-8"))
        answer = client.post("/analyze?search=thorough", files=files(("one.jpg", photo)))
        assert answer.status_code == 200, answer.text
        (found,) = answer.json()
        assert found.pop("model") == "fer2013-vgg"
        assert found.pop("file") == "one.jpg"
        del expected["file"], expected["annotated"]
        assert found == expected
        (face,) = found["faces"]
        assert list(face["scores"]) == list(EMOTIONS)
        assert sum(face["scores"].values()) == pytest.approx(1.0, abs=1e-4)

    def test_of_several_come_in_their_order(
        self, client: httpx.Client, photo: bytes, empty: bytes
    ) -> None:
        answer = client.post("/analyze", files=files(("a.png", empty), ("b.jpg", photo)))
        found = answer.json()
        assert [(each["file"], len(each["faces"])) for each in found] == [
            ("a.png", 0), ("b.jpg", 1),
        ]  # fmt: skip
        assert (found[0]["width"], found[0]["height"]) == (60, 40)

    def test_to_json_are_the_same(self, client: httpx.Client, photo: bytes) -> None:
        by_form = client.post("/analyze", files=files(("one.jpg", photo)))
        by_json = client.post("/analyze", json=as_json(photo, name="one.jpg"))
        assert by_json.status_code == 200, by_json.text
        assert by_json.json() == by_form.json()
        (unnamed,) = client.post("/analyze", json=as_json(photo)).json()
        assert unnamed["file"] == "picture 1"

    def test_once_or_in_the_mirror_too(self, client: httpx.Client, photo: bytes) -> None:
        sent = as_json(photo)
        (both,) = client.post("/analyze", json=sent).json()
        (single,) = client.post("/analyze?careful=false", json=sent).json()
        assert (both["view"], single["view"]) == ("mirrored", "single")
        assert both["faces"][0]["scores"] != single["faces"][0]["scores"]
        assert both["faces"][0]["x"] == single["faces"][0]["x"]

    @pytest.mark.parametrize("finder", ["haar", "blazeface", "haar+blazeface"])
    @pytest.mark.parametrize("search", ["quick", "thorough"])
    def test_by_every_finder(
        self, client: httpx.Client, photo: bytes, finder: str, search: str
    ) -> None:
        answer = client.post(
            "/analyze", params={"finder": finder, "search": search}, json=as_json(photo)
        )
        (found,) = answer.json()
        (face,) = found["faces"]
        assert abs(face["x"] + face["width"] / 2 - 222) < 20  # her face
        assert abs(face["y"] + face["height"] / 2 - 115) < 25

    @pytest.mark.parametrize(
        ("annotated", "kind"), [("", "jpeg"), ("=", "jpeg"), ("=jpeg", "jpeg"), ("=png", "png")]
    )
    def test_may_be_the_picture_with_its_faces_framed(
        self, client: httpx.Client, photo: bytes, annotated: str, kind: str
    ) -> None:
        answer = client.post(f"/analyze?annotated{annotated}", json=as_json(photo))
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == f"image/{kind}"
        drawn, plain = read_image(answer.content), read_image(photo)
        assert drawn.shape == plain.shape
        # The box is drawn around the face; the corner of the picture stays.
        changed = np.abs(drawn.astype(int) - plain).max(axis=2) > 60
        assert changed[40:200, 150:300].any()
        assert not changed[300:, 300:].any()

    def test_tell_of_small_faces_alone_and_beside_a_large_one_when_asked(
        self, client: httpx.Client
    ) -> None:
        face = np.ascontiguousarray(images.astronaut()[20:220, 120:320, ::-1])
        small = cv2.resize(face, (60, 60), interpolation=cv2.INTER_AREA)
        wall = np.full((600, 800, 3), 96, np.uint8)
        wall[40:100, 700:760] = small

        def faces(**wish: str) -> int:
            sent = as_json(encode_jpeg(wall))
            return len(client.post("/analyze", params=wish, json=sent).json()[0]["faces"])

        assert faces() == 1
        wall[250:550, 100:400] = cv2.resize(face, (300, 300))
        assert faces() == 1
        assert faces(search="thorough") == 2

    def test_are_kept_by_nobody(self, client: httpx.Client, empty: bytes) -> None:
        answer = client.post("/analyze", json=as_json(empty))
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers


class TestRefusals:
    def test_a_token_without_the_right(self, served: str, make_token: MakeToken) -> None:
        with client_of(served, make_token("live", "record")) as client:
            told = problem_of(client.post("/analyze", json=as_json(b"")), 403)
        assert told == (
            "expected a token that may analyze, found one that may live, record; make another"
        )

    def test_what_is_no_picture_is_named(self, client: httpx.Client, empty: bytes) -> None:
        answer = client.post(
            "/analyze",
            files=files(("a.png", empty), ("b.jpg", b"GIF?"), ("c.png", empty[:30])),
        )
        told = problem_of(answer, 422)
        assert told.startswith("b.jpg: expected a picture (")
        assert [each["where"] for each in answer.json()["errors"]] == ["pictures.1", "pictures.2"]
        assert answer.json()["errors"][1]["problem"] == (
            "c.png: expected a whole picture, found one that is cut off; copy it again"
        )

    def test_a_picture_made_to_do_harm_takes_only_its_reader(
        self, client: httpx.Client, empty: bytes
    ) -> None:
        head = bytearray(encode_png(np.zeros((8, 8), np.uint8)))
        head[16:24] = (60_000).to_bytes(4, "big") * 2  # says that it has 3.6 gigapixels
        head[29:33] = zlib.crc32(head[12:29]).to_bytes(4, "big")
        told = problem_of(client.post("/analyze", json=as_json(bytes(head))), 422)
        assert "megapixels, found 60000 x 60000; reduce it first" in told
        assert client.post("/analyze", json=as_json(empty)).status_code == 200

    @pytest.mark.parametrize(
        ("content", "kind", "status", "told"),
        [
            (b"{", "application/json", 422, 'expected {"pictures": [{"content": BASE64}]}, found'),
            (b'"' * 3, "application/json", 422, "found something else"),
            (b'{"pictures": [{}]}', "application/json", 422, "expected content in the JSON"),
            (b'{"pictures": []}', "application/json", 422, "expected 1 to 50 pictures"),
            (b'{"pictures": [{"content": "?"}]}', "application/json", 422, "found something else"),
            (b'{"pictures": [], "more": 1}', "application/json", 422, "found 'more'"),
            (b"[" * 100_000, "application/json", 422, "it is nested too deeply"),
            (b"\xff\xfe", "application/json", 422, "found something else"),
            (b"", FORM, 400, "expected a form with files in pictures, found another"),
            (b"x", f"{FORM}; boundary=a", 400, "expected a form with files in pictures"),
            (b"x", "text/plain", 415, "expected pictures as multipart/form-data or application"),
            (b"", "", 415, "expected pictures as multipart/form-data or application/json"),
        ],
    )
    def test_what_is_no_request(
        self, client: httpx.Client, content: bytes, kind: str, status: int, told: str
    ) -> None:
        headers = {"content-type": kind} if kind else {}
        answer = client.post("/analyze", content=content, headers=headers)
        assert told in problem_of(answer, status)

    def test_other_fields_of_a_form(self, client: httpx.Client, empty: bytes) -> None:
        for sent in (
            {"files": [("photo", ("a.png", empty))]},
            {"files": files(("a.png", empty)), "data": {"more": "x"}},
            {"files": [("x", ("a.png", empty))], "data": {"pictures": "text"}},
        ):
            told = problem_of(client.post("/analyze", **sent), 422)  # type: ignore[arg-type]
            assert told.startswith("expected files in pictures and nothing else, found the field '")

    def test_too_many(self, client: httpx.Client) -> None:
        told = problem_of(client.post("/analyze", json=as_json(*[b"x"] * 51)), 422)
        assert told == "expected 1 to 50 pictures in pictures, found 51"
        many = files(*[("a.png", b"x")] * 51)
        assert "expected a form with files" in problem_of(client.post("/analyze", files=many), 400)

    def test_much_json(self, client: httpx.Client) -> None:
        told = problem_of(client.post("/analyze", json=as_json(bytes(15_000_000))), 413)
        assert told == (
            "expected at most 16 MB of JSON, found 20 MB; send the pictures as files of a form"
        )

    def test_two_pictures_as_one(self, client: httpx.Client, empty: bytes) -> None:
        told = problem_of(client.post("/analyze?annotated", json=as_json(empty, empty)), 422)
        assert told == "expected one picture with annotated, found 2; send them one by one"

    def test_other_wishes(self, client: httpx.Client, empty: bytes) -> None:
        answer = client.post("/analyze?finder=cascade&search=deep", json=as_json(empty))
        told = problem_of(answer, 422)
        assert told.startswith("expected a request as /api/v1/docs describes it, found another: ")
        assert [each["where"] for each in answer.json()["errors"]] == [
            "query.finder", "query.search",
        ]  # fmt: skip
        assert "cascade" not in answer.text  # whoever sent it knows it

    def test_what_is_too_large_is_not_read(self, served: str, make_token: MakeToken) -> None:
        small = make_token("analyze", most_bytes=10_000)
        body = json.dumps(as_json(bytes(20_000))).encode()
        headers = {"content-type": "application/json"}

        def in_pieces() -> Iterator[bytes]:
            yield from (body[start : start + 1_000] for start in range(0, len(body), 1_000))

        with client_of(served, small) as client:
            for content in (body, in_pieces()):  # the second does not say how long it is
                told = problem_of(client.post("/analyze", content=content, headers=headers), 413)
                assert told.startswith("expected a request of at most 10 kB, found a larger one")

    def test_when_too_many_wait(
        self, client: httpx.Client, empty: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(readers.READERS, "_most", 1)
        answer = client.post("/analyze", json=as_json(empty, empty))
        assert problem_of(answer, 503) == (
            "expected fewer pictures at a time, found that too many wait; try again"
        )
        assert answer.headers["retry-after"] == "2"
        assert client.post("/analyze", json=as_json(empty)).status_code == 200


class TestReaders:
    def test_the_event_loop_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What reads a picture may take as long as it likes: the loop carries everybody's video."""
        beats, go_on = [], threading.Event()

        def wait(*_: object) -> None:
            assert go_on.wait(60)
            raise EmotionCoreError("read")

        monkeypatch.setattr(readers, "read_image_apart", wait)

        async def play() -> list[object]:
            reading = asyncio.ensure_future(PictureReaders().read([Sent("a", b"")] * 3, Wish()))
            for _ in range(50):
                await asyncio.sleep(0.001)
                beats.append(reading.done())
            go_on.set()
            return list(await reading)

        found = asyncio.run(play())
        assert beats == [False] * 50
        assert [str(each) for each in found] == ["read"] * 3

    def test_what_ended_makes_room(self, empty: bytes) -> None:
        small = PictureReaders(at_a_time=1, most_waiting=1)

        async def play() -> None:
            for _ in range(3):
                await small.read([Sent("a", empty)] * 2, Wish())
            with pytest.raises(BusyError):
                await small.read([Sent("a", empty)] * 3, Wish())

        asyncio.run(play())


def test_nothing_of_a_picture_is_logged(
    client: httpx.Client, empty: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    client.post("/analyze", files=files(("anna schmidt.png", empty[:40])))
    client.post("/analyze", files=files(("anna schmidt.png", empty)))
    assert "anna" not in caplog.text
