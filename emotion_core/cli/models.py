"""``models``: list, use, import, export, rename and delete models."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from emotion_core.errors import ModelError
from emotion_core.models.changes import delete_model, export_to, rename_model
from emotion_core.models.folder import LITERT_FILE, MODELS_DIR_VARIABLE, read_model_file
from emotion_core.models.in_use import model_in_use, put_to_use
from emotion_core.models.library import LibraryModel, list_models
from emotion_core.quantities import byte_size
from emotion_core.system.native import quiet_native_libraries
from emotion_core.system.storage.folders import DATA_DIR_VARIABLE

if TYPE_CHECKING:
    from emotion_core.importing.answers import ImportAnswers
    from emotion_core.importing.staging import StagedModel


def add_parser(commands: Any) -> None:
    """Add the command and its own commands to argparse's subparsers."""
    parser = commands.add_parser(
        "models",
        help="list, use, import, export, rename and delete models",
        description="The models that can read faces. They are stored in the project's folder "
        f"models/, in the one that the environment variable {MODELS_DIR_VARIABLE} names, or with "
        f"your other data where {DATA_DIR_VARIABLE} says. The one in use reads faces on every page "
        "of the app, including open ones.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list all models; * is in use")
    listing.set_defaults(run=run_list)
    for name, run, what in (
        ("show", run_show, "print a model's figures and layers"),
        ("use", run_use, "use a model"),
    ):
        action = actions.add_parser(name, help=what)
        action.add_argument("name", metavar="NAME")
        action.set_defaults(run=run)
    _add_import(actions)
    export = actions.add_parser("export", help="write a model to a ZIP file")
    export.add_argument("name", metavar="NAME")
    export.add_argument("--to", required=True, type=Path, metavar="FILE.zip")
    export.set_defaults(run=run_export)
    rename = actions.add_parser("rename", help="rename a model")
    rename.add_argument("name", metavar="NAME")
    rename.add_argument("new_name", metavar="NEW_NAME")
    rename.set_defaults(run=run_rename)
    delete = actions.add_parser("delete", help="permanently delete a model")
    delete.add_argument("name", metavar="NAME")
    delete.add_argument(
        "--in-use",
        action="store_true",
        help="delete it even if it is in use; another model then takes over",
    )
    delete.set_defaults(run=run_delete)


def _add_import(actions: Any) -> None:
    from emotion_core.importing.answers import CLASS_ORDERS, RANGES

    parser = actions.add_parser(
        "import",
        help="add a model from a file",
        description="Add a model: a ZIP file written by export; a whole Keras 2 or 3 model as "
        ".keras or .h5, or an architecture (.json) with its weights (.h5); .tflite; a TensorFlow 2 "
        "SavedModel, as a folder or a zip. Files that contain code are refused. What a file from "
        "another project does not say is guessed and printed; the options correct it.",
    )
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument("--name", help="name of the model (default: the file's)")
    parser.add_argument(
        "--values", choices=list(RANGES), help="range of the network's input values"
    )
    parser.add_argument(
        "--color", choices=["rgb", "bgr"], help="order of its three colour channels"
    )
    parser.add_argument(
        "--classes",
        metavar="ORDER",
        help="what its outputs stand for, in order: names separated by commas (any that are not "
        f"one of the seven are ignored), or one of {'; '.join(CLASS_ORDERS)}",
    )
    parser.add_argument(
        "--returns", choices=["probabilities", "logits"], help="what its last layer returns"
    )
    parser.add_argument("--use", action="store_true", help="use it at once")
    parser.set_defaults(run=run_import)


def run_list(_: argparse.Namespace) -> None:
    """Print one line a model; what is damaged gets a line on stderr.

    Raises:
        ModelError: there is no usable model.
    """
    library, in_use = list_models(), model_in_use()
    for broken in library.damaged:
        print(f"emotion_core: {broken.problem}", file=sys.stderr)
    if in_use.problem:
        print(f"emotion_core: {in_use.problem}", file=sys.stderr)
    for model in library.models:
        mark = "*" if model.folder == in_use.folder else " "
        print(f"{mark} {model.name}: {_in_words(model)}")


