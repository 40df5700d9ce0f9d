from emotion_core.judging.measures.timing import time_in_turn


def test_models_take_turns():
    calls = []
    times = time_in_turn({name: lambda name=name: calls.append(name) for name in "ab"}, 3)
    assert calls == ["a", "b"] * 3
    assert [len(of_one) for of_one in times.values()] == [3, 3]
