"""Files that are refused, with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable

from emotion_core.emotions import EMOTIONS
from emotion_core.models.folder import default_model_dir
from tests import model_files
from tests.model_files import OTHERS, ModelFile, others

LAMBDA = {"class_name": "Lambda", "config": {"name": "evil", "function": ["4wEAAAA=", None, None]}}

#: What Keras 3 would call to fetch a file (CVE-2025-8747).
FETCH = {"class_name": "function", "module": "keras.utils", "config": "get_file"}
CALL = {"class_name": "function", "module": "builtins", "config": "get_file"}
PICKLE = {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"name": "x"}}
SAVED = {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"name": "x"}}
READS = {"module": "keras.layers", "class_name": "StringLookup", "config": {"name": "x"}}


def with_members(**members: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda found: found.update({name.replace("__", "/"): v for name, v in members.items()})


def without(name: str) -> Callable[[dict[str, bytes]], None]:
    return lambda members: members.pop(f"{default_model_dir().name}/{name}") and None


def with_card(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        name = f"{default_model_dir().name}/card.json"
        members[name] = json.dumps(json.loads(members[name]) | changes).encode()

    return change


def escaping(name: str) -> bytes:
    return model_files.own_zip(lambda members: members.update({name: b"print('hello')"}))


PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
WHOLE = model_files.whole_h5()
KERAS = model_files.keras_archive()
OWN = model_files.own_zip()
ZEROS = model_files.own_zip(
    lambda members: members.update({"fer2013-vgg/model.keras": bytes(5_000_000)})
)

HOSTILE: dict[str, tuple[list[ModelFile], str]] = {
    # code
    "lambda in .h5": ([("a.h5", model_files.h5_with_layer(LAMBDA))], "a.h5 carries code .a Lambda"),
    "lambda in .keras": (
        [("a.keras", model_files.keras_with_layer(LAMBDA))],
        "a.keras carries code .a Lambda layer. and is refused",
    ),
    "a function to call": (
        [("a.keras", model_files.keras_with_layer(FETCH))],
        "needs the custom class keras.utils.get_file, which is not part of Keras",
    ),
    "a function by name": (
        [("a.keras", model_files.keras_with_layer(CALL))],
        "needs the custom class builtins.get_file",
    ),
    "a pickled layer": (
        [("a.keras", model_files.keras_with_layer(PICKLE))],
        "expected Keras' own layers that compute and nothing else, found 'TorchModuleWrapper'",
    ),
    "a saved model elsewhere": (
        [("a.keras", model_files.keras_with_layer(SAVED))],
        "found 'TFSMLayer'; ask for the model without it",
    ),
    "a layer that reads files": (
        [("a.h5", model_files.h5_with_layer(READS))],
        "found 'StringLookup'",
    ),
    "pickled Python": (
        [("a.h5", b"\x80\x04\x95pickle")],
        "a.h5: expected an HDF5 file, found some",
    ),
    # other files of this machine
    "link to another file": ([("a.h5", model_files.linked_h5())], "found a link to another place"),
    "array in another file": ([("a.h5", model_files.external_h5())], "found some in another file"),
    "zip slip": ([("a.zip", escaping("../../evil.py"))], r"a.zip: expected the files of one model"),
    "absolute path": ([("a.zip", escaping("/tmp/evil.py"))], "found /tmp/evil.py; a model of"),
    "slip under our name": (
        [("a.zip", escaping("../card.json"))],
        r"expected the files of one model of this app, .*found ../card.json",
    ),
    # bombs
    "zip bomb": ([("a.zip", ZEROS)], "MB packed into .* [kM]B, which would fill the disk"),
    "claimed size": (
        [("a.keras", model_files.claiming(KERAS, "model.weights.h5", 4_000_000_000))],
        "expected weights under 1 GB, found more when unpacked",
    ),
    "terabytes of zeros": (
        [("a.h5", model_files.huge_h5())],
        "expected weights under 1 GB, found 4,398 GB",
    ),
    "zeros as .tflite": ([("a.tflite", bytes(1_000_000))], "a.tflite: expected a LiteRT model"),
    # quick on noise
    "a loop in .tflite": ([others("endless.tflite")], "found the operation WHILE, which may take"),
    "pixels that fill memory": ([others("swelling.tflite")], "pixels decide how large something"),
    # damaged
    "truncated .zip": ([("a.zip", OWN[: len(OWN) // 2])], "but it is damaged or locked"),
    "truncated .keras": ([("a.keras", KERAS[: len(KERAS) // 2])], "expected a .keras file"),
    "truncated .h5": ([("a.h5", WHOLE[: len(WHOLE) // 2])], "expected a model that can be read"),
    "truncated .tflite": (
        [("a.tflite", (OTHERS / "grey64.tflite").read_bytes()[:800])],
        "a.tflite: expected a LiteRT model|a.tflite: expected a model that can be read",
    ),
    "NaN in .h5": ([("a.h5", model_files.nan_h5())], "a.h5 has weights that are not numbers"),
    "NaN in .tflite": ([("a.tflite", model_files.nan_tflite())], "whose weights are numbers"),
    "no card": ([("a.zip", model_files.own_zip(without("card.json")))], "with card.json, found no"),
    "no network": ([("a.zip", model_files.own_zip(without("model.tflite")))], "cannot be read"),
    "another network": (
        [("a.zip", model_files.own_zip(with_members(**{"fer2013-vgg/model.tflite": b"nothing"})))],
        "is not the file its card describes",
    ),
    "a card full of nonsense": (
        [("a.zip", model_files.own_zip(with_card(metrics={"accuracy": "high", "n": [1]})))],
        "card.json is damaged",
    ),
    "a card with other shapes": (
        [
            (
                "a.zip",
                model_files.own_zip(
                    with_card(
                        interface={
                            "side": 64,
                            "color": "grey",
                            "returns": "logits",
                            "classes": EMOTIONS,
                        }
                    )
                ),
            )
        ],
        r"expected one input \[-1, 64, 64, 1\]",
    ),
    # not what it says
    "a picture as .keras": ([("a.keras", PNG)], "a.keras: expected a .keras file, which is a zip"),
    "other files zipped": (
        [("a.zip", model_files.zipped({"a.h5": WHOLE}))],
        "imported as .keras, .h5 or .tflite, not zipped",
    ),
    # models that are read once they are converted, and what is taken for one
    "an ONNX model": (
        [("a.onnx", b"\x08\x07")],
        "found an ONNX model; `pip install onnx2tf; onnx2tf",
    ),
    "a part of a SavedModel": (
        [("saved_model.pb", b"\x08\x01")],
        "saved_model.pb: expected a model, found a part of a TensorFlow SavedModel; give all of it",
    ),
    "a zipped SavedModel": (
        [
            (
                "a.zip",
                model_files.zipped({"m/saved_model.pb": b"", "m/variables/variables.index": b""}),
            )
        ],
        "a.zip: expected a SavedModel of TensorFlow 2 with one graph, found .* `tflite_conv",
    ),
    "TorchScript": (
        [
            (
                "a.pt",
                model_files.zipped({"a/data.pkl": b"", "a/code/a.py": b"", "a/constants.pkl": b""}),
            )
        ],
        "a.pt: expected a model, found a PyTorch or TorchScript file; it carries or needs Python",
    ),
    "old PyTorch": (
        [("a.pth", b"\x80\x02\x8a")],
        "a.pth: expected a model, found a PyTorch or pickle",
    ),
    "a Git LFS pointer": (
        [("a.h5", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")],
        "a.h5: expected a model, found a pointer to a file kept with Git LFS; fetch .*git lfs pull",
    ),
    "a web page": (
        [("a.h5", b"\n<!DOCTYPE html><html>")],
        "a.h5: expected a model, found a web page",
    ),
    "an empty file": ([("a.tflite", b"")], "expected a LiteRT model, found an empty file"),
    "another program's": ([("a.pt", PNG)], "expected a model as .zip, .keras, .h5, .hdf5, .json"),
    "no file": ([], "found no file"),
    "too many files": ([others("grey64.tflite"), others("color32.tflite")], "found grey64.tflite,"),
    "half a pair": (model_files.pair()[:1], "fer.json holds an architecture without weights"),
    "the other half": (model_files.pair()[1:], "fer.h5 holds weights without an architecture"),
    "JSON of something else": (
        [("a.json", b'{"name": "left-pad"}'), model_files.pair()[1]],
        "a.json: expected the description of a Keras model",
    ),
    "JSON without end": ([("a.json", b"[" * 100_000), model_files.pair()[1]], "a.json: expected"),
    # wrong shapes
    "wide pictures": (
        [others("wide.tflite")],
        r"expected a network that takes square pictures, .* found \[-1, 48, 64, 1\] and \[-1, 7\]",
    ),
}
