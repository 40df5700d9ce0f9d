"""Work that takes longer than a page should: in a thread, with its progress shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import streamlit as st

from emotion_core.errors import EmotionCoreError
from emotion_core.quantities import duration
from emotion_core.system.progress import ShareProgress
from emotion_core.system.storage.persons import for_same_person
from pages.widgets.text import plain

Result = TypeVar("Result")

#: Most work ends before anybody could read what it is.
PATIENCE_SECONDS: Final = 0.4

_REFRESH_SECONDS: Final = 0.4


class Cancelled(Exception):  # noqa: N818 - no error: somebody wanted it so
    """The work was given up because a viewer asked for it."""


class Job(Generic[Result]):
    """Work in a thread of its own, which any number of viewers may wait for.

    Args:
        work: called at once with a function that takes the share done; that function raises
            ``Cancelled`` when the job is to end.
    """

    def __init__(self, work: Callable[[ShareProgress], Result]) -> None:
        self._work = for_same_person(work)
        self._started = time.monotonic()
        self._cancelled = threading.Event()
        self._result: Result | None = None
        self._error: BaseException | None = None
        self.share = 0.0
        #: Whether it waits until others have ended theirs.
        self.waiting = False
        self._share_at = self._started
        #: How long it took; None until it has ended.
        self.seconds: float | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._work(self._report)
        except BaseException as error:  # noqa: BLE001 - raised again where somebody waits
            self._error = error
        finally:
            self.seconds = time.monotonic() - self._started

    def _report(self, share: float) -> None:
        if self._cancelled.is_set():
            raise Cancelled
        if self.waiting and share >= 0:
            self._started = time.monotonic()  # its pace begins now
        self.waiting = share < 0
        share = max(0.0, share)
        if share != self.share:
            self._share_at = time.monotonic()
        self.share = share

    @property
    def running(self) -> bool:
        """Whether it still works."""
        return self._thread.is_alive()

    @property
    def ended_well(self) -> bool:
        """Whether there is a result."""
        return not self.running and self._error is None

    @property
    def error(self) -> BaseException | None:
        """What it failed with; None while it works, or when it ended well."""
        return None if self.running else self._error

    @property
    def seconds_left(self) -> float | None:
        """How long it will take at its pace so far; None as long as that is a guess.

        The pace is that of the last report: since then nobody knows, and a long step, such as the
        import of a library, would make it look slower by the second.
        """
        took = self._share_at - self._started
        if self.share <= 0.02 or took <= 0.5:
            return None
        left = took / self.share - (time.monotonic() - self._started)
        return left if left > 0 else None

    def cancel(self) -> None:
        """Ask it to end the next time it reports its progress."""
        self._cancelled.set()

    def wait(self, seconds: float = PATIENCE_SECONDS) -> bool:
        """Return whether it has ended, at the latest after ``seconds``."""
        self._thread.join(seconds)
        return not self.running

    def result(self) -> Result:
        """Return what the work returned, or raise what it raised; waits for it."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]


class JobPlace(Generic[Result]):
    """Where a viewer's job is kept; made before the job is begun.

    Between beginning one and noting it in ``st.session_state`` Streamlit may end the run of the
    page: the job would go on unseen, and the next run would begin another.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: object = None
        self._job: Job[Result] | None = None

    @property
    def job(self) -> Job[Result] | None:
        """What was begun last and not forgotten."""
        return self._job

    def is_of(self, of: object) -> bool:
        """Tell whether the job is this one's."""
        return self._job is not None and self._of == of

    def begin(self, of: object, work: Callable[[ShareProgress], Result]) -> Job[Result]:
        """Return the job of ``of``, which is begun where another one's is here, or none.

        Args:
            of: what tells one job from another, such as the settings it works with.
            work: see `Job`.
        """
        with self._lock:
            if self._job is None or self._of != of:
                self._of, self._job = of, Job(work)
            return self._job

    def forget(self) -> Job[Result] | None:
        """Make room for another; return what was here, which goes on."""
        with self._lock:
            self._of, job, self._job = None, self._job, None
            return job


def job_place(key: str) -> JobPlace[Any]:
    """Return this viewer's place for one kind of jobs.

    Args:
        key: tells it from others.
    """
    place: JobPlace[Any] = st.session_state.setdefault(key, JobPlace())
    return place


def result_of(job: Job[Result], what: str, key: str, again: Callable[[], object]) -> Result | None:
    """Return the result of a job; None while its progress, or why it failed, is shown instead.

    Args:
        job: which one.
        what: what it does, such as "Looking for duplicates".
        key: tells it from others on the page.
        again: forgets the job, so that the next run begins a new one.
    """
    if not job.wait():
        show_job(job, what, key)
        return None
    try:
        return job.result()
    except Cancelled:
        st.info(f"{what}: cancelled.")
    except EmotionCoreError as error:
        st.error(plain(str(error)))
    st.button("Try again", key=f"again {key}", icon=":material/refresh:", on_click=again)
    return None


def show_job(job: Job[object], what: str, key: str) -> None:
    """Show the progress of a job and run the page again when it has ended.

    Args:
        job: which one.
        what: what it does, such as "Reading fer2013.csv".
        key: tells it from others on the page.
    """
    st.fragment(_show_progress, run_every=_REFRESH_SECONDS)(job, what, key)


def _show_progress(job: Job[object], what: str, key: str) -> None:
    if not job.running:
        st.rerun()
    left = job.seconds_left
    if job.waiting:
        what = f"Waiting until others have finished. Then: {what}"
    about = " …" if left is None else f", about {duration(max(1, round(left)))} left"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.progress(min(1.0, job.share), f"{what}{about}")
        st.button("Cancel", key=f"cancel {key}", on_click=job.cancel)
