"""One direction of a bad network as a pure function: when does this packet come out again, if ever?

A packet meets, in this order: random loss, a bottleneck of a given rate with a queue that drops at its tail,
and a delay with jitter. Every decision comes from a seed and the packet's number, so that the same packets at
the same times fare the same in every run. Rates count the 28 bytes of IP and UDP headers, as links do.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

HEADERS: Final = 28
_MASK: Final = (1 << 64) - 1


@dataclass(frozen=True)
class Conditions:
    """What a direction is like from now on.

    Attributes:
        loss: share of packets that are lost at random, 0 to 1.
        delay: seconds on the way.
        jitter: up to this many seconds more, evenly spread.
        reorder: whether jitter may let packets overtake each other.
        rate: bits per second of the bottleneck; None: without limit.
        queue_bytes: the most that waits before the bottleneck.
        queue_seconds: the longest wait before the bottleneck.
    """

    loss: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    reorder: bool = False
    rate: float | None = None
    queue_bytes: int | None = None
    queue_seconds: float | None = None


@dataclass(frozen=True)
class Step:
    """Conditions that hold from `at` on, in seconds of the clock that packets are offered by."""

    at: float
    conditions: Conditions


class Path:
    """One direction. Its state: what waits before the bottleneck, and how many packets came by."""

    def __init__(self, seed: int, steps: Sequence[Step]) -> None:
        self.offered = self.lost = self.overflowed = 0
        self._seed = seed
        self._steps: tuple[Step, ...] = ()
        self._waiting: deque[tuple[float, int]] = deque()
        self._waiting_bytes = 0
        self._free_at = 0.0
        self._last_out = 0.0
        self.follow(steps)

    def follow(self, steps: Sequence[Step]) -> None:
        """Follow another schedule. What waits already leaves as it was told to.

        Raises:
            ValueError: no steps, not in order of time, or a rate that is not positive.
        """
        if not steps or any(a.at > b.at for a, b in pairwise(steps)):
            raise ValueError("a schedule needs steps in order of time")
        if any(step.conditions.rate is not None and step.conditions.rate <= 0 for step in steps):
            raise ValueError("a rate is positive, or None")
        self._steps = tuple(steps)

    def at(self, now: float) -> Conditions:
        """Return the conditions at a time; before the first step they are the first's."""
        return self._steps[self._index(now)].conditions

    def offer(self, now: float, size: int) -> float | None:
        """Take a datagram of `size` bytes; return when it comes out, or None when it is lost.

        `now` never goes back.
        """
        number, self.offered = self.offered, self.offered + 1
        here = self.at(now)
        if here.loss and self._chance(number, 0) < here.loss:
            self.lost += 1
            return None
        through = self._queue(now, size + HEADERS, here)
        if through is None:
            self.overflowed += 1
            return None
        out = through + here.delay + here.jitter * (self._chance(number, 1) if here.jitter else 0.0)
        if not here.reorder:
            out = max(out, self._last_out)
        self._last_out = max(out, self._last_out)
        return out

    def _queue(self, now: float, size: int, here: Conditions) -> float | None:
        while self._waiting and self._waiting[0][0] <= now:
            self._waiting_bytes -= self._waiting.popleft()[1]
        if here.queue_bytes is not None and self._waiting_bytes + size > here.queue_bytes:
            return None
        start = max(now, self._free_at)
        if here.queue_seconds is not None and start - now > here.queue_seconds:
            return None
        self._free_at = self._served(start, size * 8)
        if self._free_at > now:
            self._waiting.append((self._free_at, size))
            self._waiting_bytes += size
        return self._free_at

    def _served(self, start: float, bits: float) -> float:
        """Return when `bits` are through a bottleneck that changes with the schedule."""
        index = self._index(start)
        while True:
            rate = self._steps[index].conditions.rate
            until = self._steps[index + 1].at if index + 1 < len(self._steps) else float("inf")
            if rate is None:
                return start
            if start + bits / rate <= until:
                return start + bits / rate
            bits -= (until - start) * rate
            start, index = until, index + 1

    def _index(self, now: float) -> int:
        found = 0
        for n, step in enumerate(self._steps):
            if step.at <= now:
                found = n
        return found

    def _chance(self, number: int, purpose: int) -> float:
        """Return an even number from 0 up to 1 for a packet: SplitMix64 of seed, number and purpose."""
        value = (self._seed * 0x9E3779B97F4A7C15 + (number * 2 + purpose + 1) * 0xD1342543DE82EF95) & _MASK
        value = ((value ^ value >> 30) * 0xBF58476D1CE4E5B9) & _MASK
        value = ((value ^ value >> 27) * 0x94D049BB133111EB) & _MASK
        return ((value ^ value >> 31) >> 11) / (1 << 53)