def run_show(arguments: argparse.Namespace) -> None:
    """Print a model's figures and layers.

    Raises:
        ModelError: there is no such model, or it is damaged.
    """
    from emotion_core.models.layers import read_contents

    model = list_models().find(arguments.name)
    card = model.card
    print(f"{model.name}: {_in_words(model)}")
    print(f"folder: {model.folder}")
    print(f"input: {card.input}")
    print(f"output: {card.output}")
    layers = read_contents(read_model_file(model.folder, card, LITERT_FILE)).layers
    for layer in layers:
        shape = "x".join(str(size) for size in layer.shape)
        weights = f"{layer.weights:,} weights" if layer.weights else ""
        print(f"  {layer.name:36} {shape:>12} {weights:>20}".rstrip())
    print(f"{sum(layer.operations for layer in layers) / 1e6:.1f} million operations per face")


def run_use(arguments: argparse.Namespace) -> None:
    """Use a model.

    Raises:
        ModelError: there is no such model, or it cannot be used.
    """
    from emotion_core.models.classifier import EmotionClassifier

    folder = list_models().find(arguments.name).folder
    with quiet_native_libraries():
        _warn_of_speed(EmotionClassifier.load(folder).seconds_a_face)
        in_use = put_to_use(folder)
    print(f"{in_use.name} is now in use, on open pages too")


def _warn_of_speed(seconds_a_face: float) -> None:
    from emotion_core.models.classifier import speed_warning

    if warning := speed_warning(seconds_a_face):
        print(f"emotion_core: {warning}", file=sys.stderr)


def run_import(arguments: argparse.Namespace) -> None:
    """Read a model's files and put them into the library.

    Raises:
        ModelError: they are no model, are refused, or the options do not fit; nothing is left.
    """
    from emotion_core.importing.staging import proposed_name, stage_paths

    with tqdm(total=100, desc="Reading", leave=False, disable=None) as bar:
        staged = stage_paths(arguments.files, lambda share: _advance(bar, share))
    try:
        answers = _answers(staged, arguments)
        with quiet_native_libraries():
            seconds = staged.classifier(answers).seconds_a_face
        name = arguments.name or proposed_name(staged.file)
        model = staged.keep(name, answers)
    finally:
        staged.discard()
    if answers is not None:
        print(f"input: {model.card.input}")
        print(f"output: {model.card.output}")
    print(f"Added {model.name}: {_in_words(model)}")
    _warn_of_speed(seconds)
    if arguments.use:
        with quiet_native_libraries():
            put_to_use(model.folder)
        print(f"{model.name} is now in use, on open pages too")


def run_export(arguments: argparse.Namespace) -> None:
    """Write a model to a ZIP file.

    Raises:
        ModelError: there is no such model, or the file's name is no ZIP file's.
    """
    if arguments.to.suffix.lower() != ".zip":
        raise ModelError(f"{arguments.to}: expected a name that ends in .zip")
    export_to(arguments.name, arguments.to)
    print(f"Wrote {arguments.to}")


def run_rename(arguments: argparse.Namespace) -> None:
    """Give a model another name.

    Raises:
        ModelError: there is no such model, it is the shipped one, or the name does not do.
    """
    with quiet_native_libraries():
        model = rename_model(arguments.name, arguments.new_name)
    print(f"Renamed {arguments.name} to {model.name}")


def run_delete(arguments: argparse.Namespace) -> None:
    """Delete a model.

    Raises:
        ModelError: there is no such model, it must stay, or it is in use and nobody agreed.
    """
    with quiet_native_libraries():
        in_use = delete_model(arguments.name, although_in_use=arguments.in_use)
    print(f"Deleted {arguments.name}; {in_use.name} is in use")


def _advance(bar: Any, share: float) -> None:
    bar.update(round(100 * share) - bar.n)


def _answers(staged: StagedModel, arguments: argparse.Namespace) -> ImportAnswers | None:
    """Return the guesses with what the options say instead; None for a model of this project."""
    from emotion_core.importing.answers import CLASS_ORDERS, ImportAnswers, guess_answers

    if staged.card is not None:
        return None
    guess = guess_answers(staged.found)
    classes = guess.classes
    if arguments.classes:
        named = CLASS_ORDERS.get(arguments.classes)
        classes = named or tuple(arguments.classes.split(","))
    return ImportAnswers(
        values=arguments.values or guess.values,
        classes=classes,
        probabilities=guess.probabilities
        if arguments.returns is None
        else arguments.returns == "probabilities",
        color=arguments.color or guess.color,
    )


def _in_words(model: LibraryModel) -> str:
    card = model.card
    accuracy, data = card.metrics.get("accuracy"), card.measured_on
    right = f"{100 * accuracy:.1f}% of {data}, " if accuracy and data else ""
    return (
        f"{right}{card.parameters:,} weights, {byte_size(model.size)}, {model.origin}, "
        f"{card.created[:10]}"
    )
