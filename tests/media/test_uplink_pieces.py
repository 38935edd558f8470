"""What is missing and what arrived: each by itself, with the clock in hand."""

import itertools
from struct import unpack_from

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_room.media.sfu.publishing import missing
from lti_room.media.sfu.publishing.arrivals import MOST_REPORTED, Arrivals
from lti_room.media.sfu.publishing.missing import MOST_TAIL_TRIES, TAIL_SECONDS, Missing


def _take(gaps: Missing, *numbers: int, now: float = 0.0) -> list[bool]:
    return [gaps.accept(number & 0xFFFF, now) for number in numbers]


def test_a_gap_is_asked_for_once_it_is_no_mere_reordering() -> None:
    gaps = Missing()
    assert all(_take(gaps, 65_534, 65_537, 65_539))
    assert gaps.due(0.004) == []
    assert _take(gaps, 65_538, now=0.005) == [True], "only overtaken"
    assert gaps.due(0.01) == [65_535, 0], "over the wrap, oldest first"
    assert gaps.due(0.02) == [], "the answer is on its way"
    assert _take(gaps, 65_535, 65_536, now=0.05) == [True, True]
    assert len(gaps) == 0
    assert gaps.next_due() is None
    assert not gaps.hopeless


def test_each_number_is_let_through_once() -> None:
    gaps = Missing()
    assert _take(gaps, 10, 12, 11) == [True, True, True]
    assert _take(gaps, 12, 11, 10, 9) == [False] * 4


def test_requests_are_repeated_at_the_pace_of_the_round_trip_and_end() -> None:
    gaps = Missing()
    _take(gaps, 1, 3)
    asked = [n / 1000 for n in range(1500) if gaps.due(n / 1000)]
    assert len(asked) == missing.MOST_TRIES
    assert asked[0] == pytest.approx(missing.REORDER_SECONDS)
    steps = [b - a for a, b in itertools.pairwise(asked)]
    assert steps == pytest.approx([0.05] * 7, abs=0.002), "40 ms and a quarter"
    assert gaps.hopeless
    assert len(gaps) == 0, "given up after a second"


def test_the_round_trip_is_learnt_though_the_first_guess_is_far_too_short() -> None:
    gaps = Missing()
    _take(gaps, 0)
    now = 0.0
    requests: list[float] = []
    for n in range(1, 40):
        _take(gaps, 2 * n, now=now)
        requests = [t for t in (now + k / 1000 for k in range(308)) if gaps.due(t)]
        now += 0.308
        _take(gaps, 2 * n - 1, now=now)
    assert gaps.round_trip == pytest.approx(0.3, abs=0.02)
    assert len(requests) == 1, "nothing is asked for twice any more"


def test_the_end_of_a_frame_is_asked_for_though_nothing_newer_came() -> None:
    gaps = Missing()
    gaps.accept(7, 0.0)
    gaps.accept(8, 0.01, more=True)
    gaps.accept(9, 0.02, more=True)
    assert gaps.due(0.02 + TAIL_SECONDS - 0.001) == []
    soon = gaps.next_due()
    assert soon == pytest.approx(0.02 + TAIL_SECONDS)
    tries = 0
    while (at := gaps.next_due()) is not None:
        assert gaps.due(at) == [10]
        tries += 1
    assert tries == MOST_TAIL_TRIES
    assert gaps.accept(10, 0.2), "nothing was awaited before it"
    assert gaps.next_due() is None, "the frame is whole"
    assert gaps.due(1.0) == []


def test_on_a_narrow_line_the_next_packet_of_a_frame_is_awaited_as_long_as_they_take_there() -> None:
    gaps = Missing()
    now, asked = 0.0, 0
    for number in range(40):
        now += 0.04
        while (at := gaps.next_due()) is not None and at < now:
            asked += len(gaps.due(at))
        gaps.original(number, now)
        gaps.accept(number, now, more=True)
    assert asked == 1, "before it was known how narrow the line is"
    for number in range(40, 80):
        now += 0.002
        gaps.original(number, now)
        gaps.accept(number, now, more=True)
    assert gaps.next_due() == pytest.approx(now + TAIL_SECONDS), "it is wide again"
    gaps.accept(80, now + 0.08, more=True)
    assert gaps.next_due() == pytest.approx(now + 0.08 + TAIL_SECONDS), "a retransmission says nothing of it"


def test_a_keyframe_ends_the_asking_but_not_the_welcome() -> None:
    gaps = Missing()
    _take(gaps, 1, 4)
    gaps.forget_before(4)
    assert gaps.due(0.1) == []
    assert _take(gaps, 2, now=0.2) == [True]
    gaps.due(2.0)
    assert not gaps.hopeless
    assert len(gaps) == 0


def test_a_leap_is_not_asked_for_number_by_number() -> None:
    gaps = Missing()
    _take(gaps, 1, 1 + missing.LONGEST_GAP + 2)
    assert gaps.hopeless
    assert len(gaps) == 0
    gaps.hopeless = False
    for n in range(100):
        _take(gaps, 1000 + n * 200)
    assert len(gaps) <= missing.MOST_AWAITED
    assert gaps.hopeless


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 300)), max_size=200))
def test_whatever_comes_no_number_passes_twice(arrivals: list[tuple[int, int]]) -> None:
    gaps = Missing()
    passed: set[int] = set()
    newest: int | None = None
    now = 0.0
    for number, step in arrivals:
        now += step / 1000
        near = newest if newest is not None else number + 65536
        unwrapped = near + ((number - near + 0x8000) & 0xFFFF) - 0x8000
        if gaps.accept(number, now):
            assert unwrapped not in passed
            passed.add(unwrapped)
            newest = max(near, unwrapped)
        assert len(gaps.due(now)) <= missing.MOST_AWAITED
        due = gaps.next_due()
        assert (due is None) == (len(gaps) == 0)


