import pytest

from emotion_core.live.timing import WINDOW_SECONDS, ReadingPace, StreamFigures, StreamTiming


def timing_of(frames):
    """Note frames given as (camera, taken, ready) and return the figures."""
    timing = StreamTiming()
    for frame in frames:
        timing.note(*frame)
    return timing.figures()


def steady(count, rate=20.0, work=0.01, start=100.0):
    """Frames of a camera whose clock began ``start`` seconds after ours."""
    return [(n / rate, start + n / rate, start + n / rate + work) for n in range(count)]


def test_no_frame_no_figures():
    assert StreamTiming().figures() == StreamFigures()


def test_one_frame_has_a_cost_and_no_rate():
    figures = timing_of(steady(1))
    assert figures.frames_per_second == 0
    assert figures.processing_ms_p50 == pytest.approx(10)


def test_a_stream_that_keeps_up():
    figures = timing_of(steady(40))
    assert figures.frames_per_second == pytest.approx(20)
    assert (figures.processing_ms_p50, figures.processing_ms_p95) == pytest.approx((10, 10))
    assert figures.skipped == 0
    assert figures.delay_ms == pytest.approx(10)  # the processing alone


def test_percentiles_and_rate_cover_the_window_alone():
    slow = [(n / 20, n / 20, n / 20 + 0.04) for n in range(20)]
    later = WINDOW_SECONDS + 2
    quick = [(later + n / 20, later + n / 20, later + n / 20 + 0.001) for n in range(40)]
    assert timing_of(slow + quick).processing_ms_p95 == pytest.approx(1)


def test_skipped_frames_are_counted_from_the_camera_s_clock():
    frames = [frame for n, frame in enumerate(steady(60)) if n not in (20, 30, 31)]
    assert timing_of(frames).skipped == 3


def test_half_of_the_frames_skipped_from_the_start_on_are_a_slower_camera():
    assert timing_of(steady(60)[::2]).skipped == 0


@pytest.mark.parametrize("gap", [5.0, -3.0])
def test_a_pause_or_a_clock_set_back_skips_nothing(gap):
    frames = steady(20)
    later = [(camera + 1 + gap, taken + 10, ready + 10) for camera, taken, ready in steady(20)]
    assert timing_of(frames + later).skipped == 0


def test_delay_grows_when_frames_wait():
    late = [
        (camera, taken + 0.002 * n, ready + 0.002 * n)
        for n, (camera, taken, ready) in enumerate(steady(60))
    ]
    assert timing_of(late).delay_ms == pytest.approx(10 + 2 * 30, abs=5)


def test_frames_without_a_time_of_their_own():
    figures = timing_of([(None, taken, ready) for _, taken, ready in steady(40)])
    assert (figures.skipped, figures.delay_ms) == (0, pytest.approx(10))


def test_how_late_a_frame_is():
    timing = StreamTiming()
    assert timing.late(0.0, 100.0) == 0  # nothing to compare it with
    for each in steady(20):
        timing.note(*each)
    assert timing.late(1.0, 101.0) == pytest.approx(0)
    assert timing.late(1.0, 101.25) == pytest.approx(0.25)
    assert timing.late(None, 101.25) == 0


def paced(stretch):
    pace = ReadingPace()
    for _ in range(100):
        pace.note(0.01 * stretch, 0.01)
    return pace


def test_every_frame_is_read_while_the_processor_keeps_up():
    pace = paced(1.1)
    assert all(pace.reads(n / 30, late=0.5) for n in range(30))


def test_every_frame_is_read_that_is_in_time():
    pace = paced(4)
    assert all(pace.reads(n / 30, late=0.05) for n in range(30))


def test_fewer_frames_are_read_while_the_processor_does_not_keep_up():
    pace = paced(4)
    read = [pace.reads(n / 30, late=0.5) for n in range(61)]
    assert read[0]
    assert sum(read) == 11  # every sixth: in a fifth of a second


def test_a_processor_that_is_free_again_is_noticed():
    pace = paced(4)
    for _ in range(50):
        pace.note(0.01, 0.01)
    pace.note(0.01, 0.0)  # too quick for the clock
    assert all(pace.reads(n / 30, late=0.5) for n in range(30))
