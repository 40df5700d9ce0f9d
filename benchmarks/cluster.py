"""How recorded video scales: Ray nodes, workers, memory over an hour, and what a driver costs.

    python benchmarks/cluster.py nodes      # one Ray node against two, a core each: about 4 minutes
    python benchmarks/cluster.py workers    # --workers 1 against 2 on eight files: about 5 minutes
    python benchmarks/cluster.py memory     # of one worker, over an hour of video: about 4 minutes
    python benchmarks/cluster.py driver     # what a part and a file cost the driver: about 1 minute
    python benchmarks/cluster.py nodes --seconds 2 --films 2            # for a smoke test

``nodes`` and ``driver`` need requirements-cluster.txt. Films are 640x480 with one face, H.264, 30
frames a second (``memory``: 10). Each node of ``nodes`` is held to a core of its own (Linux:
``sched_setaffinity``), as machines are; the driver runs on either. Nodes are started before time is
taken, and actors count. ``workers`` measures twice: as they come, where one worker and the process
that decodes for it take more than a core, and with as many cores as there are workers.

``cpu_ms_a_frame`` is of all processes, decoding included; ``cores_busy`` how many cores that is.

``driver`` has parts answered by actors that read nothing: handing out and taking in is left.
Bytes a frame are of what was read (``segment``), the recording's tables and its table, with one
face in each frame. Prints JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import av
from clips import film_of_faces
from recorded import memory_of_children, write_film

from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.analysis import VideoAnalyst
from emotion_core.recorded.cluster.actor import versions
from emotion_core.recorded.cluster.engine import RayEngine
from emotion_core.recorded.job import VideoJob
from emotion_core.recorded.plan import Plan, held
from emotion_core.recorded.pool.engine import Engine
from emotion_core.recorded.pool.pool import VideoPool
from emotion_core.recorded.pool.processes import ProcessEngine
from emotion_core.recorded.pool.state import VideoState
from emotion_core.recorded.pool.worker import table_of
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.sessions.exports.kinds import export_session
from emotion_core.system.storage.folders import folder_size
from emotion_core.video.sources import FileFacts, VideoFile
from tests.recorded.ray_nodes import ENVIRONMENT, Nodes, below

SIZE = (640, 480)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("nodes", "workers", "memory", "driver"))
    parser.add_argument("--films", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=45.0, help="length of each film")
    parser.add_argument("--minutes", type=int, default=60, help="of the video for memory")
    parser.add_argument("--videos", type=int, default=300, help="for the driver, 30 parts each")
    parser.add_argument("--actors", type=int, default=4, help="for the driver")
    options = parser.parse_args()
    os.environ |= {name: ENVIRONMENT[name] for name in ("RAY_AUTH_MODE", "RAY_USAGE_STATS_ENABLED")}
    measure = {"nodes": nodes, "workers": workers, "memory": memory, "driver": driver}
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure[options.what](Path(name), options), indent=2))


def nodes(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Compare a cluster of one node with one of two."""
    films = copies(folder, options)
    cluster = Nodes()
    figures: dict[str, Any] = {}
    try:
        hold(cluster.started[0].pid, {0})
        figures["one_node"] = read_all(films, folder / "one", RayEngine(cluster.address))
        cluster.add()
        hold(cluster.started[1].pid, {1})
        figures["two_nodes"] = read_all(films, folder / "two", RayEngine(cluster.address))
    finally:
        cluster.close()
    return figures | {"ratio": ratio(figures["two_nodes"], figures["one_node"])}


