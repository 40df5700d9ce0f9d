"""Hands that are actors of a Ray cluster: one on each core of each node.

An actor that dies, alone or with its node, is lost with the part that it was at: another does that
anew, and there is a new actor as soon as there is a core. Cores of nodes that come later get one.
"""

from __future__ import annotations

import itertools
import logging
import os
import time
from typing import Any, Final

from emotion_core.errors import EmotionCoreError
from emotion_core.recorded.cluster.actor import Reader, versions
from emotion_core.recorded.cluster.counts import Counts
from emotion_core.recorded.pool.engine import Told
from emotion_core.system.storage.folders import PROJECT

#: How the names of variables begin that nodes are to have as this machine has them.
_OWN_VARIABLES: Final = "EMOTION_"
# Seconds between two looks for cores of nodes that came.
_GROW_EVERY: Final = 5.0
# Seconds in which actors put away what they have.
_LEAVE_LIMIT: Final = 5.0
# So many actors in a row that never worked mean that none will.
_MOST_STILLBORN: Final = 5


class RayEngine:
    """Hands that are actors; connects when it is made, and lets go of the cluster when closed.

    Args:
        address: of the cluster that this machine belongs to, as ``ray start`` says it; None is the
            one that was started here.
        most: hands at most; None is one for each core.
        reader: class of the actors.

    Raises:
        EmotionCoreError: Ray is not installed, or there is no such cluster.
    """

    #: A node that dies takes its part along; a video that kills three actors is to blame itself.
    tries: Final = 3

    def __init__(
        self, address: str | None = None, most: int | None = None, *, reader: type = Reader
    ) -> None:
        self._ray = _connected(address)
        self._actor_class = self._ray.remote(num_cpus=1)(reader)
        self._most = most
        self._actors: dict[int, Any] = {}
        self._under_way: dict[Any, int] = {}  # by Ray's reference of what is awaited, the hand
        self._coming: set[int] = set()
        self._free: list[int] = []
        self._numbers = itertools.count()
        self._stillborn = 0
        self._grown = -_GROW_EVERY
        self._counts = Counts(self._ray)
        self._grow()

    def free(self) -> list[int]:
        """Return the numbers of the hands that wait for something to do."""
        return [*self._free]

    def give(self, hand: int, request: dict[str, Any]) -> None:
        """Have a free hand do what `Worker.answer` is to do."""
        self._free.remove(hand)
        awaited = getattr(self._actors[hand], request["do"]).remote(request)
        self._under_way[awaited] = hand

    def told(self, seconds: float) -> list[Told]:
        """Return what hands have said since the last call; wait for it so long at most.

        Raises:
            EmotionCoreError: actors do not start, or nodes have other versions than this machine.
        """
        self._grow()
        awaited = [*self._under_way]
        if not awaited:
            time.sleep(seconds)
            return []
        done, _ = self._ray.wait(awaited, num_returns=1, timeout=seconds)
        if done:
            done, _ = self._ray.wait(awaited, num_returns=len(awaited), timeout=0)
        return [told for each in done if (told := self._taken(each)) is not None]

    def about(self) -> str:
        """Return who is at work, and what they have done, as Ray counts it."""
        waiting = f"{len(self._coming)} waiting for a core" if self._coming else ""
        return ", ".join(filter(None, (self._counts.told(), waiting)))

    def close(self) -> None:
        """End all actors and let go of the cluster."""
        self._counts.close()
        left = [self._actors[hand].leave.remote() for hand in self._free]
        if left:
            self._ray.wait(left, num_returns=len(left), timeout=_LEAVE_LIMIT)
        for hand in [*self._actors]:
            self._forget(hand)
        self._ray.shutdown()

    def _taken(self, awaited: Any) -> Told | None:
        """Return what came of something; None of an actor that has come to work, or never will."""
        hand = self._under_way.pop(awaited)
        try:
            answer = self._ray.get(awaited)
        except self._ray.exceptions.RayError as error:
            self._forget(hand)
            reason = _first_line(error)
            if hand not in self._coming:
                return Told(hand, lost=reason)
            self._coming.discard(hand)
            self._stillborn += 1
            if self._stillborn >= _MOST_STILLBORN:
                raise EmotionCoreError(
                    f"expected the nodes of the cluster to start this program, found that "
                    f"{self._stillborn} actors in a row did not ({reason}); install it on each in "
                    f"{PROJECT}, with requirements.lock and requirements-cluster.txt"
                ) from error
            return None
        self._free.append(hand)
        if hand in self._coming:
            self._coming.discard(hand)
            self._stillborn = 0
            _compare(*answer)
            return None
        return Told(hand, answer=answer.get("answer"), problem=answer.get("problem"))

    def _grow(self) -> None:
        """Have an actor for each core, from time to time."""
        now = time.monotonic()
        if now - self._grown < _GROW_EVERY:
            return
        self._grown = now
        cores = int(self._ray.cluster_resources().get("CPU", 0))
        wanted = cores if self._most is None else min(cores, self._most)
        for _ in range(max(1, wanted) - len(self._actors)):
            hand = next(self._numbers)
            self._actors[hand] = self._actor_class.remote()
            self._coming.add(hand)
            self._under_way[self._actors[hand].versions.remote()] = hand

    def _forget(self, hand: int) -> None:
        """Let go of an actor; one that only cannot be reached ends its work."""
        self._ray.kill(self._actors.pop(hand))
        self._grown = -_GROW_EVERY


def _connected(address: str | None) -> Any:
    """Return the module ray, connected to a cluster."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers
    try:
        import ray
    except ImportError:
        raise EmotionCoreError(
            "--engine ray: expected the package ray, found that it is not installed; run "
            "pip install -r requirements-cluster.txt here and on each node"
        ) from None
    own = {name: value for name, value in os.environ.items() if name.startswith(_OWN_VARIABLES)}
    try:
        ray.init(
            address=address or "auto",
            runtime_env={"env_vars": own | {"PYTHONPATH": str(PROJECT)}},
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise EmotionCoreError(
            f"--address: expected a Ray cluster{f' at {address}' if address else ''}, found that "
            f"there is none to connect to ({_first_line(error)}); start one with ray start --head"
        ) from error
    return ray


def _compare(node: str, found: dict[str, str]) -> None:
    """Raise an error where a node would read videos otherwise than this machine."""
    for name, expected in versions().items():
        if found.get(name) != expected:
            raise EmotionCoreError(
                f"expected {name} {expected} on each node, as here, found {found.get(name)} on "
                f"{node}; install requirements.lock there, so that all read alike"
            )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
