"""A viewer without a browser: Streamlit's websocket and a WebRTC connection, as the page has them.

It runs the app's own pages in the app's own process, presses their buttons and streams video to the
live page, at a hundredth of what a browser costs.
"""

from __future__ import annotations

import asyncio
import fractions
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from urllib.parse import urlsplit

import av
import httpx
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

#: Seconds that anything may take on a busy machine.
PATIENCE: Final = 120.0

#: Stands on the live page as long as faces are read.
PLAYING: Final = "Details"

_CLOCK: Final = 90_000
# What a part of the page that refreshes itself is asked for, at most.
_SHORTEST_REFRESH: Final = 0.5


class Camera(VideoStreamTrack):
    """A camera that shows the same pictures over and over.

    Args:
        pictures: uint8 ``[H, W, 3]``, BGR.
        rate: frames a second.

    Attributes:
        sent: frames so far.
    """

    def __init__(self, pictures: Sequence[np.ndarray], rate: float) -> None:
        super().__init__()
        self._frames = [av.VideoFrame.from_ndarray(each, format="bgr24") for each in pictures]
        self._rate = rate
        self._began: float | None = None
        self.sent = 0

    async def recv(self) -> av.VideoFrame:
        """Return the next frame when it is due."""
        now = time.monotonic()
        if self._began is None:
            self._began = now
        await asyncio.sleep(max(0.0, self._began + self.sent / self._rate - now))
        frame = self._frames[self.sent % len(self._frames)]
        frame.pts = round(self.sent * _CLOCK / self._rate)
        frame.time_base = fractions.Fraction(1, _CLOCK)
        self.sent += 1
        return frame


