"""What ``/metrics`` tells: counts and times, nothing of what any face shows.

Names and units follow Prometheus (https://prometheus.io/docs/practices/naming/).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from emotion_core.api.watching.counting import ANSWERED, PICTURES
from emotion_core.errors import EmotionCoreError
from emotion_core.live.places.serving import live_capacity
from emotion_core.live.streams.registry import STREAMS
from emotion_core.recorded.tasks.storage import list_tasks, tasks_dir
from emotion_core.system.storage.homes import all_homes
from emotion_core.system.storage.persons import at_home
from emotion_core.training.runs.storage import list_runs, runs_dir

#: Of what ``exposition`` returns.
MEDIA_TYPE: Final = CONTENT_TYPE_LATEST

#: States of what waits or is under way; what has ended stays on the disk and is no queue.
_WAITING: Final = ("queued", "running")


def exposition() -> str:
    """Return all metrics in Prometheus' text format."""
    return generate_latest(_REGISTRY).decode()


class _Streams(Collector):
    """Live streams that run now, each by the number of its viewer."""

    def collect(self) -> Iterator[Metric]:
        frames = CounterMetricFamily("emotion_frames", "Frames that were read.", labels=["viewer"])
        skipped = CounterMetricFamily(
            "emotion_frames_skipped",
            "Frames of the camera that were not read: a newer one was there, or they got lost.",
            labels=["viewer"],
        )
        rate = GaugeMetricFamily(
            "emotion_frames_per_second", "Frames read a second, of late.", labels=["viewer"]
        )
        delay = GaugeMetricFamily(
            "emotion_frame_delay_seconds",
            "How much later frames are ready than the quickest of the last minute was taken.",
            labels=["viewer"],
        )
        callback = GaugeMetricFamily(
            "emotion_callback_seconds",
            "From taking a frame to returning it, of late.",
            labels=["viewer", "quantile"],
        )
        readers = GaugeMetricFamily(
            "emotion_stream_readers", "Programs that follow the stream.", labels=["viewer"]
        )
        running = STREAMS.running_of_all()
        for stream in running:
            try:
                snapshot = stream.session.snapshot
            except EmotionCoreError:  # the viewer has just left
                continue
            viewer, figures = [str(stream.viewer)], snapshot.stream
            frames.add_metric(viewer, snapshot.frames)
            skipped.add_metric(viewer, figures.skipped)
            rate.add_metric(viewer, figures.frames_per_second)
            delay.add_metric(viewer, figures.delay_ms / 1000)
            callback.add_metric([*viewer, "0.5"], figures.processing_ms_p50 / 1000)
            callback.add_metric([*viewer, "0.95"], figures.processing_ms_p95 / 1000)
            readers.add_metric(viewer, stream.readers)
        yield GaugeMetricFamily("emotion_viewers", "Live streams that run.", len(running))
        yield from (frames, skipped, rate, delay, callback, readers)


class _Places(Collector):
    """How many viewers this process serves, whoever they are."""

    def collect(self) -> Iterator[Metric]:
        capacity = live_capacity()
        yield GaugeMetricFamily(
            "emotion_viewers_limit", "Viewers that may stream at a time.", capacity.limit
        )
        yield GaugeMetricFamily(
            "emotion_viewers_waiting", "People who wait in line for live video.", capacity.waiting
        )
        if capacity.cores_a_viewer is not None:
            yield GaugeMetricFamily(
                "emotion_viewer_cores", "Cores that one viewer takes.", capacity.cores_a_viewer
            )


class _Queues(Collector):
    """Videos, and trainings, that wait or are under way."""

    def collect(self) -> Iterator[Metric]:
        queued = GaugeMetricFamily(
            "emotion_queue_tasks", "What waits or is under way.", labels=["queue", "state"]
        )
        states: dict[str, list[str]] = {"videos": [], "trainings": []}
        for home in all_homes():
            # Where a folder cannot be read its page says so.
            with at_home(home.person), suppress(EmotionCoreError):
                states["videos"] += [task.state for task in list_tasks(tasks_dir()).tasks]
                states["trainings"] += [run.state for run in list_runs(runs_dir()).runs]
        for queue, found in states.items():
            counts = Counter(found)
            for state in _WAITING:
                queued.add_metric([queue, state], counts[state])
        yield queued


class _Interface(Collector):
    """What this interface has answered."""

    def collect(self) -> Iterator[Metric]:
        answers = CounterMetricFamily(
            "emotion_api_answers", "Answers of this interface by status.", labels=["status"]
        )
        for status, count in sorted(ANSWERED.items()):
            answers.add_metric([str(status)], count)
        yield answers
        pictures = CounterMetricFamily(
            "emotion_api_pictures", "Pictures read by POST /analyze, or not.", labels=["outcome"]
        )
        for outcome in ("read", "refused"):
            pictures.add_metric([outcome], PICTURES[outcome])
        yield pictures


def _registry() -> CollectorRegistry:
    # Its own: whatever other libraries count in the process is theirs.
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)  # memory, processor time; on Linux
    for collector in (_Streams(), _Places(), _Queues(), _Interface()):
        registry.register(collector)
    return registry


_REGISTRY: Final = _registry()
