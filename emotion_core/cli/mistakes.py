"""``mistakes``: list the images whose labels are most likely wrong."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_core.cli.options import (
    add_data_options,
    add_model_option,
    chosen_model,
    read_data,
)
from emotion_core.cli.predictions import predict_with_bar, terminable
from emotion_core.datasets import SPLITS, VOTE_NAMES, FaceDataset
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError
from emotion_core.judging.predictions.label_mistakes import (
    LabelMistakes,
    RankingQuality,
    find_label_mistakes,
    judge_ranking,
    mistakes_table,
    seen_in_training,
    votes_contradict,
)
from emotion_core.models.folder import load_card
from emotion_core.models.seen_images import load_seen_images
from emotion_core.system.storage.files import replace_file
from emotion_core.system.tables import csv_of


def add_parser(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser(
        "mistakes",
        help="list the images whose labels are most likely wrong",
        description="Rank images by how far a model prefers another expression to their label "
        "(normalized margin, Northcutt et al. 2021). If there are FER+ votes, say for each "
        "split how well the ranking finds labels that the majority of the voters contradict.",
    )
    add_data_options(parser)
    add_model_option(parser)
    parser.add_argument("--split", choices=SPLITS, help="only list images of this split")
    parser.add_argument(
        "--top", type=int, default=50, metavar="N", help="how many images to list (default: 50)"
    )
    parser.add_argument(
        "--export", type=Path, metavar="FILE", help="write the list as CSV, with the votes"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Rank, say how good the ranking is, list the top, and write it as CSV where wanted.

    Raises:
        EmotionCoreError: the model or the data cannot be read, or a number is out of range.
        KeyboardInterrupt: stopped by Ctrl-C or SIGTERM.
    """
    if options.top < 1:
        raise DatasetError(f"--top: expected at least 1 image, found {options.top}")
    model = chosen_model(options.model)
    card = load_card(model)
    dataset = read_data(options.data, options)
    mask = np.ones(len(dataset), bool)
    if options.split is not None:
        dataset.split(options.split)  # says which splits there are if this is none of them
        mask = dataset.splits == SPLITS.index(options.split)
    with terminable():
        predictions = predict_with_bar(model, dataset)
    mistakes = find_label_mistakes(predictions.logits, dataset.labels, card.temperature)
    seen = seen_in_training(card, dataset, load_seen_images(model, card))
    for line in quality_lines(dataset, mistakes, seen):
        print(line)
    top = mistakes.ranking(mask)[: options.top]
    print(f"\n{list_text(dataset, mistakes, top)}")
    if options.export is not None:
        with replace_file(options.export) as temporary:
            temporary.write_text(
                csv_of(mistakes_table(dataset, mistakes, top)), encoding="utf-8", newline="\n"
            )
        print(f"\nWrote {options.export}")


def quality_lines(
    dataset: FaceDataset, mistakes: LabelMistakes, seen: NDArray[np.bool_]
) -> list[str]:
    """Return what is known of the ranking, split by split."""
    lines = []
    for code, split in enumerate(SPLITS):
        members = dataset.splits == code
        if not members.any():
            continue
        answered = int((mistakes.scores[members] > 0.5).sum())
        lines.append(
            f"{split}: {members.sum()} images, the model disagrees with {answered} of the labels"
        )
        if seen[members].any():
            known = int(seen[members].sum())
            which = "these" if known == members.sum() else f"{known} of these"
            lines.append(
                f"  the model was trained on {which}: mistakes that it has memorised are missed"
            )
        lines += [f"  {line}" for line in _votes_lines(dataset.subset(members), mistakes, members)]
    if dataset.votes is None:
        lines.append("Without FER+ votes, there is no telling how good the ranking is.")
    return lines


def _votes_lines(
    part: FaceDataset, mistakes: LabelMistakes, members: NDArray[np.bool_]
) -> list[str]:
    if part.votes is None:
        return []
    verdicts = votes_contradict(part.labels, part.votes)
    quality = judge_ranking(mistakes.scores[members], part.labels, verdicts)
    if quality is None:
        return ["the votes contradict none of these labels, or all of them"]
    return list(_quality_text(quality))


def _quality_text(quality: RankingQuality) -> tuple[str, str]:
    within = quality.auc_within_label
    among = "" if within is None else f" ({within:.3f} among images of one label)"
    return (
        f"votes: {quality.contradicted} of {quality.judged} labels contradicted; AUC "
        f"{quality.auc:.3f}{among}, precision at {quality.top} {quality.precision:.2f}",
        f"first {quality.top} of all: {quality.top_contradicted} contradicted, "
        f"{quality.top_confirmed} confirmed, {quality.top_undecided} without a majority",
    )


def list_text(dataset: FaceDataset, mistakes: LabelMistakes, indices: NDArray[np.intp]) -> str:
    """Return the images as a plain table, their votes at the end of the line."""
    header = f"{'index':>6}  {'split':12}{'label':>10}{'suggested':>11}{'score':>8}"
    if dataset.votes is not None:
        header += "  votes"
    lines = [header]
    for index in indices:
        line = (
            f"{index:6d}  {SPLITS[dataset.splits[index]]:12}"
            f"{EMOTIONS[dataset.labels[index]]:>10}{EMOTIONS[mistakes.suggested[index]]:>11}"
            f"{mistakes.scores[index]:8.3f}"
        )
        if dataset.votes is not None:
            line += f"  {votes_text(dataset.votes[index])}"
        lines.append(line)
    return "\n".join(lines)


def votes_text(votes: NDArray[np.uint8]) -> str:
    """Return the votes ``[10]`` of one image in words, the most first."""
    order = np.argsort(-votes.astype(np.intp), kind="stable")
    return ", ".join(f"{votes[place]} {VOTE_NAMES[place]}" for place in order if votes[place])
