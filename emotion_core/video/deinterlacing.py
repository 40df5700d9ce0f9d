"""Whole pictures from interlaced video: television and camcorders film half a picture at a time.

The two halves of such a frame, its odd and its even lines, were taken one after the other: whatever
moves has a comb at its edges, and a detector sees stripes where a face is.
"""

from __future__ import annotations

from typing import Final

import av
from av.error import BlockingIOError as NothingYet
from av.error import EOFError as NothingMore
from av.filter import Graph

# Bob Weaver Deinterlacing Filter of FFmpeg: one frame for each, and those as they are that say of
# themselves that they are whole.
_FILTER: Final = ("bwdif", "mode=send_frame:parity=auto:deint=interlaced")


class Deinterlacer:
    """Gives each interlaced frame back as a whole one, with the time of its first half.

    As long as all are whole, they come back as they are, and at once. From the first interlaced one
    on, each comes when the next one is given, for its neighbours tell what moves.
    """

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._kind: tuple[object, ...] = ()

    def feed(self, frame: av.VideoFrame) -> list[av.VideoFrame]:
        """Take one frame, and return those that are ready.

        Args:
            frame: as it was decoded, of any size and pixel format, with a time.
        """
        if self._graph is None and not frame.interlaced_frame:
            return [frame]
        kind = (frame.width, frame.height, frame.format.name, frame.time_base)
        ready = []
        if self._graph is None or kind != self._kind:
            ready = self.flush()
            self._graph, self._kind = _graph_for(frame), kind
        self._graph.vpush(frame)
        return ready + _pulled(self._graph)

    def flush(self) -> list[av.VideoFrame]:
        """Return the frame that waits for the next one, if there is one: none will come."""
        graph, self._graph = self._graph, None
        if graph is None:
            return []
        graph.vpush(None)
        return _pulled(graph)


def _graph_for(frame: av.VideoFrame) -> Graph:
    graph = Graph()
    graph.threads = 1  # the decoder has the other cores
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    graph.link_nodes(source, graph.add(*_FILTER), graph.add("buffersink")).configure()
    return graph


def _pulled(graph: Graph) -> list[av.VideoFrame]:
    frames = []
    while True:
        try:
            frames.append(graph.vpull())
        except (NothingYet, NothingMore):
            return frames
