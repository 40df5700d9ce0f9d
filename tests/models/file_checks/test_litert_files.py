"""Operations that a ``.tflite`` may be made of, and those that may take any time or memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flatbuffers
import pytest
from ai_edge_litert import schema_py_generated as schema

from emotion_core.errors import ModelError
from emotion_core.models import litert
from emotion_core.models.file_checks.litert_files import judge_litert
from emotion_core.models.folder import LITERT_FILE, default_model_dir
from emotion_core.models.litert import LiteRtNetwork
from tests.model_files import OTHERS

SHIPPED = default_model_dir() / LITERT_FILE
GOOD = [
    SHIPPED,
    *(OTHERS / f"{name}.tflite" for name in ("grey64", "color32", "one_by_one", "quantized")),
]


def changed(change: Callable[[Any], None], path: str = "grey64.tflite") -> bytes:
    """Return a network of ``tests/data/others`` with its content changed."""
    content = schema.ModelT.InitFromPackedBuf((OTHERS / path).read_bytes(), 0)
    change(content)
    builder = flatbuffers.Builder(1 << 12)
    builder.Finish(content.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def with_operation(number: int, name: bytes | None = None) -> bytes:
    def rename(content: Any) -> None:
        code = content.operatorCodes[0]
        code.builtinCode, code.deprecatedBuiltinCode = number, min(number, 127)
        code.customCode = name

    return changed(rename)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_networks_that_only_compute(path):
    judge_litert(path.read_bytes())


def test_a_loop_that_ends_at_once_for_noise_and_not_for_black_pictures():
    with pytest.raises(ModelError) as caught:
        judge_litert((OTHERS / "endless.tflite").read_bytes())
    assert str(caught.value) == (
        "expected a LiteRT model of operations that only compute, found the operation WHILE, which "
        "may take any time or need other programs, and is refused; look for a model without it"
    )


def test_pixels_that_decide_how_large_something_becomes():
    with pytest.raises(ModelError) as caught:
        judge_litert((OTHERS / "swelling.tflite").read_bytes())
    assert str(caught.value) == (
        "expected a LiteRT model that computes alike with every picture, found one where pixels "
        "decide how large something becomes (TILE), and is refused; look for a model without that"
    )


def test_the_order_in_which_a_file_lists_its_operations_hides_nothing():
    def turn_around(content: Any) -> None:
        content.subgraphs[0].operators.reverse()

    with pytest.raises(ModelError, match=r"pixels decide how large something becomes \(TILE"):
        judge_litert(changed(turn_around, "swelling.tflite"))


@pytest.mark.parametrize(
    "name",
    [
        "ASSIGN_VARIABLE", "BUCKETIZE", "CALL", "CALL_ONCE", "DELEGATE", "HASHTABLE",
        "HASHTABLE_IMPORT", "IF", "MULTINOMIAL", "NON_MAX_SUPPRESSION_V5", "RANDOM_UNIFORM",
        "READ_VARIABLE", "STABLEHLO_CASE", "STABLEHLO_COMPOSITE", "STABLEHLO_CUSTOM_CALL",
        "STABLEHLO_WHILE", "UNIQUE", "VAR_HANDLE", "WHERE", "WHILE",
    ],
)  # fmt: skip
def test_operations_that_do_more_than_compute(name):
    with pytest.raises(ModelError, match=f"found the operation {name}, which may take any time"):
        judge_litert(with_operation(getattr(schema.BuiltinOperator, name)))


@pytest.mark.parametrize(
    ("name", "shown"),
    [(b"FlexReadFile", "'FlexReadFile'"), (b"\x1b[2J", r"'\x1b[2J'"), (b"\xff", "'\ufffd'")],
)
def test_custom_operations(name, shown):
    with pytest.raises(ModelError) as caught:
        judge_litert(with_operation(schema.BuiltinOperator.CUSTOM, name))
    assert f"found the operation CUSTOM {shown}, which" in str(caught.value)


def test_an_operation_that_nobody_knows():
    with pytest.raises(ModelError, match="found the operation CUSTOM"):
        judge_litert(with_operation(30_000))


def test_weights_that_are_kept_elsewhere():
    def point(content: Any) -> None:
        group, buffer = schema.ExternalBufferGroupT(), schema.ExternalBufferT()
        group.name, buffer.length = b"/etc/passwd", 100
        content.externalBufferGroups, content.externalBuffers = [group], [buffer]

    with pytest.raises(
        ModelError,
        match=r"^expected a LiteRT model with its weights, found one that keeps some in another "
        r"file; look for a model in one file$",
    ):
        judge_litert(changed(point))


def test_more_operations_than_any_network_has():
    def repeat(content: Any) -> None:
        content.subgraphs[0].operators *= 10_000

    with pytest.raises(ModelError, match="of at most 20000 operations, found 30000; no network"):
        judge_litert(changed(repeat))


@pytest.mark.parametrize("content", [b"", b"TFL3", b"TFL3" * 30, bytes(1000), b"\xff" * 1000])
def test_what_is_no_model(content):
    with pytest.raises(ModelError, match="expected a LiteRT model, found one that LiteRT "):
        LiteRtNetwork(content)


def test_nothing_is_run_before_it_is_judged(monkeypatch):
    monkeypatch.setattr(litert, "Interpreter", None)
    with pytest.raises(ModelError, match="found the operation WHILE"):
        LiteRtNetwork((OTHERS / "endless.tflite").read_bytes())
