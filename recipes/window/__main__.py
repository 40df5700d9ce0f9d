"""``python -m recipes.window``: teachers, bank and students, done when the time is up.

Everything that is known so far is under ``--out`` at every moment, so a run that is killed loses
the stage it is in and no more.
"""

from __future__ import annotations

import argparse
import json
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
from recipes.window.fitting import Cohort, Distillation, Member, Schedule
from recipes.window.networks import ResNet18, Vgg
from recipes.window.student import DISTILLATION, DROPOUT, SHAPE, keras_arrays, student
from recipes.window.views import Variation, Views

#: Shares of the time at whose end each stage ends.
TEACHERS_END, BANK_END, STUDENTS_END = 0.47, 0.56, 0.97
#: Views that the saved bank holds: a file of them is under 16 MiB.
SAVED_VIEWS: Final = 48
#: Seeds of the views; those of a bank may not change while it is used.
TEACHERS_SEED, BANK_SEED = 1, 2
TEACHER_SCHEDULE: Final = Schedule("sgd", rate=0.1, warmup=0.05, decay=5e-4, batch=256)
#: How teachers learn from the bank of earlier ones.
TEACHER_DISTILLATION: Final = Distillation("double", paired=False)


@dataclass(frozen=True)
class Scale:
    """How large everything is."""

    images: int | None = None
    folds: int = 5
    epochs: int = 130
    views: int = 36
    student_epochs: int = 450
    seeds: int = 3
    width: int = 64


TINY: Final = Scale(images=1024, folds=2, epochs=1, views=2, student_epochs=2, seeds=2, width=8)