def workers(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Compare one process with two, as they come and with a core each."""
    films = copies(folder, options)
    figures: dict[str, Any] = {}
    every = os.sched_getaffinity(0)
    for name, cores in (("as_they_come", None), ("a_core_each", 1)):
        for count in (1, 2):
            if cores is not None:
                hold(os.getpid(), set(sorted(every)[:count]))
            figures[f"{name}_{count}"] = read_all(
                films, folder / f"{name}-{count}", ProcessEngine(count)
            )
            hold(os.getpid(), every)
        figures[f"{name}_ratio"] = ratio(figures[f"{name}_2"], figures[f"{name}_1"])
    return figures


def memory(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return the resident size of the processes that read and decode, every 5 minutes of video."""
    minute = folder / "minute.mp4"
    write_film(minute, itertools.islice(film_of_faces(1, 60.0, SIZE), 0, None, 3), SIZE, rate=10)
    film = repeated(minute, folder / "hour.mp4", options.minutes)
    table: dict[int, dict[str, float]] = {}

    def look(pool: VideoPool) -> None:
        done = sum(video.done_seconds for video in pool.videos)
        here = table.setdefault(int(done // 300) * 5, {})
        for name, megabytes in memory_of_children("VmRSS:"):
            here[name] = max(here.get(name, 0.0), round(megabytes))

    engine = ProcessEngine(1)
    started = time.perf_counter()
    VideoPool([job(film, folder / "out")], engine=engine, table="csv").run(look)
    return {
        "minutes": options.minutes,
        "wall_s": round(time.perf_counter() - started, 1),
        "megabytes_by_minute": table,
        "highest": {
            name: max(each.get(name, 0.0) for each in table.values())
            for name in ("pool.worker", "video.worker")
        },
    }


class Idle:
    """An actor that reads nothing."""

    def versions(self) -> tuple[str, dict[str, str]]:
        """Return what the engine compares."""
        return "here", versions()

    def look(self, _: dict[str, Any]) -> dict[str, Any]:
        """Find nothing."""
        return {"answer": {}}

    def begin(self, _: dict[str, Any]) -> dict[str, Any]:
        """Plan an hour."""
        plan = Plan(Path(), 3600.0, 30, 120.0, FileFacts(0.0, 3600.0, 30.0)).to_json()
        return {"answer": {"plan": plan, "key": "0" * 32, "missing": [*range(30)]}}

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        """Read nothing."""
        return {"answer": {"plan": request["plan"]}}

    def finish(self, _: dict[str, Any]) -> dict[str, Any]:
        """Join nothing."""
        return {"answer": {"frames": 1, "seconds": 1.0, "persons": 1, "problem": ""}}

    def leave(self) -> None:
        """Put nothing away."""


def driver(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return what a part and a file cost the driver, and the size of a segment."""
    jobs = (job(folder / f"{n}.mp4", folder / "out" / f"{n}") for n in range(options.videos))
    cluster = Nodes(cores=options.actors)
    parts = 33 * options.videos
    try:
        engine = RayEngine(cluster.address, reader=Idle)
        while len(engine.free()) < options.actors:
            engine.told(0.2)
        started, cpu = time.perf_counter(), time.process_time()
        over: list[float] = []
        pool = VideoPool(jobs, engine=engine, count=options.videos, size=options.videos)
        pool.run(over=lambda _: over.append(time.perf_counter()))
        wall, own = over[-1] - started, time.process_time() - cpu
    finally:
        cluster.close()
    return {
        "parts": parts,
        "parts_a_second": round(parts / wall),
        "driver_cpu_ms_a_part": round(1000 * own / parts, 2),
    } | sizes(folder, options)


def sizes(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return the size of what is read of a segment, and of what becomes of it."""
    film = folder / "segment.mp4"
    frames = write_film(film, film_of_faces(1, min(120.0, 4 * options.seconds), SIZE), SIZE)
    wanted = job(film, folder / "segment")
    table = table_of(wanted.target, "csv")
    with VideoAnalyst() as analyst, held(wanted):
        plan = analyst.begin(wanted)
        cpu = time.process_time()
        analyst.read(wanted, plan, 0)
        cpu = time.process_time() - cpu
        segment = plan.path(0).stat().st_size
        asked = {"job": wanted.to_json(), "do": "read", "key": wanted.key(), "plan": plan.to_json()}
        export_session(analyst.finish(wanted, plan), table)
    return {
        "frames": frames,
        "cpu_ms_a_frame_without_decoding": round(1000 * cpu / frames, 2),
        "request_bytes": len(json.dumps(asked | {"index": 0})),
        "answer_bytes": len(json.dumps({"plan": plan.to_json()})),
        "segment_bytes_a_frame": round(segment / frames, 1),
        "recording_bytes_a_frame": round(folder_size(wanted.target) / frames, 1),
        "table_bytes_a_frame": round(table.stat().st_size / frames, 1),
    }


def copies(folder: Path, options: argparse.Namespace) -> list[Path]:
    """Write a film, and return it under so many names."""
    film = folder / "film-0.mp4"
    write_film(film, film_of_faces(1, options.seconds, SIZE), SIZE)
    others = [folder / f"film-{number}.mp4" for number in range(1, options.films)]
    return [film, *(Path(shutil.copy(film, other)) for other in others)]


def repeated(film: Path, path: Path, times: int) -> Path:
    """Write a film's packets so many times, one after the other."""
    with av.open(str(film)) as source, av.open(str(path), "w") as container:
        packets = [packet for packet in source.demux(video=0) if packet.dts is not None]
        stream = container.add_stream_from_template(source.streams.video[0])
        length = sum(packet.duration for packet in packets)
        for number in range(times):
            for packet in packets:
                packet.stream = stream
                packet.pts += length if number else 0
                packet.dts += length if number else 0
                container.mux(packet)
    return path


def job(film: Path, target: Path) -> VideoJob:
    """Return what is to be done with a film."""
    return VideoJob(VideoFile.at(film), target, default_model_dir(), RecordedSettings())


def read_all(films: list[Path], out: Path, engine: Engine) -> dict[str, Any]:
    """Return how fast films are read."""
    frames: list[int] = []

    def over(video: VideoState) -> None:
        if video.phase != "finished":
            raise SystemExit(f"{video.job.path}: expected a recording, found: {video.problem}")
        frames.append(video.frames)

    begun: list[float] = []

    def look(pool: VideoPool) -> None:
        if not begun and any(video.done_seconds for video in pool.videos):
            begun.append(time.perf_counter() - started)

    started, cpu = time.perf_counter(), processor_seconds()
    jobs = [job(film, out / film.stem) for film in films]
    VideoPool(jobs, engine=engine).run(look, over=over)
    seconds, cpu = time.perf_counter() - started, processor_seconds() - cpu
    return {
        "seconds": round(seconds, 1),
        "seconds_until_reading": round(begun[0], 1) if begun else None,
        "frames_a_second": round(sum(frames) / seconds, 1),
        "cpu_ms_a_frame": round(1000 * cpu / sum(frames), 2),
        "cores_busy": round(cpu / seconds, 2),
    }


def processor_seconds() -> float:
    """Return the processor's time of this process, and of those it started that have ended."""
    return sum(os.times()[:4])


def ratio(faster: dict[str, Any], slower: dict[str, Any]) -> float:
    """Return how many times as fast."""
    return round(faster["frames_a_second"] / slower["frames_a_second"], 2)


def hold(process: int, cores: set[int]) -> None:
    """Hold a process, and all that it has started or will, to some cores."""
    for each in (process, *below(process)):
        with suppress(OSError):  # it has ended
            for thread in Path(f"/proc/{each}/task").iterdir():
                os.sched_setaffinity(int(thread.name), cores)


if __name__ == "__main__":
    main()
