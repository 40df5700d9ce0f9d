"""Video without a browser and without reading any: what is added, shown, asked for and refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion_core.access import room
from emotion_core.access.room import Quota
from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.photos.job import PhotoList
from emotion_core.recorded.photos.reading import PhotoSettings
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.recorded.tasks.adding import add_task
from emotion_core.recorded.tasks.storage import list_tasks, tasks_dir
from emotion_core.recorded.tasks.task import (
    UPLOAD_FILE,
    QueuedTask,
    TaskStatus,
    open_task,
    write_outcome,
)
from emotion_core.system.processes.queueing import LOCK_FILE, QUEUED_FILE, write_status
from emotion_core.system.storage.folders import PROJECT
from emotion_core.system.storage.locks import FileLock
from emotion_core.system.storage.persons import at_home, find_person_with
from emotion_core.video.sources import VideoFile
from pages.recorded import adding, queue
from tests.access.accounts import ANN, BEN, have_accounts


@pytest.fixture(autouse=True)
def clean_slate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    st.cache_resource.clear()
    for name in ("DATA", "VIDEOS", "SESSIONS"):
        monkeypatch.setenv(f"EMOTION_{name}_DIR", str(tmp_path / name.lower()))
    # The page alone knows no others.
    monkeypatch.setattr(
        st,
        "page_link",
        lambda *_, label, query_params, **__: st.markdown(f"{label} {query_params['session']}"),
    )


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Nobody reads; the folders whose worker was asked for."""
    started: list[Path] = []
    for module in (adding, queue):
        monkeypatch.setattr(module, "start_worker", started.append)
    return started


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the viewer be at the machine itself."""
    monkeypatch.setattr(adding, "server_is_offered", lambda: True)


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_file(str(PROJECT / "pages/video.py"), default_timeout=60)


def text_of(page: AppTest) -> str:
    parts = [*page.markdown, *page.caption, *page.info, *page.error, *page.warning]
    return "\n".join(part.value for part in parts)


def button(page: AppTest, label: str):
    return next(each for each in page.button if each.label == label)


def labels(page: AppTest) -> list[str]:
    return [each.label for each in page.button]


def task_of(name: str = "film.mp4") -> QueuedTask:
    video = VideoFile.at(Path("/nowhere") / name)
    return add_task(tasks_dir(), video, default_model_dir(), RecordedSettings())


def ended(state: str, message: str = "") -> QueuedTask:
    task = task_of()
    (task.folder / QUEUED_FILE).unlink()
    write_outcome(task.folder, state, message)
    return task


class TestAdding:
    def test_nothing_yet(self, page):
        page.run()
        assert not page.exception
        assert "**No videos or photos yet.**" in page.info[0].value
        assert button(page, "Read videos and photos").disabled
        assert "The consent of the people in them is up to you." in text_of(page)

    def test_uploads_go_to_the_queue_and_out_of_the_field(self, page, started):
        page.run()
        files = [("a.mp4", b"first", "video/mp4"), ("b.mkv", b"second", "video/x-matroska")]
        page.file_uploader[0].set_value(files).run()
        button(page, "Read 2 videos").click().run()
        assert not page.exception
        second, first = list_tasks(tasks_dir()).tasks
        assert [first.name, second.name] == ["a.mp4", "b.mkv"]
        assert (second.folder / UPLOAD_FILE).read_bytes() == b"second"
        assert first.job.settings == RecordedSettings()
        assert set(started) == {tasks_dir()}
        assert page.file_uploader[0].value == []
        assert button(page, "Read videos and photos").disabled

    def test_photos_that_were_uploaded_are_one_task(self, page):
        page.run()
        files = [
            ("b.JPG", b"second", "image/jpeg"),
            ("film.mp4", b"film", "video/mp4"),
            ("a.png", b"first", "image/png"),
        ]
        page.file_uploader[0].set_value(files).run()
        button(page, "Read 1 video and 2 photos").click().run()
        assert not page.exception
        photos, video = list_tasks(tasks_dir()).tasks
        assert (video.name, photos.name, photos.photos) == ("film.mp4", "Photos", 2)
        assert PhotoList.read(photos.job.photos).names == ("a.png", "b.JPG")
        with zipfile.ZipFile(photos.folder / UPLOAD_FILE) as archive:
            assert archive.read("000002") == b"second"
        assert "2 photos" in text_of(page).splitlines()

    def test_how_many_are_added_is_shown_meanwhile(self, page, monkeypatch):
        shown = []
        begin = st.progress

        def progress(share: float, text: str):
            bar = begin(share, text)
            monkeypatch.setattr(bar, "progress", lambda share, text: shown.append((share, text)))
            return bar

        monkeypatch.setattr(adding.st, "progress", progress)
        page.run()
        names = ("a.mp4", "b.mp4", "c.jpg", "d.jpg")
        page.file_uploader[0].set_value([(name, b"x", "video/mp4") for name in names]).run()
        button(page, "Read 2 videos and 2 photos").click().run()
        assert not page.exception
        words = "Adding 2 videos and 2 photos …"
        assert shown[:4] == [(share, words) for share in (0.25, 0.5, 0.75, 1.0)]

    @pytest.mark.usefixtures("offered")
    def test_photos_of_a_folder_are_one_task_beside_its_videos(self, page, tmp_path):
        (tmp_path / "visit" / "below").mkdir(parents=True)
        for name in ("b.jpg", "below/c.webp", "a.mp4"):
            (tmp_path / "visit" / name).touch()
        page.run()
        page.text_input(key="video_path").set_value(f"{tmp_path}/visit").run()
        page.selectbox(key="video_finder").set_value("haar").run()
        button(page, "Read 1 video and 2 photos").click().run()
        assert not page.exception
        photos, _ = list_tasks(tasks_dir()).tasks
        assert (photos.name, photos.job.settings) == ("visit", PhotoSettings("haar"))
        assert PhotoList.read(photos.job.photos).folder == f"{tmp_path}/visit"
        assert "2 photos" in text_of(page)

    @pytest.mark.usefixtures("offered")
    def test_a_folder_with_settings(self, page, tmp_path):
        (tmp_path / "films" / "below").mkdir(parents=True)
        for name in ("films/a.mp4", "films/below/b.mov"):
            (tmp_path / name).touch()
        page.run()
        page.text_input(key="video_path").set_value(f"{tmp_path}/films")
        page.selectbox(key="video_rate").set_value("2 a second")
        page.selectbox(key="video_finder").set_value("haar")
        page.text_input(key="video_from").set_value("1:30")
        page.text_input(key="video_to").set_value("1:02:30")
        page.number_input(key="video_people").set_value(2)
        page.toggle(key="video_with_video").set_value(True).run()
        button(page, "Read 2 videos").click().run()
        assert not page.exception
        tasks = list_tasks(tasks_dir()).tasks
        assert [task.job.path for task in tasks] == [
            str(tmp_path / "films/below/b.mov"),
            str(tmp_path / "films/a.mp4"),
        ]
        assert tasks[0].job.settings == RecordedSettings(0.5, 90.0, 3750.0, 2, "haar")
        assert tasks[0].job.with_video
        assert page.text_input(key="video_path").value == ""

    @pytest.mark.usefixtures("offered")
    @pytest.mark.parametrize(
        ("key", "typed", "told"),
        [
            (
                "video_path",
                "/nowhere",
                "found nothing at /nowhere; check whether the path is right",
            ),
            ("video_from", "soon", "From: expected a time such as 90, 1:30 or 1:02:30, found 'soo"),
            ("video_to", "0", "to: expected a time after 0 s, where reading begins, found 0"),
        ],
    )
    def test_what_does_not_do_is_told(self, page, key, typed, told):
        page.run()
        page.text_input(key=key).set_value(typed).run()
        assert not page.exception
        assert told in page.error[0].value.replace("\\", "")

    def test_viewers_elsewhere_name_no_folder(self, page, monkeypatch):
        monkeypatch.setattr(adding, "server_is_offered", lambda: False)
        page.run()
        assert "video_path" not in page.session_state


class TestQueue:
    def test_one_that_is_read_shows_how_far_it_is(self, page):
        task = task_of("mein_film.mp4")
        (task.folder / QUEUED_FILE).unlink()
        with FileLock(task.folder / LOCK_FILE) as lock:
            assert lock.acquire()
            write_status(task.folder, TaskStatus(1, 0.42, 151.26, 75.0))
            page.run()
            assert not page.exception
            (bar,) = page.get("progress")
            assert bar.proto.text == "42% · 151.3 frames/s · **1 min 15 s** left"
            assert bar.proto.value == 42
            assert "**mein\\_film.mp4**" in text_of(page)
            assert "1 of 1 left" in text_of(page)
            write_status(task.folder, TaskStatus(1, 0.1, 20.0, 3.0, writing=True))
            page.run()
            assert page.get("progress")[0].proto.text == (
                "Writing the session: 10% · 20.0 frames/s · **3.0 s** left"
            )
            button(page, "Pause").click().run()
            assert "pausing" in text_of(page)
            assert "Pause" not in labels(page)
            button(page, "Cancel").click().run()
            assert "being cancelled" in text_of(page)
            assert "Cancel" not in labels(page)

    def test_one_that_waits_is_paused_resumed_and_cancelled(self, page, started):
        task = task_of()
        page.run()
        assert tasks_dir() in started  # whoever was to read it may have been killed
        button(page, "Pause").click().run()
        assert open_task(task.folder).state == "stopped"
        assert page.get("progress")[0].proto.text == "Nothing read yet"
        button(page, "Resume").click().run()
        assert open_task(task.folder).state == "queued"
        button(page, "Cancel").click().run()
        assert open_task(task.folder).state == "cancelled"
        button(page, "Remove").click().run()
        assert "**No videos or photos yet.**" in page.info[0].value

    def test_one_that_failed_says_why_and_is_tried_again(self, page):
        task = ended("failed", "expected a video, found none")
        page.run()
        assert page.error[0].value == "expected a video, found none"
        assert "1 failed" in text_of(page)
        assert "Cancel" not in labels(page)  # but Remove
        button(page, "Retry").click().run()
        assert open_task(task.folder).state == "queued"
        assert not page.error

    def test_one_that_is_done_leads_to_its_session(self, page):
        task = ended("done", "the end is missing")
        page.run()
        assert "Open" not in text_of(page)  # somebody has deleted it
        task.job.target.mkdir(parents=True)
        page.run()
        assert f"Open {task.id}" in text_of(page)
        assert page.info[0].value == "the end is missing"
        assert "all done" in text_of(page)

    def test_those_that_are_done_are_cleared_at_once(self, page):
        ended("done")
        ended("done")
        left = ended("failed", "no")
        page.run()
        button(page, "Clear finished").click().run()
        assert [task.id for task in list_tasks(tasks_dir()).tasks] == [left.id]

    def test_a_few_of_many_are_shown(self, page, monkeypatch):
        monkeypatch.setattr(queue, "MOST_SHOWN", 2)
        for _ in range(3):
            task_of()
        page.run()
        assert labels(page).count("Pause") == 2
        page.toggle(key="video_show_all").set_value(True).run()
        assert labels(page).count("Pause") == 3

    def test_what_was_just_taken_by_somebody_else_is_told(self, page):
        task = task_of()
        page.run()
        (task.folder / QUEUED_FILE).unlink()
        write_outcome(task.folder, "done")
        button(page, "Pause").click().run()
        assert "is done; only one that goes on can be paused" in page.error[0].value


def test_among_others_one_is_told_the_place_in_line_and_not_whose_come_before(
    page, tmp_path, monkeypatch
):
    monkeypatch.delenv("EMOTION_VIDEOS_DIR")
    have_accounts(tmp_path, monkeypatch)
    for person, name in ((BEN, "secret.mp4"), (ANN, "first.mp4"), (ANN, "second.mp4")):
        with at_home(person.id):
            task_of(name)
    end = find_person_with(lambda: ANN.id)
    try:
        page.run()
    finally:
        end()
    assert not page.exception
    told = text_of(page)
    assert told.count("place 2 in line, including other people's") == 1
    assert told.count("place 3 in line, including other people's") == 1
    assert "secret" not in told


def test_a_quota_that_is_used_up_keeps_an_upload_out(page, monkeypatch):
    monkeypatch.setattr(room, "own_quota", lambda **_: Quota(900, 1000))
    page.run()
    page.file_uploader[0].set_value([("a.mp4", b"x" * 200, "video/mp4")]).run()
    button(page, "Read 1 video").click().run()
    told = text_of(page).replace("\\", "")
    assert "expected room for it (200 bytes), found 100 bytes left" in told
    assert list_tasks(tasks_dir()).tasks == ()
