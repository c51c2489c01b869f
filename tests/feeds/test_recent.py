"""What was worked out lately is kept within its bytes, and never mixed up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from feedsvc.feeds.recent import Recent


def test_what_was_put_in_comes_out() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("a", 1, 4)

    assert recent.get("a") == 1
    assert recent.get("b") is None


def test_what_was_unused_for_longest_goes_first() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("a", 1, 4)
    recent.put("b", 2, 4)
    recent.get("a")
    recent.put("c", 3, 4)

    assert [recent.get(key) for key in "abc"] == [1, None, 3]


def test_one_that_is_too_big_drives_nothing_out() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("a", 1, 4)
    recent.put("b", 2, 11)

    assert [recent.get(key) for key in "ab"] == [1, None]


def test_a_new_value_takes_the_place_and_the_bytes_of_the_old_one() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("a", 1, 6)
    recent.put("a", 2, 6)
    recent.put("b", 3, 4)

    assert [recent.get(key) for key in "ab"] == [2, 3]


def test_an_old_value_does_not_stay_when_the_new_one_is_too_big() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("a", 1, 6)
    recent.put("a", 2, 11)

    assert recent.get("a") is None


def test_what_is_forgotten_makes_room() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("a", 1, 6)
    recent.forget("a")
    recent.forget("never there")
    recent.put("b", 2, 5)
    recent.put("c", 3, 5)

    assert [recent.get(key) for key in "abc"] == [None, 2, 3]


def test_after_clearing_nothing_is_left_and_all_bytes_are_free() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("a", 1, 10)
    recent.clear()
    recent.put("b", 2, 10)

    assert [recent.get(key) for key in "ab"] == [None, 2]


steps = st.lists(st.tuples(st.sampled_from("pfg"), st.integers(0, 5), st.integers(0, 12)))


@given(steps)
def test_it_never_holds_more_than_its_bytes_nor_a_wrong_value(
    steps: list[tuple[str, int, int]],
) -> None:
    recent: Recent[int, tuple[int, int]] = Recent(10)
    latest: dict[int, int] = {}
    for step, key, size in steps:
        if step == "p":
            recent.put(key, (key, size), size)
            latest[key] = size
        elif step == "f":
            recent.forget(key)
            latest.pop(key, None)
        found = [recent.get(key) for key in range(6)]

        assert all(value is None or value == (k, latest[k]) for k, value in enumerate(found))
        assert sum(value[1] for value in found if value) <= 10


def test_threads_may_share_it() -> None:
    recent: Recent[int, int] = Recent(50)

    def work(start: int) -> bool:
        right = True
        for i in range(start, start + 5_000):
            key = i % 40
            recent.put(key, key, 1 + key % 3)
            right &= recent.get(key) in {key, None}
            recent.forget(i % 7)
        return right

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    recent.clear()
    recent.put(1, 1, 50)
    assert recent.get(1) == 1
