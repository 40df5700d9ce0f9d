"""What a description may name: each class that Keras has for more than computing, in each place."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from emotion_core.errors import ModelError
from emotion_core.models.file_checks.keras_objects import judge_description

PATH = Path("a.keras")
Objects = dict[str, Any]


def described(name: str, module: str | None = "keras.layers", **config: Any) -> Objects:
    entry: Objects = {"class_name": name, "config": {"name": name.lower(), **config}}
    return entry if module is None else entry | {"module": module, "registered_name": None}


#: Classes of Keras that read files, fetch them or run code, or of nobody; and how they are refused.
HARMFUL: dict[str, tuple[Objects, str]] = {
    "TFSMLayer": (described("TFSMLayer", filepath="/tmp/x"), "found 'TFSMLayer'"),
    "TorchModuleWrapper": (
        described("TorchModuleWrapper", module_="gASVAAAA"),
        "found 'TorchModuleWrapper'",
    ),
    "JaxLayer": (described("JaxLayer"), "found 'JaxLayer'"),
    "StringLookup": (described("StringLookup", vocabulary="/etc/passwd"), "found 'StringLookup'"),
    "TextVectorization": (
        described("TextVectorization", vocabulary="/etc/passwd"),
        "found 'TextVectorization'",
    ),
    "Lambda": (described("Lambda", function={"value": "4wEAAAA="}), "carries code .a Lambda layer"),
    "a lambda": (described("__lambda__", None, value="4wEAAAA="), "carries code .a __lambda__"),
    "a type": (described("__typespec__", None, spec_name="x"), "found '__typespec__'"),
    "a function of Keras": (
        {"class_name": "function", "module": "keras.utils", "config": "get_file"},
        "needs the custom class keras.utils.get_file",
    ),
    "a function by its second name": (
        {
            "class_name": "function",
            "module": "keras.activations",
            "config": "relu",
            "registered_name": "get_file",
        },
        "needs the custom class keras.activations.relu",
    ),
    "a class of Keras": (described("Progbar", "keras.utils"), "class keras.utils.Progbar"),
    "a layer said to be an initializer": (
        described("TFSMLayer", "keras.initializers"),
        "found 'TFSMLayer'",
    ),
    "a class of Python": (described("Popen", "subprocess"), "custom class subprocess.Popen"),
    "one within Keras": (described("os", "keras.src.layers.os.path"), "found 'os'"),
    "a registered one": (
        described("Dense") | {"registered_name": "Evil>Dense"},
        "needs the custom class keras.layers.Dense",
    ),
}

#: Where Keras makes an object of what it meets.
PLACES = {
    "layers": lambda found: found,
    "TimeDistributed": lambda found: described("TimeDistributed", layer=found),
    "Bidirectional": lambda found: described("Bidirectional", layer=found),
    "backwards": lambda found: described(
        "Bidirectional", layer=described("LSTM"), backward_layer=found
    ),
    "RNN": lambda found: described("RNN", cell=found),
    "stacked cells": lambda found: described(
        "RNN", cell=described("StackedRNNCells", cells=[described("GRUCell"), found])
    ),
    "a wrapper within a wrapper": lambda found: described(
        "TimeDistributed", layer=described("SpectralNormalization", layer=found)
    ),
    "initializer": lambda found: described("Dense", kernel_initializer=found),
    "initializer of an inner layer": lambda found: described(
        "TimeDistributed", layer=described("Dense", bias_initializer=found)
    ),
    "activation": lambda found: described("Activation", activation=found),
    "activation of a cell": lambda found: described(
        "RNN", cell=described("LSTMCell", recurrent_activation=found)
    ),
    "regularizer": lambda found: described("Dense", kernel_regularizer=found),
    "constraint": lambda found: described("Conv2D", bias_constraint=found),
    "dtype": lambda found: described("Dense", dtype=found),
    "seed": lambda found: described("Dropout", seed=found),
    "a nested model": lambda found: described(
        "Sequential", "keras", layers=[described("Sequential", "keras", layers=[found])]
    ),
    "an argument of a call": lambda found: (
        described("Dense") | {"inbound_nodes": [{"args": [found], "kwargs": {"mask": found}}]}
    ),
    "a setting that nobody knows": lambda found: described("Dense", of_tomorrow=[{"x": found}]),
}


def without_modules(value: Any) -> Any:
    """Return a description as Keras 2 writes it."""
    if isinstance(value, dict):
        hidden = ("module", "registered_name")
        return {key: without_modules(each) for key, each in value.items() if key not in hidden}
    return [without_modules(each) for each in value] if isinstance(value, list) else value


def model(*layers: Objects) -> Objects:
    return described("Sequential", "keras", layers=[described("InputLayer"), *layers])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", HARMFUL)
def test_what_does_more_than_compute_is_refused_wherever_it_stands(name, place):
    harmful, message = HARMFUL[name]
    with pytest.raises(ModelError, match=message) as caught:
        judge_description(PATH, model(PLACES[place](copy.deepcopy(harmful))))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "name", ["TFSMLayer", "TorchModuleWrapper", "StringLookup", "TextVectorization", "Lambda"]
)
def test_and_where_keras_2_named_no_modules(name, place):
    harmful, message = HARMFUL[name]
    with pytest.raises(ModelError, match=message):
        judge_description(PATH, without_modules(model(PLACES[place](harmful))))


@pytest.mark.parametrize(
    ("layer", "found"),
    [
        (described("Activation", activation="get_file"), "get_file"),
        (described("LSTM", recurrent_activation="os.system"), "os.system"),
        (described("Dense", kernel_initializer="TFSMLayer"), "TFSMLayer"),
        (described("Dense", bias_regularizer="Progbar"), "Progbar"),
        (described("Dense", kernel_constraint="Evil>Norm"), "Evil>Norm"),
        (described("TimeDistributed", layer="TextVectorization"), "TextVectorization"),
        (described("StackedRNNCells", cells=["StringLookup"]), "StringLookup"),
        (described("RNN", cell="TFSMLayer"), "TFSMLayer"),
        ("TFSMLayer", "TFSMLayer"),
        (described("Zeros", "keras.initializers"), "Zeros"),
        (described("TimeDistributed", layer=described("Zeros", None)), "Zeros"),
    ],
)
def test_names_that_keras_would_look_up(layer, found):
    with pytest.raises(ModelError) as caught:
        judge_description(PATH, model(layer))
    assert str(caught.value) == (
        f"a.keras: expected Keras' own layers that compute and nothing else, found {found!r}; "
        "ask for the model without it"
    )


@pytest.mark.parametrize("content", [None, [], "Sequential", {}, {"config": {}}])
def test_what_is_no_description(content):
    with pytest.raises(ModelError, match="expected the description of a Keras model, found other"):
        judge_description(PATH, content)


def test_a_description_that_is_a_layer():
    with pytest.raises(ModelError, match="found 'TFSMLayer'; ask for the model without it"):
        judge_description(PATH, described("TFSMLayer"))
    with pytest.raises(ModelError, match="found 'Dense'"):
        judge_description(PATH, described("Dense"))


def test_how_it_was_trained_is_left_out():
    trained = model() | {"compile_config": described("Evil", "os")}
    assert "compile_config" not in judge_description(PATH, trained)


@pytest.mark.parametrize("module", [True, False])
def test_what_keras_itself_writes_is_accepted(module):
    everything = model(
        described(
            "Conv2D",
            activation="hard_silu",
            dtype=described("DTypePolicy", "keras"),
            kernel_initializer=described("GlorotUniform", "keras.initializers", seed=None),
            bias_initializer="zeros",
            kernel_regularizer=described("L2", "keras.regularizers"),
            bias_regularizer="l1_l2",
            kernel_constraint=described("MaxNorm", "keras.constraints"),
            bias_constraint="non_neg",
        ),
        described(
            "Activation",
            activation={
                "class_name": "function",
                "module": "builtins",
                "config": "relu",
                "registered_name": "function",
            },
        ),
        described(
            "TimeDistributed",
            layer=described("Dense", "keras.src.layers.core.dense", activation="linear"),
        ),
        described("RNN", cell=described("StackedRNNCells", cells=[described("GRUCell")])),
        described("Dropout", seed=described("SeedGenerator", "keras.random")),
        described("Dense", dtype=described("Policy", "keras.mixed_precision")),
        described("Functional", "keras.src.engine.functional", layers=[described("Flatten")])
        | {"registered_name": "Functional"},
    )
    description = everything if module else without_modules(everything)
    assert judge_description(PATH, copy.deepcopy(description)) == description
