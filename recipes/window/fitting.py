"""Networks that learn side by side from the same views, each step one CUDA graph.

A small network leaves most of a large GPU idle, and starting kernels one by one takes longer than
running them. So a step is recorded once as a graph, and the members of a cohort replay theirs on
streams of their own. On a CPU the same steps simply run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as nn
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Module

#: Steps that are taken, and undone, before the one that is recorded.
WARM_UP: Final = 3
#: Faces judged at a time.
CHUNK: Final = 4096


@dataclass(frozen=True)
class Schedule:
    """How the weights are changed.

    Attributes:
        optimizer: ``sgd``, with Nesterov's momentum 0.9, or ``adamw``.
        rate: peak learning rate, after warm-up; it then falls to 0 along a cosine.
        warmup: share of all steps over which it rises.
        decay: weight decay of matrices; biases and batch norm are exempt.
        batch: faces a step.
        average: share of its old value that the running mean of the weights keeps a step.
    """

    optimizer: str
    rate: float
    warmup: float
    decay: float
    batch: int
    average: float = 0.998


@dataclass(frozen=True)
class Distillation:
    """How a network learns from a face and what the teachers say of it and its mirror image.

    Attributes:
        mix: which mean of the teachers teaches, a key of ``bank.MIXES``.
        weight: share of the loss that is the divergence from the teachers, 0..1.
        temperature: divisor of the logits in that divergence.
        paired: learn from each face and its mirror image in the same step.
    """

    mix: str
    weight: float = 0.8
    temperature: float = 1.0
    paired: bool = True


def bfloat16(device: torch.device) -> Any:
    """Return the context in which convolutions compute in bfloat16 on a GPU."""
    if device.type != "cuda":
        return nullcontext()
    # A graph must cast the weights anew at each replay, so casts are not kept.
    return torch.autocast("cuda", torch.bfloat16, cache_enabled=False)


class Member:
    """One network of a cohort.

    Args:
        name: for the log.
        network: on its device.
        schedule: how its weights are changed.
        indices: the images it learns from, int64 ``[M]`` into the cohort's views.
        seed: of the order of the images.
        distillation: from what it learns beside the labels; None: from the labels alone.
        compiled: run the steps through TorchInductor, which joins batch norm, ReLU and dropout
            into single passes over memory; it takes half a minute to begin with.
    """

    def __init__(
        self,
        name: str,
        network: Module,
        schedule: Schedule,
        indices: NDArray[np.int64],
        seed: int,
        distillation: Distillation | None = None,
        compiled: bool = False,
    ) -> None:
        self.forward: Any = torch.compile(network) if compiled else network
        self.name, self.network, self.schedule = name, network, schedule
        self.indices, self.distillation = indices, distillation
        self.random = np.random.default_rng(seed)
        self.parameters = [each for each in network.parameters() if each.requires_grad]
        self.matrices = [each for each in self.parameters if each.ndim > 1]
        self.device = self.parameters[0].device
        zeros = [torch.zeros_like(each) for each in self.parameters]
        self.first, self.second = zeros, [each.clone() for each in zeros]
        #: What is averaged: weights, and the moments of batch norm.
        self.values = [each for each in network.state_dict().values() if each.is_floating_point()]
        self.averages = [each.clone() for each in self.values]
        self.step_number = torch.zeros(1, dtype=torch.int64, device=self.device)
        self.loss = torch.zeros((), device=self.device)
        self.right = torch.zeros((), device=self.device)
        self.stream = torch.cuda.Stream() if self.device.type == "cuda" else None
        self.graph: torch.cuda.CUDAGraph | None = None

    def plan(self, steps: int, epochs: int) -> None:
        """Make room for the rate of every step and the order of an epoch's images."""
        self.steps = steps
        self.order = torch.zeros(steps, self.schedule.batch, dtype=torch.int64, device=self.device)
        self.rates = torch.zeros(steps * epochs, device=self.device)
        self.plan_rates(epochs)

    def plan_rates(self, epochs: int) -> None:
        """Set the learning rate of every step, in place: a recorded step reads it there."""
        total = self.steps * epochs
        warmup = max(1, round(total * self.schedule.warmup))
        number = np.arange(total)
        rising = (number + 1) / warmup
        falling = 0.5 * (
            1 + np.cos(math.pi * np.minimum(1, (number - warmup + 1) / max(1, total - warmup)))
        )
        rates = self.schedule.rate * np.where(number < warmup, rising, falling)
        self.rates[:total].copy_(torch.tensor(rates, dtype=torch.float32))

    def shuffle(self) -> None:
        """Draw the order of an epoch's images."""
        needed = self.steps * self.schedule.batch
        order = np.concatenate(
            [self.random.permutation(self.indices) for _ in range(-(-needed // len(self.indices)))]
        )
        self.order.copy_(torch.from_numpy(order[:needed].reshape(self.order.shape)))
        self.loss.zero_()
        self.right.zero_()

    def record(self, views: Tensor, labels: Tensor, teaching: dict[str, Tensor]) -> None:
        """Record a step on a GPU; the weights stay as they are."""

        def step() -> None:
            self._step(views, labels, teaching)

        self.step = step
        if self.stream is None:
            return
        before = self.state()
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            try:
                step()
            except Exception as error:
                if self.forward is self.network:
                    raise
                print(f"{self.name}: not compiled: {error!r:.300}", flush=True)
                self.forward = self.network
            for _ in range(WARM_UP):
                step()
        torch.cuda.current_stream().wait_stream(self.stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph, stream=self.stream):
            step()
        self.restore(before)

    def state(self) -> list[Tensor]:
        """Return copies of everything that steps change."""
        state = [*self.values, *self.averages, *self.first, *self.second, self.step_number]
        return [each.clone() for each in state]

    def restore(self, state: Sequence[Tensor]) -> None:
        """Put back what ``state`` returned."""
        current = [*self.values, *self.averages, *self.first, *self.second, self.step_number]
        for value, earlier in zip(current, state, strict=True):
            value.copy_(earlier)

    def play(self) -> None:
        """Take a step."""
        if self.graph is None or self.stream is None:
            self.step()
            return
        with torch.cuda.stream(self.stream):
            self.graph.replay()

    # One step -------------------------------------------------------------------------------

    def _step(self, views: Tensor, labels: Tensor, teaching: dict[str, Tensor]) -> None:
        row = self.step_number % self.steps
        chosen = self.order.index_select(0, row)[0]
        faces, targets = views.index_select(0, chosen).float(), labels.index_select(0, chosen)
        with bfloat16(self.device):
            if self.distillation is None:
                logits = self.forward(faces)
                loss = nn.cross_entropy(logits, targets)
            else:
                scores = teaching[self.distillation.mix].index_select(0, chosen)
                if self.distillation.paired:
                    both = self.forward(torch.cat([faces, faces.flip(-1)]))
                    loss = _distilled(
                        both, targets.repeat(2, 1), scores.repeat(2, 1), self.distillation
                    )
                    logits = both[: len(faces)]
                else:
                    logits = self.forward(faces)
                    loss = _distilled(logits, targets, scores, self.distillation)
        gradients = torch.autograd.grad(loss, self.parameters)
        with torch.no_grad():
            rate = self.rates.index_select(0, self.step_number)[0]
            self._update(list(gradients), rate)
            torch._foreach_lerp_(self.averages, self.values, 1 - self.schedule.average)
            self.loss += loss.detach()
            self.right += (logits.argmax(1) == targets.argmax(1)).float().sum()
            self.step_number += 1

    def _update(self, gradients: list[Tensor], rate: Tensor) -> None:
        if self.schedule.optimizer == "sgd":
            decayed = [g for g, p in zip(gradients, self.parameters, strict=True) if p.ndim > 1]
            torch._foreach_add_(decayed, self.matrices, alpha=self.schedule.decay)
            torch._foreach_mul_(self.first, 0.9)
            torch._foreach_add_(self.first, gradients)
            torch._foreach_add_(gradients, self.first, alpha=0.9)
            torch._foreach_mul_(gradients, rate)
            torch._foreach_sub_(self.parameters, gradients)
            return
        torch._foreach_mul_(self.matrices, 1 - rate * self.schedule.decay)
        torch._foreach_lerp_(self.first, gradients, 0.1)
        torch._foreach_mul_(self.second, 0.999)
        torch._foreach_addcmul_(self.second, gradients, gradients, 0.001)
        count = (self.step_number + 1).float()[0]
        change = torch._foreach_div(self.first, 1 - 0.9**count)
        size = torch._foreach_div(self.second, 1 - 0.999**count)
        torch._foreach_sqrt_(size)
        torch._foreach_add_(size, 1e-7)
        torch._foreach_div_(change, size)
        torch._foreach_mul_(change, rate)
        torch._foreach_sub_(self.parameters, change)

    # Judging --------------------------------------------------------------------------------

    def use_averages(self) -> None:
        """Exchange weights and their running mean."""
        for value, average in zip(self.values, self.averages, strict=True):
            kept = value.clone()
            value.copy_(average)
            average.copy_(kept)

    @torch.no_grad()
    def logits(self, faces: Tensor, *, exact: bool = False) -> Tensor:
        """Return float32 ``[N, 7]``; ``exact`` computes in float32."""
        self.network.eval()
        with nullcontext() if exact else bfloat16(self.device):
            parts = [self.network(part.float()) for part in faces.split(CHUNK)]
        self.network.train()
        return torch.cat(parts)


def _distilled(logits: Tensor, targets: Tensor, scores: Tensor, how: Distillation) -> Tensor:
    """Return the loss of faces, from their labels and teachers' logarithms, all ``[N, 7]``."""
    temperature = how.temperature
    softened = nn.log_softmax(scores.float() / temperature, 1)
    student = nn.log_softmax(logits / temperature, 1)
    divergence = (softened.exp() * (softened - student)).sum(1).mean() * temperature**2
    return (1 - how.weight) * nn.cross_entropy(logits, targets) + how.weight * divergence


class Cohort:
    """Members that learn side by side, each from every view.

    Args:
        members: who learns.
        labels: shares of the classes, float32 ``[N, 7]``; ``view`` may change them in place.
        view: called with the number of an epoch, from 0, and a buffer ``[N, 48, 48]``; writes the
            epoch's view into the buffer.
        teaching: buffers of logarithms of teachers' scores ``[N, 7]``, by name.
        clock: returns the seconds since the start.
        log: takes one line.
    """

    def __init__(
        self,
        members: Sequence[Member],
        labels: Tensor,
        view: Callable[[int, Tensor], None],
        clock: Callable[[], float],
        log: Callable[[str], None],
        teaching: dict[str, Tensor] | None = None,
    ) -> None:
        self.members, self.labels, self.view = members, labels, view
        self.clock, self.log, self.teaching = clock, log, teaching or {}
        size = (len(labels), 48, 48)
        kind = torch.float16 if labels.device.type == "cuda" else torch.float32
        self.views = torch.zeros(size, dtype=kind, device=labels.device)
        self.steps = min(max(1, len(each.indices) // each.schedule.batch) for each in members)
        #: Epochs planned and done; what ``take`` was given of the members.
        self.epochs, self.done = 0, 0
        self.earlier: dict[str, list[Tensor]] = {}

    def fit(
        self,
        until: float,
        most: int,
        judge: Callable[[int], None],
        every: int,
        pause: float = math.inf,
    ) -> bool:
        """Train until the clock says ``until``, for ``most`` epochs at the most.

        How many epochs fit is measured before the first one, because the learning rate has to
        reach 0 at the end.

        Returns:
            Whether it is done; False when the clock said ``pause`` before. A cohort of the same
            members that has taken the ``state`` of this one goes on.
        """
        for member in self.members:
            member.plan(self.steps, max(most, 1))
        self.view(0, self.views)
        for member in self.members:
            member.shuffle()
            member.record(self.views, self.labels, self.teaching)
        if not self.epochs:
            seconds = self._epoch_seconds()
            self.epochs = max(1, min(most, int((until - self.clock()) / seconds)))
            self.log(f"an epoch takes {seconds:.2f} s, {self.epochs} of {most} epochs fit")
        for member in self.members:
            if self.earlier:
                member.restore(self.earlier[member.name])
            member.plan_rates(self.epochs)
        while self.done < self.epochs:
            self._epoch(self.done)
            self.done += 1
            if self.done % every == 0 or self.done == self.epochs:
                self._check()
                judge(self.done)
            if self.clock() > pause:
                return False
            if self.clock() > 1.1 * until:
                self.log(f"stopped after {self.done} epochs: the time is up")
                break
        return True

    def state(self) -> dict[str, Any]:
        """Return what another process needs to go on."""
        return {
            "epochs": self.epochs,
            "done": self.done,
            "members": {member.name: member.state() for member in self.members},
            "random": {member.name: member.random.bit_generator.state for member in self.members},
        }

    def take(self, state: dict[str, Any]) -> None:
        """Go on, with the next ``fit``, where the cohort that returned this state paused."""
        self.epochs, self.done, self.earlier = state["epochs"], state["done"], state["members"]
        for member in self.members:
            member.random.bit_generator.state = state["random"][member.name]

    def _epoch_seconds(self) -> float:
        """Time an epoch from a part of one, and undo it."""
        states = [member.state() for member in self.members]
        steps = min(self.steps, 20)
        _wait()
        start = self.clock()
        self.view(0, self.views)
        _wait()
        middle = self.clock()
        for _ in range(steps):
            for member in self.members:
                member.play()
        _wait()
        end = self.clock()
        for member, state in zip(self.members, states, strict=True):
            member.restore(state)
        _wait()
        return (middle - start) + (end - middle) / steps * self.steps

    def _epoch(self, epoch: int) -> None:
        _wait()  # no member may still read the last view
        self.view(epoch, self.views)
        for member in self.members:
            member.shuffle()
        _wait()
        for _ in range(self.steps):
            for member in self.members:
                member.play()
        _wait()

    def _check(self) -> None:
        for member in self.members:
            if not math.isfinite(member.loss.item()):
                self.log(f"{member.name}: the loss is not a number")


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
