"""The engine of one machine: each hand is a process, see `emotion_core.recorded.pool.worker`."""

from __future__ import annotations

import queue
import threading
from typing import Any, Final

from emotion_core.recorded.pool.engine import Told
from emotion_core.system.processes.children import Child, ChildEndedError, ChildError
from emotion_core.system.storage.leftovers import sweep_temporary

_WORKER: Final = "emotion_core.recorded.pool.worker"


class ProcessEngine:
    """Hands that are processes of this machine; each starts when it first has something to do.

    Args:
        workers: how many.
    """

    #: A process that dies here does so again, most likely: of its part, or as memory runs out.
    tries: Final = 1

    def __init__(self, workers: int) -> None:
        self._requests: list[queue.SimpleQueue[dict[str, Any] | None]] = [
            queue.SimpleQueue() for _ in range(workers)
        ]
        self._told: queue.SimpleQueue[Told | BaseException] = queue.SimpleQueue()
        self._threads: dict[int, threading.Thread] = {}
        self._busy: set[int] = set()
        self._closing = False

    def free(self) -> list[int]:
        """Return the numbers of the hands that wait for something to do."""
        return [hand for hand in range(len(self._requests)) if hand not in self._busy]

    def give(self, hand: int, request: dict[str, Any]) -> None:
        """Have a free hand do what `Worker.answer` is to do."""
        if hand not in self._threads:
            thread = threading.Thread(target=self._work, args=(hand,), name=f"videos-{hand}")
            thread.start()
            self._threads[hand] = thread
        self._busy.add(hand)
        self._requests[hand].put(request)

    def told(self, seconds: float) -> list[Told]:
        """Return what hands have said since the last call; wait for it so long at most.

        Raises:
            OSError: a process cannot be started.
        """
        told: list[Told] = []
        try:
            while True:
                each = self._told.get(timeout=0 if told else seconds)
                if isinstance(each, BaseException):
                    raise each
                if each.share is None:
                    self._busy.discard(each.hand)
                told.append(each)
        except queue.Empty:
            return told

    def about(self) -> str:
        """Return nothing: who is at work here is known."""
        return ""

    def close(self) -> None:
        """End all hands; what they are at is not done."""
        self._closing = True
        for requests in self._requests:
            requests.put(None)
        for thread in self._threads.values():
            thread.join()
        sweep_temporary()  # a video that was brought from an address

    def _work(self, hand: int) -> None:
        """Do one part after the other, in a thread of this hand."""
        child: Child | None = None

        def tell(share: float) -> None:
            if self._closing:
                raise _ClosedError
            self._told.put(Told(hand, share=share))

        try:
            while (request := self._requests[hand].get()) is not None:
                if child is None or not child.running:
                    child = Child(_WORKER)
                try:
                    self._told.put(Told(hand, answer=child.ask(request, progress=tell)))
                except ChildEndedError as error:
                    self._told.put(Told(hand, lost=error.reason))
                except ChildError as error:
                    self._told.put(Told(hand, problem=error.reason))
        except _ClosedError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._told.put(error)
        finally:
            if child is not None:
                child.close()


class _ClosedError(Exception):
    """Nobody waits for the work any more."""