class Visitor:
    """One viewer with one page open; made by `visiting`.

    Attributes:
        came_back: when each frame of the video came back, by ``time.monotonic``.
        errors: what the app's pages could not be run for.
        cookies: as a browser keeps them.
        runs: runs of the page that have ended.
    """

    def __init__(self, url: str, cookies: dict[str, str], headers: dict[str, str]) -> None:
        self._url = url
        self._headers = headers
        self.cookies = cookies
        self.came_back: list[float] = []
        self.errors: list[str] = []
        self.runs = 0
        self._socket: ClientConnection | None = None
        self._listening: asyncio.Task[None] | None = None
        self._refreshing: dict[str, asyncio.Task[None]] = {}
        self._watching: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()
        self._cached: dict[str, ForwardMsg] = {}
        self._page = ""
        self._query = ""
        # By id: the newest of each, and the run that it came with.
        self._elements: dict[str, tuple[Any, str, str]] = {}
        self._texts: dict[tuple[int, ...], tuple[str, str, str]] = {}
        self._seen: set[Any] = set()
        self._run = ""
        self._fragments: set[str] = set()
        self._states: dict[str, WidgetState] = {}
        self._peer: RTCPeerConnection | None = None

    async def open(self, page: str = "") -> None:
        """Open a page, as a new tab would: first what a browser asks for, then the websocket.

        Args:
            page: such as ``sessions?session=20261128-101500``.
        """
        page, _, self._query = page.partition("?")
        trusting = _trusting(self._url)
        # Names in localhost lead here, whatever looks names up for Python.
        where = urlsplit(self._url)
        local = where._replace(netloc=f"127.0.0.1:{where.port}").geturl()
        own = {"Host": where.netloc, **self._headers}
        async with httpx.AsyncClient(verify=trusting or False, cookies=self.cookies) as client:
            got = await client.get(
                f"{local}{page}",
                headers={"Accept": "text/html", **own},
                timeout=PATIENCE,
                extensions={"sni_hostname": where.hostname},
            )
            got.raise_for_status()
            self.cookies |= dict(got.cookies)
            host = await client.get(
                f"{local}_stcore/host-config",
                headers=own,
                timeout=PATIENCE,
                extensions={"sni_hostname": where.hostname},
            )
            self.cookies |= dict(host.cookies)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        kind = "wss" if where.scheme == "https" else "ws"
        self._socket = await connect(
            f"{kind}://{where.netloc}{where.path}_stcore/stream",
            host="127.0.0.1",
            port=where.port,
            ssl=trusting,
            subprotocols=["streamlit", self.cookies.get("_streamlit_xsrf", "none")],  # type: ignore[list-item]
            additional_headers={"Cookie": cookie, **self._headers},
            max_size=None,
            open_timeout=PATIENCE,
            proxy=None,
        )
        self._listening = asyncio.create_task(self._listen())
        self._page = page
        await self.rerun(page_name=page)
        await self.until(lambda: self.runs > 0)

    async def until(self, true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Wait until something is true of what came, and return it.

        Raises:
            AssertionError: it has not come true, or the connection is over.
        """
        deadline = time.monotonic() + seconds
        while not (found := true()):
            if self.is_over or time.monotonic() > deadline:
                if self.is_over and (error := self._listening.exception()):
                    raise error
                shown = sorted({text[:200] for text, *_ in self._texts.values()})
                raise AssertionError(
                    f"not so within {seconds:g} s: {self.errors[-2:]}, "
                    f"{[_label(each[0]) for each in self._elements.values()]}, {shown}"
                )
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 0.25)
        return found

    @property
    def is_over(self) -> bool:
        """Whether the connection has ended."""
        return self._listening is not None and self._listening.done()

    def find(self, label: str) -> Any | None:
        """Return the widget with this label, or of this kind; None where there is none."""
        for element, *_ in reversed(self._elements.values()):
            if label in (_label(element), element.WhichOneof("type")):
                return getattr(element, element.WhichOneof("type"))
        return None

    def says(self, part: str) -> bool:
        """Tell whether a text of the page holds ``part``."""
        return any(part in text for text, *_ in self._texts.values())

    async def press(self, label: str) -> None:
        """Press a button once it can be pressed."""

        def ready() -> Any | None:
            found = self.find(label)
            return found if found is not None and not found.disabled else None

        button = await self.until(ready)
        self._states[button.id] = WidgetState(id=button.id, trigger_value=True)
        await self.rerun(of=button.id)
        self._states.pop(button.id, None)

    async def tick(self, label: str) -> None:
        """Tick a box or switch a toggle on."""
        box = await self.until(lambda: self.find(label))
        self._states[box.id] = WidgetState(id=box.id, bool_value=True)
        await self.rerun(of=box.id)

    async def choose(self, label: str, value: str) -> None:
        """Choose one of several, or type another, in a field that takes it."""
        field = await self.until(lambda: self.find(label))
        self._states[field.id] = WidgetState(id=field.id, string_value=value)
        await self.rerun(of=field.id)

    async def rerun(
        self, *, of: str = "", fragment: str = "", page_name: str | None = None, auto: bool = False
    ) -> None:
        """Ask for a run of the page, or of the part of it that a widget is in."""
        assert self._socket is not None
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        state.page_name = page_name or ""
        state.page_script_hash = "" if page_name is not None else self._page_hash
        state.fragment_id = fragment or (self._elements[of][2] if of in self._elements else "")
        state.is_auto_rerun = auto
        state.cached_message_hashes.extend(self._cached)
        state.widget_states.widgets.extend(self._states.values())
        state.context_info.timezone = "UTC"
        state.context_info.url = f"{self._url}{self._page}"
        await self._socket.send(message.SerializeToString())

    _page_hash = ""

    async def start(self, camera: MediaStreamTrack) -> None:
        """Press Start: send the camera's video, and wait until its frames come back."""
        peer = self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peer.addTrack(camera)
        peer.on("track", self._watch)
        await peer.setLocalDescription(await peer.createOffer())
        await self._tell_streamer(
            playing=False,
            sdpOffer={"sdp": peer.localDescription.sdp, "type": peer.localDescription.type},
        )
        answer = await self.until(self._answer)
        await peer.setRemoteDescription(RTCSessionDescription(**answer))
        await self._tell_streamer(playing=True)
        begun = len(self.came_back)
        await self.until(lambda: len(self.came_back) > begun)

    async def offer(self, camera: MediaStreamTrack) -> None:
        """Press Start, and go no further than the offer."""
        peer = self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peer.addTrack(camera)
        await peer.setLocalDescription(await peer.createOffer())
        await self._tell_streamer(
            playing=False,
            sdpOffer={"sdp": peer.localDescription.sdp, "type": peer.localDescription.type},
        )

    async def stop(self) -> None:
        """Press Stop."""
        await self._tell_streamer(playing=False)
        await self._hang_up()
        await self.until(lambda: self._answer() is None)  # it would be taken for the next one's

    async def record(self, *, purpose: str = "", with_video: bool = False) -> None:
        """Agree and press Record, and wait until frames are being written."""
        if purpose:
            await self.choose("What is it for?", purpose)
        await self.tick("Everyone in view has agreed to be recorded.")
        if with_video:
            await self.tick("Keep the video too")
        await self.press("Record")
        await self.until(lambda: self.says("**Recording**"))

    async def go(self, page: str) -> None:
        """Open another page by its link: the video's frame goes, and the video with it."""
        await self._hang_up()
        self._page = page
        self._states.clear()
        runs = self.runs
        await self.rerun(page_name=page)
        await self.until(lambda: self.runs > runs)

    async def leave(self) -> None:
        """Close the tab: the browser hangs up."""
        await self._hang_up()
        await self._close()

    async def vanish(self) -> None:
        """Be gone, as when the browser is killed: nobody says good-bye."""
        if self._socket is not None:
            self._socket.transport.abort()
        peer, self._peer = self._peer, None
        if peer is not None:
            for sender in peer.getSenders():
                # The ports fall silent, and nothing is sent about it.
                for pair in sender.transport.transport._connection._check_list:
                    pair.protocol.transport.abort()
            with suppress(Exception):
                await asyncio.wait_for(peer.close(), 5)
        await self._close()

    async def _close(self) -> None:
        tasks = [*self._refreshing.values(), *self._watching]
        for task in tasks:
            task.cancel()
        if self._socket is not None:
            with suppress(Exception):
                await asyncio.wait_for(self._socket.close(), 5)
        if self._listening is not None:
            tasks.append(self._listening)
            self._listening.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _hang_up(self) -> None:
        peer, self._peer = self._peer, None
        if peer is not None:
            await peer.close()

    def _answer(self) -> Any | None:
        streamer = self.find("component_instance")
        arguments = json.loads(streamer.json_args) if streamer is not None else {}
        answer = arguments.get("sdp_answer_json")
        return json.loads(answer) if answer else None

    async def _tell_streamer(self, **value: Any) -> None:
        streamer = await self.until(lambda: self.find("component_instance"))
        self._states[streamer.id] = WidgetState(id=streamer.id, json_value=json.dumps(value))
        await self.rerun(of=streamer.id)

    def _watch(self, track: MediaStreamTrack) -> None:
        self._watching.append(asyncio.create_task(self._read(track)))

    async def _read(self, track: MediaStreamTrack) -> None:
        with suppress(Exception):  # the track's own word for its end
            while True:
                await track.recv()
                self.came_back.append(time.monotonic())
                self._changed.set()

    async def _listen(self) -> None:
        assert self._socket is not None
        with suppress(ConnectionClosed, OSError):
            async for payload in self._socket:
                message = ForwardMsg.FromString(payload)  # type: ignore[arg-type]
                self._take(message)
                self._changed.set()
        self._changed.set()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            known = ForwardMsg()
            known.CopyFrom(self._cached[message.ref_hash])
            known.metadata.CopyFrom(message.metadata)
            message, kind = known, known.WhichOneof("type")
        elif message.metadata.cacheable and message.hash:
            self._cached[message.hash] = message
        if kind == "new_session":
            self._run = message.metadata.run.script_run_id
            self._fragments = set(message.metadata.run.fragment_ids)
            if not self._fragments:
                for task in self._refreshing.values():
                    task.cancel()
                self._refreshing.clear()
        elif kind == "navigation":
            # A new session names the page that a script begins with, not the one it leads to.
            self._page_hash = message.navigation.page_script_hash
        elif kind == "delta":
            self._show(message)
        elif kind == "auto_rerun":
            self._refresh(message.auto_rerun)
        elif kind == "script_finished":
            # One that is cut short by the next shows nothing that is missing now.
            if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                self._end_run()
        elif kind == "session_event" and message.session_event.WhichOneof("type") == (
            "script_compilation_exception"
        ):
            self.errors.append(str(message.session_event))

    def _show(self, message: ForwardMsg) -> None:
        delta = message.delta
        path = tuple(message.metadata.delta_path)
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(f"{element.exception.type}: {element.exception.message}")
        content = getattr(element, kind)
        if id_ := getattr(content, "id", ""):
            self._elements.pop(id_, None)
            self._elements[id_] = element, self._run, delta.fragment_id
        text = next(
            (getattr(content, name) for name in ("body", "html") if hasattr(content, name)), ""
        )
        self._texts[path] = text, self._run, delta.fragment_id

    def _end_run(self) -> None:
        def stays(run: str, fragment: str) -> bool:
            return run == self._run or (bool(self._fragments) and fragment not in self._fragments)

        self._elements = {
            id_: each for id_, each in self._elements.items() if stays(each[1], each[2])
        }
        self._texts = {path: each for path, each in self._texts.items() if stays(each[1], each[2])}
        self.runs += 1

    def _refresh(self, wish: Any) -> None:
        if (running := self._refreshing.get(wish.fragment_id)) is not None:
            running.cancel()

        async def again() -> None:
            with suppress(ConnectionClosed):
                while True:
                    await asyncio.sleep(max(_SHORTEST_REFRESH, wish.interval))
                    await self.rerun(fragment=wish.fragment_id, auto=True)

        self._refreshing[wish.fragment_id] = asyncio.create_task(again())


@asynccontextmanager
async def visiting(
    url: str,
    page: str = "",
    *,
    cookies: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> AsyncIterator[Visitor]:
    """Be a viewer until the block ends.

    Args:
        url: of the app, with a slash at its end.
        page: which one to open.
        cookies: those of an earlier visit.
        headers: that go with every request, such as a password.
    """
    visitor = Visitor(url, cookies if cookies is not None else {}, headers or {})
    try:
        await visitor.open(page)
        yield visitor
    finally:
        await visitor.leave()


def _trusting(url: str) -> ssl.SSLContext | None:
    if not url.startswith("https:"):
        return None
    context = ssl.create_default_context()
    context.check_hostname = False  # Caddy's own certificate
    context.verify_mode = ssl.CERT_NONE
    return context


def _label(element: Any) -> str:
    content = getattr(element, element.WhichOneof("type"))
    return str(getattr(content, "label", ""))
