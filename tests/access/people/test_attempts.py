import pytest

from emotion_core.access.people.attempts import LONGEST_WAIT, Attempts


@pytest.fixture
def clock():
    class Clock:
        now = 1000.0

        def __call__(self):
            return self.now

    return Clock()


def tries(attempts, clock, seconds, name="ana", address="192.0.2.1", browser=""):
    """Try as often as allowed for so long, and return how often that was."""
    end, made = clock.now + seconds, 0
    while clock.now < end:
        wait = attempts.wait(name, address, browser)
        made += wait == 0
        clock.now += max(wait, 0.05)
    return made


def test_the_wait_grows_and_never_exceeds_a_minute(clock):
    attempts, waits = Attempts(clock), []
    for _ in range(14):
        wait = attempts.wait("ana", "192.0.2.1")
        while wait > 0:
            waits.append(round(wait))
            clock.now += wait
            wait = attempts.wait("ana", "192.0.2.1")
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


def test_a_day_of_guesses_from_one_address(clock):
    assert tries(Attempts(clock), clock, 86_400) < 1_500


def test_guesses_from_a_thousand_addresses_at_one_name(clock):
    attempts, made = Attempts(clock), 0
    end = clock.now + 3600
    index = 0
    while clock.now < end:
        index += 1
        wait = attempts.wait("ana", f"198.51.{index % 4}.{index % 250}")
        made += wait == 0
        clock.now += max(wait, 0.01)
    assert made < 100


def test_whoever_was_there_before_does_not_wait_for_those_who_guess(clock):
    attempts = Attempts(clock)
    for _ in range(50):  # from the same address, as behind a school's router
        attempts.wait("ana", "192.0.2.1")
    assert attempts.wait("ana", "192.0.2.1") > 0
    assert attempts.wait("ana", "192.0.2.1", "a browser that she used") == 0


def test_a_known_browser_guesses_no_faster(clock):
    assert tries(Attempts(clock), clock, 86_400, browser="known") < 1_500


def test_others_behind_one_address_do_not_wait_for_a_few_typing_errors(clock):
    attempts = Attempts(clock)
    for name in ("a", "b", "c", "d", "e"):
        for _ in range(3):
            assert attempts.wait(name, "192.0.2.1") == 0
    assert attempts.wait("f", "192.0.2.1") == 0
    assert attempts.wait("a", "192.0.2.1") > 0


def test_a_right_password_is_no_try(clock):
    attempts = Attempts(clock)
    for _ in range(200):
        assert attempts.wait("ana", "192.0.2.1") == 0
        attempts.succeeded("ana", "192.0.2.1")


def test_a_hundred_at_once_count_as_a_hundred(clock):
    attempts = Attempts(clock)
    assert sum(attempts.wait("ana", "192.0.2.1") == 0 for _ in range(100)) == 3


def test_tries_are_forgotten(clock):
    attempts = Attempts(clock)
    tries(attempts, clock, 600)
    clock.now += 8 * 3600
    assert attempts.wait("ana", "192.0.2.1") == 0
    assert attempts.wait("ana", "192.0.2.1") == 0


def test_one_household_of_ipv6_is_one_address_and_names_are_spelt_alike(clock):
    attempts = Attempts(clock)
    for index in range(3):
        assert attempts.wait("Ana", f"2001:db8::{index}") == 0
    assert attempts.wait("ANA", "2001:db8::ffff") > 0
    assert attempts.wait("ana", "2001:db8:0:1::1") == 0


def test_what_is_remembered_is_limited(clock, monkeypatch):
    monkeypatch.setattr("emotion_core.access.people.attempts._MOST_KEPT", 30)
    attempts = Attempts(clock)
    for index in range(100):
        clock.now += 100
        attempts.wait(f"name {index}", f"198.51.100.{index}")
    assert len(attempts._counts) == 30
