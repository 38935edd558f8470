"""The bad network as a function: loss, bottleneck, queue, delay and jitter, the same for the same seed."""

from itertools import pairwise

import pytest

from benchmarks.network.model import HEADERS, Conditions, Path, Step

PACKET = 1000 - HEADERS


def path(seed: int = 1, **conditions: float | None) -> Path:
    return Path(seed, [Step(0.0, Conditions(**conditions))])  # type: ignore[arg-type]  # mixed on purpose


def test_without_conditions_a_packet_is_there_at_once() -> None:
    assert path().offer(5.0, PACKET) == 5.0


def test_loss_is_as_frequent_as_told_and_does_not_come_in_rows() -> None:
    lossy = path(loss=0.05)
    lost = [lossy.offer(n / 1000, PACKET) is None for n in range(20_000)]
    assert 0.045 < sum(lost) / len(lost) < 0.055
    in_a_row = sum(a and b for a, b in pairwise(lost)) / len(lost)
    assert in_a_row < 0.004
    assert lossy.lost == sum(lost)


def test_the_same_seed_decides_the_same_and_another_one_differently() -> None:
    def fates(seed: int) -> list[float | None]:
        one = path(seed, loss=0.3, jitter=0.02)
        return [one.offer(n / 100, PACKET) for n in range(200)]

    assert fates(7) == fates(7)
    assert fates(7) != fates(8)


def test_a_bottleneck_spaces_packets_by_their_size_with_headers() -> None:
    narrow = path(rate=80_000.0, delay=0.02)
    out = [narrow.offer(1.0, PACKET) for _ in range(3)]
    assert out == pytest.approx([1.12, 1.22, 1.32])
    assert narrow.offer(10.0, PACKET) == pytest.approx(10.12)


def test_a_full_queue_drops_at_its_tail_and_empties_with_time() -> None:
    narrow = path(rate=80_000.0, queue_bytes=2500)
    assert [narrow.offer(1.0, PACKET) is None for _ in range(4)] == [False, False, True, True]
    assert narrow.offer(1.11, PACKET) == pytest.approx(1.3)
    assert narrow.overflowed == 2


def test_a_queue_may_be_limited_by_waiting_time() -> None:
    narrow = path(rate=80_000.0, queue_seconds=0.15)
    assert [narrow.offer(1.0, PACKET) is None for _ in range(4)] == [False, False, True, True]


def test_jitter_keeps_the_order_unless_told_otherwise() -> None:
    def came(reorder: bool) -> list[float]:
        one = Path(3, [Step(0.0, Conditions(delay=0.02, jitter=0.05, reorder=reorder))])
        return [at for n in range(500) if (at := one.offer(n / 1000, PACKET)) is not None]

    kept, mixed = came(False), came(True)
    assert kept == sorted(kept)
    assert mixed != sorted(mixed)
    assert all(0.02 <= at - n / 1000 <= 0.07 for n, at in enumerate(mixed))


def test_conditions_change_when_the_schedule_says_so() -> None:
    steps = [Step(0.0, Conditions()), Step(10.0, Conditions(loss=1.0)), Step(20.0, Conditions())]
    one = Path(1, steps)
    assert [one.offer(at, PACKET) is None for at in (9.9, 10.0, 19.9, 20.0)] == [False, True, True, False]


def test_what_waits_is_served_at_the_rate_of_the_moment() -> None:
    fast, slow = Conditions(rate=80_000.0), Conditions(rate=8_000.0)
    one = Path(1, [Step(0.0, fast), Step(1.0, slow), Step(2.0, fast)])
    # 0.05 s at 10,000 bytes/s, a second at 1,000, the rest of the three packets fast again.
    assert [one.offer(0.95, PACKET) for _ in range(3)] == pytest.approx([1.5, 2.05, 2.15])


def test_a_schedule_that_makes_no_sense_is_refused() -> None:
    for steps in ([], [Step(2.0, Conditions()), Step(1.0, Conditions())], [Step(0.0, Conditions(rate=0.0))]):
        with pytest.raises(ValueError, match=r"schedule|rate"):
            Path(1, steps)
