"""Walls that import-linter cannot see, read from the syntax trees; the others: `lint-imports`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from emotion_core.system.storage.folders import PROJECT

LIBRARIES = ("streamlit", "streamlit_webrtc", "aiortc")
MENDING = PROJECT / "pages" / "mending"
KERAS = ("keras", "tensorflow")
KERAS_ROOMS = tuple(
    PROJECT / "emotion_core" / "training" / room for room in ("networks", "fitting")
)


def test_private_names_of_libraries_are_used_in_mending_alone():
    files = [PROJECT / "app.py", *(PROJECT / "pages").rglob("*.py")]
    assert found_in(files, private_names, outside=(MENDING,)) == []
    assert found_in(MENDING.rglob("*.py"), private_names)  # the test sees what it looks for


def test_keras_is_imported_at_the_top_of_its_two_rooms_alone():
    files = [*(PROJECT / "emotion_core").rglob("*.py"), *(PROJECT / "pages").rglob("*.py")]
    assert found_in(files, keras_at_the_top, outside=KERAS_ROOMS) == []
    assert found_in(KERAS_ROOMS[0].rglob("*.py"), keras_at_the_top)


def test_nothing_else_makes_temporary_files_or_moves_what_people_keep():
    """What is made elsewhere is swept by nobody; what is moved elsewhere, no disk has yet."""
    core, pages = PROJECT / "emotion_core", PROJECT / "pages"
    files = [*core.rglob("*.py"), *pages.rglob("*.py"), PROJECT / "app.py"]
    makers = (
        core / "system" / "storage" / "temporary.py",
        core / "system" / "processes" / "children.py",
    )
    making = r"\b(?:mkdtemp|mkstemp|TemporaryDirectory|NamedTemporaryFile|TemporaryFile)\("
    assert [path for path in files if path not in makers and re.search(making, text(path))] == []
    # The worker moves files within a temporary folder.
    movers = (core / "system" / "storage" / "files.py", core / "importing" / "worker.py")
    moving = (
        r"os\.(?:replace|rename)\(|shutil\.move\(|(?<!SHELF)\.rename\([^=\n]*\)\n"
        r"|\.replace\([^,\"'=]*\)"
    )
    assert [path for path in files if path not in movers and re.search(moving, text(path))] == []
    assert all(re.search(moving, text(path)) for path in movers)


def test_json_is_read_in_one_place():
    """Elsewhere nothing would bound it, or compare it with what it should be."""
    core = PROJECT / "emotion_core"
    readers = (
        core / "system" / "storage" / "json_reading.py",
        core / "system" / "processes" / "serving.py",  # what its own parent asks
        core / "sessions" / "exports" / "tables.py",  # what it has just written itself
    )
    reading = r"json\.loads?\("
    files = [*core.rglob("*.py"), *(PROJECT / "pages").rglob("*.py")]
    assert [path for path in files if path not in readers and re.search(reading, text(path))] == []
    assert all(re.search(reading, text(path)) for path in readers)


def text(path: Path) -> str:
    return path.read_text("utf-8")


#: What these buttons do only changes what the viewer sees.
ONLY_SHOWN = {
    "_add", "_draw_again", "_remove", "again", "first_steps_are_read", "follow_preset", "give_up",
    "go_to", "job.cancel", "on_closed",
    "set_up_again", "st.session_state.__setitem__",
}  # fmt: skip
ONLY_SHOWN_BY = ("partial(", "lambda: st.session_state.update(")


def test_what_a_button_begins_adds_or_deletes_it_does_once():
    """Browsers send every click of a double click: `pages.viewer.clicks.once` is for that."""
    files = [PROJECT / "app.py", *(PROJECT / "pages").rglob("*.py")]
    unguarded = found_in(files, what_buttons_do)
    assert [each for each in unguarded if not only_shown(each.split(": ", 1)[1])] == []
    assert unguarded  # the test sees what it looks for
    assert list(what_buttons_do(ast.parse("st.button('Start', on_click=_start, args=(plan,))")))
    assert list(what_buttons_do(ast.parse("st.button('Start', on_click=once(_start, plan))"))) == []


def only_shown(act: str) -> bool:
    return act in ONLY_SHOWN or act.startswith(ONLY_SHOWN_BY)


@pytest.mark.parametrize(
    "code",
    [
        "context._count = 1",
        "getattr(component, '_reset')",
        "hasattr(component, '_reset')",
        "from streamlit_webrtc.component import _reset",
        "from aiortc._codecs import decode",
        "import streamlit._hidden",
    ],
)
def test_what_is_private(code):
    assert list(private_names(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "self._count = 1",
        "x.__name__",
        "from pages.widgets.text import _own",
        "from streamlit import text",
    ],
)
def test_what_is_not(code):
    assert list(private_names(ast.parse(code))) == []


def found_in(files, find, outside: tuple[Path, ...] = ()) -> list[str]:
    return [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in files
        if not any(folder in path.parents for folder in outside)
        for name in find(ast.parse(path.read_text("utf-8")))
    ]


def private_names(tree: ast.Module) -> Iterator[str]:
    """Yield what a module asks of others by a name that is not meant for it.

    A private attribute of anything but ``self`` counts: pages have no other private ones.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            names = [] if own else [node.attr]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "getattr",
            "hasattr",
            "setattr",
        ):
            names = [str(each.value) for each in node.args[1:2] if isinstance(each, ast.Constant)]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in LIBRARIES:
            names = [*node.module.split("."), *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [part for alias in node.names for part in alias.name.split(".")]
        else:
            names = []
        for name in names:
            if name.startswith("_") and not name.endswith("__"):
                yield name


def what_buttons_do(tree: ast.Module) -> Iterator[str]:
    """Yield what a press calls directly, and not by way of ``once``."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            act = ast.unparse(keyword.value)
            named = isinstance(keyword.value, ast.Constant)  # "ignore", as downloads have it
            if keyword.arg == "on_click" and not named and not act.startswith("once("):
                yield act


def keras_at_the_top(tree: ast.Module) -> Iterator[str]:
    """Yield the imports of Keras that importing the module runs: those outside of functions."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            names = []
        yield from (name for name in names if name.split(".")[0] in KERAS)