def decode(packet: bytes) -> tuple[int, dict[int, float | None], int]:
    """Read a transport-wide feedback as the draft has it: base, number -> seconds or None, feedback count."""
    first, kind, words, _sender, _media, base, count, reference = unpack_from("!BBHIIHHI", packet)
    assert (first, kind, (words + 1) * 4) == (0x8F, 205, len(packet))
    at = 20
    symbols: list[int] = []
    while len(symbols) < count:
        (chunk,) = unpack_from("!H", packet, at)
        at += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif chunk & 0x4000:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    seconds = (reference >> 8) * 0.064
    found: dict[int, float | None] = {}
    for n, symbol in enumerate(symbols[:count]):
        assert symbol != 3
        if symbol:
            (delta,) = unpack_from("!B" if symbol == 1 else "!h", packet, at)
            at += symbol
            seconds += delta * 0.00025
        found[(base + n) & 0xFFFF] = seconds if symbol else None
    assert 0 <= len(packet) - at < 4, "nothing but padding is left"
    return base, found, reference & 0xFF


def _report(arrivals: Arrivals) -> dict[int, float | None]:
    found: dict[int, float | None] = {}
    for packet in arrivals.feedback(7):
        assert len(packet) <= 1200
        found |= decode(packet)[1]
    return found


def test_what_came_and_what_did_not_is_told_with_its_time() -> None:
    arrivals = Arrivals(1)
    for number, at in [(65_534, 5.0), (65_535, 5.001), (1, 5.09), (2, 5.0895)]:
        arrivals.add(number, at)
    found = _report(arrivals)
    assert list(found) == [65_534, 65_535, 0, 1, 2]
    assert found[0] is None
    assert [found[n] for n in (65_534, 65_535, 1, 2)] == pytest.approx([5.0, 5.001, 5.09, 5.0895], abs=3e-4)
    assert arrivals.feedback(7) == [], "nothing new"


def test_feedback_goes_on_where_the_last_one_ended_and_is_numbered() -> None:
    arrivals = Arrivals(1)
    seen = []
    for n in range(4):
        arrivals.add(10 + 3 * n, n * 0.05)
        (packet,) = arrivals.feedback(7)
        base, found, count = decode(packet)
        seen.append((base, list(found), count))
    assert seen == [
        (10, [10], 0),
        (11, [11, 12, 13], 1),
        (14, [14, 15, 16], 2),
        (17, [17, 18, 19], 3),
    ]


def test_a_late_packet_is_told_with_all_that_came_after_it() -> None:
    arrivals = Arrivals(1)
    for number in (1, 2, 4, 5):
        arrivals.add(number, 1.0)
    assert _report(arrivals)[3] is None
    arrivals.add(3, 1.1)
    arrivals.add(6, 1.2)
    found = _report(arrivals)
    assert list(found) == [3, 4, 5, 6]
    assert found[3] == pytest.approx(1.1, abs=3e-4)
    assert found[4] == pytest.approx(1.0, abs=3e-4)


def test_a_long_pause_makes_another_packet() -> None:
    arrivals = Arrivals(1)
    arrivals.add(1, 1.0)
    arrivals.add(2, 20.0)
    packets = arrivals.feedback(7)
    assert [decode(packet)[0] for packet in packets] == [1, 2]


def test_the_same_number_twice_keeps_its_first_time() -> None:
    arrivals = Arrivals(1)
    arrivals.add(1, 1.0)
    arrivals.add(1, 1.5)
    assert _report(arrivals) == {1: pytest.approx(1.0, abs=3e-4)}


@given(st.lists(st.tuples(st.integers(0, 65_535) | st.integers(0, 40), st.integers(0, 40_000)), max_size=60))
def test_whatever_numbers_come_every_report_is_well_formed_and_true(
    steps: list[tuple[int, int]],
) -> None:
    arrivals = Arrivals(1)
    now = 0.0
    came: dict[int, list[float]] = {}
    for n, (number, step) in enumerate(steps):
        now += step / 1000
        arrivals.add(number, now)
        came.setdefault(number, []).append(now)
        if n % 7 == 6 or n == len(steps) - 1:
            for reported, seconds in _report(arrivals).items():
                if seconds is not None:
                    assert min(abs(seconds - at) for at in came[reported]) < 3e-4


@given(st.lists(st.booleans(), min_size=1, max_size=700), st.integers(0, 65_535))
def test_losses_of_any_pattern_are_told_exactly(came: list[bool], start: int) -> None:
    arrivals = Arrivals(1)
    pattern = [True, *came, True]
    for n, here in enumerate(pattern):
        if here:
            arrivals.add((start + n) & 0xFFFF, n * 0.13)
    gaps = "".join("x" if here else "." for here in pattern).split("x")
    if max(map(len, gaps)) >= MOST_REPORTED:
        return
    assert [at is not None for at in _report(arrivals).values()] == pattern
