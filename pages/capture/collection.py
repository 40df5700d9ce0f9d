"""The user's own datasets: make one, add to it, look at it, export it, train with it."""

from __future__ import annotations

import streamlit as st

from emotion_core.datasets.own.dataset import OwnDataset
from emotion_core.datasets.own.storage import (
    AGREEMENT,
    OWN_PREFIX,
    OwnDatasetList,
    agreed_points,
    consent,
    create_own_dataset,
    delete_own_dataset,
    list_own_datasets,
    own_data_dir,
    rename_own_dataset,
    shared_own_datasets,
    write_zip,
)
from emotion_core.datasets.source import DataSource
from emotion_core.errors import DatasetError
from emotion_core.quantities import counted
from emotion_core.system.storage.persons import for_same_person
from pages.capture.faces import show_capture
from pages.capture.samples import faces, show_samples
from pages.mending.downloads import written
from pages.opened.opening import open_next
from pages.opened.store import dataset_store
from pages.opened.train_with import train_with
from pages.viewer.clicks import once
from pages.widgets.room import may_keep
from pages.widgets.sharing import offer_sharing, shared_by
from pages.widgets.text import located, plain

WHAT_FOR = (
    "Collect your own faces, sorted by expression, to train and test a model. Each face is stored "
    "as a grey image of 48 x 48 pixels; the photos are not."
)

_CHOSEN = "own_dataset"
_NEW_NAME = "own_new_name"
_CONSENT_KEY = "own_consent"
_PROBLEM = "own_problem"


def show_own_data() -> None:
    """Show everything about datasets of one's own."""
    st.markdown(WHAT_FOR)
    found = _find()
    for problem in found.problems:
        st.warning(plain(problem))
    if may_keep():
        _show_datasets(found)
    _show_shared()


def _show_datasets(found: OwnDatasetList) -> None:
    agreed = st.checkbox(AGREEMENT, key=_CONSENT_KEY, persist_state="session")
    st.markdown("\n".join(f"- {point}" for point in agreed_points()))
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    dataset = _choose(found, agreed)
    if dataset is not None:
        _show_own(dataset, agreed)


def _show_own(dataset: OwnDataset, agreed: bool) -> None:
    st.subheader("Add faces")
    if agreed:
        show_capture(dataset)
    else:
        st.info("Agree above to add faces.")
    st.subheader("Faces in this dataset")
    show_samples(dataset)
    if dataset.samples:
        _say_how_to_train(dataset)
    with st.container(horizontal=True):
        if dataset.samples:
            _offer_examination(dataset)
        _offer_zip(dataset)
        offer_sharing("dataset", dataset.folder)
        _offer_name(dataset)
        _offer_deletion(dataset)


def _show_shared() -> None:
    """Show what others let one see: to look at, to download and to train with."""
    shared = shared_own_datasets()
    if not shared:
        return
    st.subheader("Shared with you")
    for each in shared:
        dataset, key = each.dataset, f"{each.dataset.name}@{each.owner}"
        st.markdown(
            f"**{plain(dataset.name)}**, {counted(len(dataset.samples), 'face')}  \n"
            + shared_by(each.owner, each.since)
        )
        with st.container(horizontal=True):
            if dataset.samples:
                _offer_examination(dataset, f"shared_examine {key}")
            _offer_zip(dataset, f"shared_zip {key}")


def _find() -> OwnDatasetList:
    try:
        return list_own_datasets(own_data_dir())
    except DatasetError as error:
        return OwnDatasetList((), (str(error),))


def _choose(found: OwnDatasetList, agreed: bool) -> OwnDataset | None:
    """Let the viewer choose a dataset or make one; None as long as there is none."""
    datasets = {dataset.name: dataset for dataset in found.datasets}
    if not datasets:
        _offer_new(agreed)
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # The bare name: a browser goes on showing the label that was chosen, so that a count in it
        # would stay as it was then.
        name = st.selectbox(
            "Dataset",
            list(datasets),
            key=_CHOSEN,
            bind="query-params",
            persist_state="session",
            width=320,
        )
        with st.popover("New", icon=":material/add:"):
            _offer_new(agreed)
    return datasets[name]


def _offer_new(agreed: bool) -> None:
    st.text_input(
        "Name of the new dataset",
        key=_NEW_NAME,
        max_chars=60,
        placeholder="my faces",
        width=320,
    )
    st.button(
        "Create",
        icon=":material/add:",
        key="own_create",
        disabled=not agreed,
        help=None if agreed else "Tick the agreement above first.",
        on_click=once(_create),
    )


def _create() -> None:
    try:
        dataset = create_own_dataset(own_data_dir(), st.session_state[_NEW_NAME], consent())
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state[_NEW_NAME] = ""
    st.session_state[_CHOSEN] = dataset.name


def _say_how_to_train(dataset: OwnDataset) -> None:
    name = f"{OWN_PREFIX}/{dataset.name}"
    shown = f'"{name}"' if " " in name else name
    commands = [
        f"python -m emotion_core train --data fer2013.csv --join {shown} --out models/mine",
        f"python -m emotion_core evaluate --model models/mine --data {shown}",
    ]
    checked = sum(dataset.counts()["PublicTest"].values())
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Train with it", icon=":material/model_training:", key="own_train"):
            train_with(DataSource(name))
        with st.popover("As a command", icon=":material/terminal:"):
            text = "\n".join(commands if checked else commands[:1])
            st.code(text, language="sh", wrap_lines=True)
            st.markdown(f"`{name}` is stored {located(dataset.folder)}.")
    st.caption(
        "A few dozen faces are too few to train with alone: on Train, add them to another dataset."
    )


def _offer_examination(dataset: OwnDataset, key: str = "own_examine") -> None:
    if st.button(
        "Examine",
        icon=":material/grid_view:",
        key=key,
        help="Open it in the Dataset explorer.",
    ):
        open_next(dataset.folder)
        st.switch_page("pages/dataset.py", query_params={"section": "Overview"})


def _offer_zip(dataset: OwnDataset, key: str = "own_zip") -> None:
    st.download_button(
        "ZIP",
        for_same_person(lambda: written(lambda file: write_zip(dataset, file))),
        f"{dataset.name}.zip",
        "application/zip",
        key=key,
        on_click="ignore",
        icon=":material/download:",
    )


def _offer_name(dataset: OwnDataset) -> None:
    with st.popover("Rename", icon=":material/edit:"):
        key = f"own_name {dataset.name}"
        st.text_input("Name", dataset.name, key=key, max_chars=60)
        st.button("Rename", key="own_rename", on_click=once(_rename, dataset, key))


def _rename(dataset: OwnDataset, key: str) -> None:
    try:
        renamed = rename_own_dataset(dataset, st.session_state[key])
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    dataset_store().close(dataset.folder)
    st.session_state[_CHOSEN] = renamed.name


def _offer_deletion(dataset: OwnDataset) -> None:
    with st.popover("Delete", icon=":material/delete:"):
        st.write(
            f"**{plain(dataset.name)}** and its {faces(len(dataset.samples))} will be "
            "permanently deleted."
        )
        st.button(
            "Delete this dataset",
            type="primary",
            key="own_delete",
            on_click=once(_delete, dataset),
        )


def _delete(dataset: OwnDataset) -> None:
    try:
        delete_own_dataset(dataset.folder.parent, dataset.name)
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    dataset_store().close(dataset.folder)
    st.session_state.pop(_CHOSEN, None)