class Window:
    """The whole run, stage by stage."""

    def __init__(
        self, data: Path, out: Path, seconds: float, scale: Scale, bank: Path | None
    ) -> None:
        self.start = time.monotonic()
        self.out, self.seconds, self.scale = out, seconds, scale
        self.lines: list[dict[str, Any]] = []
        out.mkdir(parents=True, exist_ok=True)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.backends.cudnn.benchmark = True
        training, selecting = read_mosaics(data)
        if scale.images:
            training, selecting = training.first(scale.images), selecting.first(scale.images)
        self.training, self.selecting = training, selecting
        self.folds = training.folds(scale.folds)
        self.images, self.labels = self._tensors(training)
        self.views = Views(self.images, BANK_SEED, Variation(), kept=SAVED_VIEWS)
        self.selecting_images, self.selecting_labels = self._tensors(selecting)
        seen = {image.tobytes() for image in training.images}
        fresh = [image.tobytes() not in seen for image in selecting.images]
        self.fresh = torch.tensor(fresh, device=self.device)
        name = torch.cuda.get_device_name() if self.device.type == "cuda" else "CPU"
        self.note("data", device=name, torch=torch.__version__, images=len(training))
        self.earlier = (
            Bank.load(bank, len(self.images), self.device, **self._views()) if bank else []
        )
        if self.earlier:
            right = (self.earlier[0].argmax(1) == self.labels).float().mean().item()
            self.note("earlier bank", views=len(self.earlier), right=round(100 * right, 2))
        # Compiling the students' network takes half a minute. What comes of it lies in a cache on
        # the disk, so another process can do it while the teachers learn.
        self.compiling = None
        if self.device.type == "cuda":
            self.compiling = subprocess.Popen([sys.executable, "-m", "recipes.window.student"])

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

    def taught(
        self, views: int, says: dict[str, Callable[[int], Tensor]]
    ) -> tuple[Callable[[int, Tensor], None], dict[str, Tensor]]:
        """Return what writes the views of a bank in turn, and buffers for what it says of each.

        Args:
            views: how many views it has.
            says: by mix, what returns the logarithms of a view.
        """
        teaching = {mix: torch.zeros(len(self.images), 7, device=self.device) for mix in says}

        def view(epoch: int, buffer: Tensor) -> None:
            number = epoch % views
            self.views.write(number, buffer)
            for mix, scores in teaching.items():
                scores.copy_(says[mix](number))

        return view, teaching

    # Stages ---------------------------------------------------------------------------------

    def teach(self) -> list[Member]:
        """Train the teachers, each without the images of one fold, without label smoothing.

        Where there is a bank of earlier ones, they learn from it beside the labels.
        """
        members = []
        for fold in range(self.scale.folds):
            torch.manual_seed(fold)
            width = self.scale.width
            if fold % 2:
                name, network = "resnet", ResNet18(width * 3 // 4, border=2, dropout=0.3)
            else:
                filters = (width, 2 * width, 4 * width, 8 * width)
                name, network = "vgg", Vgg(filters, (2, 2, 2, 2), border=2, dropout=0.3)
            members.append(
                Member(
                    f"teacher-{fold}-{name}",
                    network.to(self.device, memory_format=torch.channels_last),
                    TEACHER_SCHEDULE,
                    np.flatnonzero(self.folds != fold),
                    seed=fold,
                    distillation=TEACHER_DISTILLATION if self.earlier else None,
                )
            )
        if self.earlier:
            mix = TEACHER_DISTILLATION.mix
            view, teaching = self.taught(len(self.earlier), {mix: self.earlier.__getitem__})
        else:
            view, teaching = Views(self.images, TEACHERS_SEED, Variation()).write, None

        def judge(epoch: int) -> None:
            for member in members:
                self.judge(member, epoch)

        cohort = self.cohort(members, view, teaching)
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
        buffer = torch.zeros(self.images.shape, device=self.device)

        def more(done: int) -> bool:
            return done < self.scale.views and (not done or self.clock() < BANK_END * self.seconds)

        bank.fill(teachers, self.views.write, buffer, more)
        self.note("bank", views=len(bank.views))
        for mix in MIXES:
            logarithms = bank.logarithms(0, mix)
            right = (logarithms.argmax(1) == self.labels).float().mean().item()
            loss = nn.cross_entropy(logarithms, self.labels).item()
            self.note(f"mix {mix}", right=round(100 * right, 2), log_loss=round(loss, 4))
        bank.save(
            self.out / "bank.npz",
            DISTILLATION.mix,
            SAVED_VIEWS,
            images=len(self.images),
            **self._views(),
        )
        return bank

    def _views(self) -> dict[str, Any]:
        return {"seed": BANK_SEED, "variation": asdict(Variation())}

    def students(self, bank: Bank) -> tuple[list[Member], dict[str, float]]:
        """Train students side by side; return them and the accuracy of each at its end.

        That is the mean of the last three times they were judged: one time alone is partly chance.
        """
        members = []
        for seed in range(self.scale.seeds):
            torch.manual_seed(120 + seed)
            members.append(
                student(f"student-{seed}", self.device, len(self.images), seed=20 + seed)
            )
        mix = DISTILLATION.mix
        view, teaching = self.taught(
            len(bank.views), {mix: lambda number: bank.logarithms(number, mix)}
        )
        seen: dict[str, list[float]] = {member.name: [] for member in members}

        def judge(epoch: int) -> None:
            for member in members:
                seen[member.name].append(self.judge(member, epoch)["accuracy"])

        if self.compiling is not None:
            self.note("compiled", exit_code=self.compiling.wait())
        cohort = self.cohort(members, view, teaching)
        epochs = self.scale.student_epochs
        cohort.fit(STUDENTS_END * self.seconds, epochs, judge, every=max(1, epochs // 40))
        return members, {name: float(np.mean(values[-3:])) for name, values in seen.items()}

    def keep(self, member: Member, path: Path) -> None:
        """Save a student with Keras' names and axes; the running mean of its weights."""
        member.use_averages()
        logits = member.logits(self.selecting_images, exact=True)
        description = {
            "name": member.name,
            **SHAPE,
            "dropout": DROPOUT,
            "schedule": asdict(member.schedule),
            "distillation": asdict(DISTILLATION),
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
        """Do everything."""
        teachers = self.teach()
        bank = self.ask(teachers)
        del teachers
        members, scores = self.students(bank)
        for member in members:
            self.keep(member, self.out / f"{member.name}.npz")
        self.note("done", scores=scores)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m recipes.window", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with FER2013's mosaics")
    parser.add_argument("--out", type=Path, required=True, help="folder for what is made")
    parser.add_argument("--seconds", type=float, default=540.0, help="time in all (default: 540)")
    parser.add_argument("--bank", type=Path, help="bank of earlier teachers, who teach these")
    parser.add_argument("--tiny", action="store_true", help="a minute on a CPU, to see it work")
    options = parser.parse_args()
    scale = TINY if options.tiny else Scale()
    if options.tiny and torch.cuda.is_available():  # enough epochs to time the real sizes
        scale = replace(Scale(), epochs=1, views=2, student_epochs=2)
    Window(options.data, options.out, options.seconds, scale, options.bank).run()


main()
