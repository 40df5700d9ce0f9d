"""``card``: write a model's README from its card, measured anew on request."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from emotion_core.cli.options import add_reading_options, read_data
from emotion_core.errors import DatasetError
from emotion_core.judging.answers import collect_answers, split_members
from emotion_core.judging.card_figures import measured, takes_figures, with_figures
from emotion_core.models.folder import CARD_FILE, README_FILE, ModelCard, load_card, read_model_file
from emotion_core.models.readme.card import write_card
from emotion_core.models.seen_images import SeenImages, with_seen_images
from emotion_core.models.views import mean_logits, mirror
from emotion_core.system.native import quiet_native_libraries
from emotion_core.training.data import split_for_training

# What a model of another project is measured on.
_SPLIT: Final = "PublicTest"


def add_parser(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser(
        "card",
        help="write a model's README from its card",
        description=f"Write {README_FILE} from {CARD_FILE} alone. With --data, first fit the "
        "temperature and certainty threshold and measure all figures again, of a single view of "
        "each image and of both: as at the end of training, on the images that the model was "
        f"chosen on, or for a model of another project on {_SPLIT}.",
    )
    parser.add_argument("model", type=Path, metavar="MODEL_DIR")
    parser.add_argument(
        "--data", metavar="PATH", help="the dataset it was trained on; for an imported one, any"
    )
    add_reading_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write README and card, and say so.

    Raises:
        ModelError: the folder is no model, or one of its files is not what the card says.
        DatasetError: the data cannot be read, or is not what the model was trained on.
    """
    card = with_sizes(load_card(options.model), options.model)
    if options.data and takes_figures(card):
        card = measured_here(card, options)
    elif options.data:
        card, seen = measured_again(card, options)
        card = with_seen_images(options.model, card, seen)
    write_card(options.model, card)
    print(f"Wrote {options.model / README_FILE} and {CARD_FILE}")


def with_sizes(card: ModelCard, folder: Path) -> ModelCard:
    """Return ``card`` with its files' sizes, once they are what it says.

    Raises:
        ModelError: a file is missing or is not the one the card was written for.
    """
    names = sorted(set(card.files) - {README_FILE})
    return replace(card, sizes={name: len(read_model_file(folder, card, name)) for name in names})


def measured_here(card: ModelCard, options: argparse.Namespace) -> ModelCard:
    """Return the card of an imported model with what is fitted and measured on PublicTest.

    Raises:
        DatasetError: the data cannot be read, or has no PublicTest.
        ModelError: it says too little, or the model cannot be run.
    """
    from emotion_core.models.classifier import EmotionClassifier

    dataset = read_data(options.data, options)
    members = split_members(dataset, _SPLIT)
    with quiet_native_libraries():
        classifier = EmotionClassifier.load(options.model, threads=2)
    images = dataset.images[members]
    logits = classifier.predict_logits(images)
    answers = collect_answers(card, dataset, _SPLIT, members, logits)
    both = mean_logits(logits, classifier.predict_logits(mirror(images)))
    return with_figures(answers, dataset.excluded, both)


def measured_again(card: ModelCard, options: argparse.Namespace) -> tuple[ModelCard, SeenImages]:
    """Return ``card`` with what the end of training fits and measures, and the images of both.

    LiteRT runs the model.

    Raises:
        DatasetError: the data cannot be read, or is not what the model was trained on.
    """
    # Only here: the machine that trains need not have LiteRT.
    from emotion_core.models.classifier import EmotionClassifier

    dataset = read_data(options.data, options)
    if dataset.fingerprint != card.data.get("fingerprint"):
        raise DatasetError(
            f"{options.data}: expected the data that {card.name} was trained on (fingerprint "
            f"{card.data.get('fingerprint')}), found other data ({dataset.fingerprint}); use "
            "evaluate to judge a model on other data"
        )
    training_set, selection_set = split_for_training(dataset, card.config["seed"])
    with quiet_native_libraries():
        classifier = EmotionClassifier.load(options.model, threads=2)
    logits = classifier.predict_logits(selection_set.images)
    seen = SeenImages.of(training_set.images, selection_set.images)
    return measured(card, classifier, training_set, selection_set, logits), seen
