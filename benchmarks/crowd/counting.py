"""What came under one SSRC, counted from headers alone. Pure; as little work per packet as possible."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

GAP_SECONDS: Final = 0.060
LONGEST_GAP_SECONDS: Final = 0.250
_HALF: Final = 0x8000
_BUCKETS: Final = 2000


class Flow:
    """One stream as one subscriber gets it. Only sound keeps the times between its packets."""

    __slots__ = ("came", "first", "gaps", "highest", "last_at")

    def __init__(self, gaps: "Gaps | None" = None) -> None:
        self.first = self.highest = -1
        self.came = 0
        self.last_at = 0.0
        self.gaps = gaps

    def take(self, sequence: int, at: float) -> None:
        """Count a packet by its 16-bit number."""
        self.came += 1
        if self.highest < 0:
            self.first = self.highest = sequence
        else:
            ahead = sequence - self.highest & 0xFFFF
            if ahead < _HALF:
                self.highest += ahead
        if self.gaps is not None:
            if self.last_at:
                self.gaps.add(at - self.last_at)
            self.last_at = at

    def begin(self) -> None:
        """Forget what was counted; the next packet must follow what came before."""
        self.came = 0
        if self.highest >= 0:
            self.first = self.highest + 1

    @property
    def expected(self) -> int:
        """How many packets there were, by their numbers."""
        return max(0, self.highest - self.first + 1) if self.highest >= 0 else 0


@dataclass
class Gaps:
    """Times between packets of sound, in milliseconds; what is longer than two seconds counts as that."""

    counts: list[int] = field(default_factory=lambda: [0] * _BUCKETS)
    longest: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one gap."""
        self.counts[min(int(seconds * 1000), _BUCKETS - 1)] += 1
        self.longest = max(self.longest, seconds)

    def clear(self) -> None:
        """Begin anew."""
        self.counts[:] = [0] * _BUCKETS
        self.longest = 0.0

    @property
    def number(self) -> int:
        """How many gaps were counted."""
        return sum(self.counts)

    def share_within(self, seconds: float) -> float:
        """Return the share of gaps that are no longer, to the millisecond; 0 without gaps."""
        return sum(self.counts[: int(seconds * 1000) + 1]) / max(1, self.number)

    def at(self, share: float) -> float:
        """Return the gap, in seconds, that this share of all do not exceed, to the millisecond."""
        left = self.number * share
        for milliseconds, count in enumerate(self.counts):
            left -= count
            if left <= 0:
                return (milliseconds + 1) / 1000
        return _BUCKETS / 1000


def delivered(flows: Iterable[Flow]) -> tuple[int, int]:
    """Return how many packets came and how many there were."""
    came = expected = 0
    for flow in flows:
        came += flow.came
        expected += max(flow.expected, flow.came)
    return came, expected


def worst(shares: Sequence[float]) -> float:
    """Return the lowest share; 0 when there is none at all."""
    return min(shares, default=0.0)
