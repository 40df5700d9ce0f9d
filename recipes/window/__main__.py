"""``python -m recipes.window``: teachers, bank and students, done when the time is up.

Everything that is known so far is under ``--out`` at every moment, so a run that is killed loses
the stage it is in and no more.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as nn
from torch import Tensor

from recipes.window.bank import MIXES, Bank, save
from recipes.window.faces import Faces, read_mosaics
from recipes.window.fitting import Cohort, Member
from recipes.window.student import DROPOUT, SHAPE, keras_arrays, student
from recipes.window.teachers import teacher
from recipes.window.views import Variation, Views, draw_mixture, mix

#: Shares of the time at whose end each stage ends.
TEACHERS_END, BANK_END, STUDENTS_END = 0.47, 0.6, 0.97
#: Views that the saved bank holds: a file of them is under 16 MiB.
SAVED_VIEWS: Final = 48
#: Seeds of the views; those of a bank may not change while it is used.
TEACHERS_SEED, BANK_SEED = 1, 2
#: The run as it stood when it paused, under ``--out``.
PAUSED_FILE: Final = "paused.pt"


@dataclass(frozen=True)
class Scale:
    """How large everything is."""

    images: int | None = None
    folds: int = 5
    epochs: int = 240
    views: int = 80
    student_epochs: int = 700
    seeds: int = 3
    width: int = 64


TINY: Final = Scale(images=1024, folds=2, epochs=1, views=2, student_epochs=2, seeds=2, width=8)


class Window:
    """The whole run, stage by stage."""

    def __init__(self, options: argparse.Namespace, scale: Scale) -> None:
        self.start = time.monotonic()
        self.out, self.seconds, self.scale = options.out, options.seconds, scale
        self.pause, self.students_only = options.pause, options.students
        self.lines: list[dict[str, Any]] = []
        self.out.mkdir(parents=True, exist_ok=True)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.backends.cudnn.benchmark = True
        training, selecting = read_mosaics(options.data)
        if scale.images:
            training, selecting = training.first(scale.images), selecting.first(scale.images)
        self.training, self.selecting = training, selecting
        self.folds = training.folds(scale.folds)
        self.images, self.labels = self._tensors(training)
        self.shares = nn.one_hot(self.labels, 7).float()
        self.views = Views(self.images, BANK_SEED, Variation(), kept=scale.views)
        self.selecting_images, self.selecting_labels = self._tensors(selecting)
        seen = {image.tobytes() for image in training.images}
        fresh = [image.tobytes() not in seen for image in selecting.images]
        self.fresh = torch.tensor(fresh, device=self.device)
        self.earlier: list[Tensor] = []
        self.earlier_mixed = False
        if options.bank:
            self.earlier, self.earlier_mixed = Bank.load(
                options.bank, len(self.images), self.device, **self._views()
            )
        #: The mean of the teachers in which one that has not seen an image counts double did
        #: better than it alone (results/2026-11-27.jsonl). Taught teachers have seen all.
        self.mix = "equal" if self.earlier else "double"

    def _tensors(self, faces: Faces) -> tuple[Tensor, Tensor]:
        images, labels = torch.from_numpy(faces.images), torch.from_numpy(faces.labels)
        return images.to(self.device), labels.to(self.device)

    # Log ------------------------------------------------------------------------------------

    def clock(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.start

    def note(self, what: str, **facts: Any) -> None:
        """Print a fact and keep it in ``log.json``."""
        self.lines.append({"seconds": round(self.clock(), 1), "what": what, **facts})
        print(json.dumps(self.lines[-1]), flush=True)
        temporary = self.out / "part-log.json"
        temporary.write_text("\n".join(map(json.dumps, self.lines)) + "\n", encoding="utf-8")
        temporary.replace(self.out / "log.json")

    def figures(self, logits: Tensor) -> dict[str, float]:
        """Return what PublicTest says of logits."""
        right = (logits.argmax(1) == self.selecting_labels).float()
        return {
            "accuracy": round(100 * right.mean().item(), 2),
            "accuracy_without_copies": round(100 * right[self.fresh].mean().item(), 2),
            "log_loss": round(nn.cross_entropy(logits, self.selecting_labels).item(), 4),
        }

    def judge(self, member: Member, epoch: int) -> dict[str, float]:
        """Note how good a member and the running mean of its weights are."""
        plain = self.figures(member.logits(self.selecting_images))
        member.use_averages()
        average = self.figures(member.logits(self.selecting_images))
        member.use_averages()
        count = len(member.order.flatten())
        self.note(
            member.name,
            epoch=epoch,
            loss=round(member.loss.item() / member.steps, 4),
            training=round(100 * member.right.item() / count, 2),
            plain=plain,
            average=average,
        )
        return average

    def cohort(self, members: list[Member], view: Any, teaching: Any = None) -> Cohort:
        """Return networks that learn side by side from the views that ``view`` writes."""
        return Cohort(members, self.labels, view, self.clock, self.note, teaching)

    def mixed(self, seed: int, number: int, *values: Tensor) -> None:
        """Mix the faces of a view, and what belongs to them, in place."""
        partners, shares = draw_mixture(seed, number, len(self.images))
        for each in values:
            mix(partners, shares, each)

    def bank_view(self, number: int, buffer: Tensor, shares: Tensor, mixed: bool = True) -> None:
        """Write a view of the bank, every second one mixed, and the labels' shares of it."""
        self.views.write(number, buffer)
        shares.copy_(self.shares)
        if mixed and number % 2:
            self.mixed(BANK_SEED, number, buffer, shares)

    # Stages ---------------------------------------------------------------------------------

    def teach(self) -> list[Member]:
        """Train the teachers, without label smoothing.

        Without a bank of earlier ones, each is kept from one fold and learns from the labels
        alone. With one, which holds what teachers say of images that they have not seen, each
        learns from all images, and in every second epoch from mixed ones.
        """
        every = np.arange(len(self.images))
        members = [
            teacher(
                fold,
                self.device,
                every if self.earlier else np.flatnonzero(self.folds != fold),
                self.scale.width,
                taught=bool(self.earlier),
            )
            for fold in range(self.scale.folds)
        ]
        teaching = {"bank": torch.zeros_like(self.shares)} if self.earlier else {}
        own = Views(self.images, TEACHERS_SEED, Variation())
        shares = self.shares.clone()

        def view(epoch: int, buffer: Tensor) -> None:
            if not self.earlier:
                own.write(epoch, buffer)
                return
            # The rounds alternate, so that each view is met both ways.
            count = len(self.earlier)
            number = epoch % count
            self.bank_view(number, buffer, shares, self.earlier_mixed)
            scores = teaching["bank"].copy_(self.earlier[number]).exp_()
            scores /= scores.sum(1, keepdim=True)
            if (epoch + epoch // count) % 2:
                self.mixed(TEACHERS_SEED, epoch, buffer, shares, scores)
            scores.clamp_(min=1e-9).log_()

        def judge(epoch: int) -> None:
            for member in members:
                self.judge(member, epoch)

        cohort = Cohort(members, shares, view, self.clock, self.note, teaching)
        cohort.fit(TEACHERS_END * self.seconds, self.scale.epochs, judge, every=10)
        for member in members:
            member.use_averages()
        return members

    def ask(self, teachers: list[Member]) -> Bank:
        """Fill and save the bank."""
        scores = torch.stack([each.logits(self.selecting_images).softmax(1) for each in teachers])
        self.note("ensemble", **self.figures(scores.mean(0).log()))
        flipped = self.selecting_images.flip(-1)
        scores = scores + torch.stack([each.logits(flipped).softmax(1) for each in teachers])
        self.note("ensemble with mirror images", **self.figures((scores / 2).mean(0).log()))
        bank = Bank(self.folds, self.device)
        buffer, shares = torch.zeros(self.images.shape, device=self.device), self.shares.clone()

        def view(number: int, out: Tensor) -> None:
            self.bank_view(number, out, shares)

        def more(done: int) -> bool:
            return done < self.scale.views and (not done or self.clock() < BANK_END * self.seconds)

        bank.fill(teachers, view, buffer, more)
        self.note("bank", views=len(bank.views))
        for name in MIXES:
            logarithms = bank.logarithms(0, name)
            right = (logarithms.argmax(1) == self.labels).float().mean().item()
            loss = nn.cross_entropy(logarithms, self.labels).item()
            self.note(f"mix {name}", right=round(100 * right, 2), log_loss=round(loss, 4))
        bank.save(
            self.out / "bank.npz",
            self.mix,
            SAVED_VIEWS,
            images=len(self.images),
            mixed=True,
            **self._views(),
        )
        return bank

    def _views(self) -> dict[str, Any]:
        return {"seed": BANK_SEED, "variation": asdict(Variation())}

    def students(
        self,
        views: int,
        says: Callable[[int], Tensor],
        paused: dict[str, Any] | None = None,
    ) -> Cohort | None:
        """Train students side by side and keep them; return them if the run has to pause.

        Args:
            views: of the bank.
            says: returns the logarithms of a view.
            paused: the state of a cohort that goes on.

        What counts of each is the mean of the last three times it was judged: one time alone is
        partly chance.
        """
        members = []
        for seed in range(self.scale.seeds):
            # The last one learns without branches: what they give is seen beside it.
            branches = seed < self.scale.seeds - 1
            members.append(
                student(
                    f"student-{seed}",
                    self.device,
                    len(self.images),
                    20 + seed,
                    self.mix,
                    branches=branches,
                )
            )
        teaching, shares = {self.mix: torch.zeros_like(self.shares)}, self.shares.clone()
        seen: dict[str, list[float]] = {member.name: [] for member in members}

        def view(epoch: int, buffer: Tensor) -> None:
            number = epoch % views
            self.bank_view(number, buffer, shares)
            teaching[self.mix].copy_(says(number))

        def judge(epoch: int) -> None:
            for member in members:
                seen[member.name].append(self.judge(member, epoch)["accuracy"])

        cohort = Cohort(members, shares, view, self.clock, self.note, teaching)
        if paused:
            cohort.take(paused)
        epochs = self.scale.student_epochs
        done = cohort.fit(
            STUDENTS_END * self.seconds, epochs, judge, max(1, epochs // 40), self.pause
        )
        for member in members:
            self.keep(member, self.out / f"{member.name}.npz")
        if done:
            scores = {name: float(np.mean(each[-3:])) for name, each in seen.items() if each}
            self.note("done", scores=scores)
            return None
        self.note(f"paused after {cohort.done} of {cohort.epochs} epochs; --resume goes on")
        return cohort

    def keep(self, member: Member, path: Path) -> None:
        """Save a student with Keras' names and axes; the running mean of its weights."""
        member.use_averages()
        logits = member.logits(self.selecting_images, exact=True)
        description = {
            "name": member.name,
            **SHAPE,
            "dropout": DROPOUT,
            "schedule": asdict(member.schedule),
            "distillation": asdict(member.distillation) if member.distillation else None,
            "variation": asdict(Variation()),
            "figures": self.figures(logits),
        }
        self.note(f"{path.stem} in float32", **description["figures"])
        arrays = keras_arrays(member.network, SHAPE["depths"])
        save(
            path,
            **arrays,
            logits_found=logits.cpu().numpy(),
            description=np.array(json.dumps(description)),
        )
        member.use_averages()

    def run(self) -> None:
        """Do everything, up to the pause."""
        name = torch.cuda.get_device_name() if self.device.type == "cuda" else "CPU"
        self.note("data", device=name, torch=torch.__version__, images=len(self.training))
        if self.earlier:
            right = (self.earlier[0].argmax(1) == self.labels).float().mean().item()
            self.note("earlier bank", views=len(self.earlier), right=round(100 * right, 2))
        if self.device.type == "cuda":
            for each in ("student",) if self.students_only else ("resnet", "student"):
                command = ["-m", "recipes.window.compiling", each, str(self.scale.width)]
                subprocess.Popen([sys.executable, *command])
        if self.students_only:
            if not self.earlier_mixed:
                raise SystemExit("recipes.window: --students needs a bank with mixed views")
            bank, views, says = None, len(self.earlier), self.earlier.__getitem__
        else:
            teachers = self.teach()
            bank = self.ask(teachers)
            del teachers
            views, says = len(bank.views), self._says(bank)
        cohort = self.students(views, says)
        if cohort is None:
            return
        state = {"cohort": cohort.state(), "views": bank.views if bank else None}
        torch.save(state | {"lines": self.lines, "clock": self.clock()}, self.out / PAUSED_FILE)

    def _says(self, bank: Bank) -> Callable[[int], Tensor]:
        return lambda number: bank.logarithms(number, self.mix)

    def resume(self, path: Path) -> None:
        """Go on with the students of a run that paused."""
        paused = torch.load(path, map_location=self.device, weights_only=False)
        self.lines, self.start = paused["lines"], time.monotonic() - paused["clock"]
        self.note("resumed")
        if paused["views"] is None:
            self.students(len(self.earlier), self.earlier.__getitem__, paused["cohort"])
            return
        bank = Bank(self.folds, self.device)
        bank.views = paused["views"]
        self.students(len(bank.views), self._says(bank), paused["cohort"])


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m recipes.window", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with FER2013's mosaics")
    parser.add_argument("--out", type=Path, required=True, help="folder for what is made")
    parser.add_argument("--seconds", type=float, default=540.0, help="time in all (default: 540)")
    parser.add_argument("--bank", type=Path, help="bank of earlier teachers, who teach these")
    parser.add_argument(
        "--students", action="store_true", help="no teachers: students learn from --bank"
    )
    parser.add_argument("--tiny", action="store_true", help="a minute on a CPU, to see it work")
    parser.add_argument(
        "--pause",
        type=float,
        default=math.inf,
        metavar="SECONDS",
        help=f"then write OUT/{PAUSED_FILE} and end, where a command may not run long enough",
    )
    parser.add_argument("--resume", type=Path, metavar="FILE", help=f"{PAUSED_FILE} to go on with")
    options = parser.parse_args()
    if options.students and not options.bank:
        parser.error("--students needs --bank")
    scale = TINY if options.tiny else Scale()
    if options.tiny and torch.cuda.is_available():  # enough epochs to time the real sizes
        scale = replace(Scale(), epochs=1, views=2, student_epochs=3)
    window = Window(options, scale)
    if options.resume:
        window.resume(options.resume)
    else:
        window.run()


main()
