from __future__ import annotations

import numpy as np
import pytest

from emotion_core.datasets.own.storage import create_own_dataset, find_own_dataset, own_data_dir
from emotion_core.sessions.edits.folding import read_edited
from emotion_core.sessions.pictures.cutting import FacePicture, SessionVideo
from emotion_core.sessions.tables import read_tables
from emotion_core.video.sources import VideoFile
from pages.workbench import learning, people


def said(page) -> str:
    return "\n".join(each.value for each in [*page.markdown, *page.caption, *page.info])


def persons(session) -> list[int]:
    return sorted(set(read_edited(session).faces["person"]))


def test_persons_are_named_merged_split_hidden_and_all_is_undone(open_part, session):
    page = open_part("people")
    assert "This session has no video, so there are no pictures of its faces." in said(page)
    page.text_input[0].set_value("Ada").run()
    assert "**Ada**, person 1 · seen 1.9 s" in said(page)
    page.session_state[f"playhead {session.id}"] = 1.0
    page.run()
    assert page.button(key="split 1").label == "Split at 0:01.0"
    page.button(key="split 1").click().run()
    assert persons(session) == [1, 2, 3]
    page.selectbox(key=f"merge into {session.id} 3").set_value(2).run()
    page.button(key="merge 3").click().run()
    assert persons(session) == [1, 2]
    page.number_input(key=f"To (s) {session.id} 2 1.00").set_value(1.2).run()
    page.selectbox(key=f"shows {session.id} 2").set_value("fear").run()
    page.button(key="correct 2").click().run()
    assert read_edited(session).faces["corrected"].dropna().tolist() == ["fear"] * 6
    page.button(key="undo people").click().run()
    assert read_edited(session).faces["corrected"].isna().all()
    page.button(key="hide 1").click().run()
    assert persons(session) == [2]
    assert page.button(key="unhide 1").label == "Show Ada"
    page.button(key="unhide 1").click().run()
    for _ in range(5):
        page.button(key="undo people").click().run()
    assert persons(session) == [1, 2]
    assert read_edited(session).names == {}
    page.button(key="redo people").click().run()
    assert read_edited(session).names == {1: "Ada"}
    page.button(key="drop people").click().run()
    assert read_edited(session).names == {}
    assert not page.exception


def test_a_split_outside_their_time_is_told(open_part, session):
    page = open_part("people")
    assert page.button(key="split 1").disabled
    page.session_state[f"playhead {session.id}"] = 60.0
    page.run()
    page.button(key="split 1").click().run()
    assert "expected a time between two pictures of person 1" in page.error[0].value
    assert persons(session) == [1, 2]


@pytest.fixture
def pictures(session, monkeypatch):
    """A picture of each fifth face, as if there were a video."""
    _, faces = read_tables(session.folder)
    picture = FacePicture(np.zeros((112, 112, 3), np.uint8), np.full((48, 48), 9, np.uint8), 1.0)
    found = {(int(row.frame), int(row.track)): picture for row in faces.iloc[::5].itertuples()}
    monkeypatch.setattr(people, "_pictures", lambda _: found)
    return found


@pytest.mark.usefixtures("pictures")
def test_a_wrong_face_goes_into_a_dataset_in_two_clicks_and_back(open_part, session):
    dataset = create_own_dataset(own_data_dir(), "mine", "yes")
    page = open_part("people")
    page.selectbox(key="learn_dataset").set_value("mine").run()
    page.checkbox(key="learn_agreed").check().run()
    shown = [each for each in page.button_group if each.label == "It shows"]
    assert len(shown) == 2  # one of each person: those within two seconds look alike
    shown[0].set_value("neutral").run()
    assert not page.exception
    assert "Corrected, and added to mine as neutral." in said(page)
    (sample,) = find_own_dataset(own_data_dir(), "mine").samples
    assert (sample.emotion, sample.source, sample.sitting) == ("neutral", "video", 1)
    corrected = read_edited(session).faces["corrected"]
    assert corrected.dropna().tolist() == ["neutral"]
    page.button(key="take back learn").click().run()
    assert find_own_dataset(own_data_dir(), "mine").samples == dataset.samples
    assert read_edited(session).faces["corrected"].isna().all()


@pytest.mark.usefixtures("pictures")
def test_no_face_with_a_box_on_it_goes_into_a_dataset(open_part, session, monkeypatch):
    create_own_dataset(own_data_dir(), "mine", "yes")
    drawn = SessionVideo(VideoFile("video.mp4", session.folder), 0.0, drawn_on=True)
    monkeypatch.setattr(learning, "video_of", lambda _: drawn)
    page = open_part("people")
    assert learning.DRAWN_ON in said(page)
    assert "its faces can be corrected, but not added to a dataset" in learning.DRAWN_ON
    assert not [each for each in page.selectbox if each.key == "learn_dataset"]
    shown = [each for each in page.button_group if each.label == "It shows"]
    shown[0].set_value("neutral").run()
    assert "Corrected to neutral." in said(page)
    assert find_own_dataset(own_data_dir(), "mine").samples == ()


@pytest.mark.usefixtures("pictures")
def test_faces_where_the_player_stands_are_offered(open_part, session, monkeypatch):
    picture = FacePicture(np.zeros((112, 112, 3), np.uint8), np.zeros((48, 48), np.uint8), 1.0)
    monkeypatch.setattr(learning, "_cut", lambda _, __, tracks: dict.fromkeys(tracks, picture))
    page = open_part("people")
    page.session_state[f"playhead {session.id}"] = 1.1
    page.run()
    page.button(key="learn_here").click().run()
    shown = [each for each in page.button_group if each.label == "It shows"]
    assert len(shown) == 4
    shown[0].set_value("disgust").run()
    assert not page.exception
    faces = read_edited(session).faces
    found = faces[faces["corrected"].notna()]
    assert found[["seconds", "person", "corrected"]].values.tolist() == [[1.1, 1, "disgust"]]
