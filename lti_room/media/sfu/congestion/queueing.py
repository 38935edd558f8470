"""How long packets wait on their way to a subscriber, and how many never arrive, from sampled packets.

Pure: every time is handed in. Send times are ours, arrival times the subscriber's; the two clocks differ by
an unknown amount and may drift, so only differences to the shortest way seen lately mean anything.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

BURST_GAP_SECONDS: Final = 0.008
"""Packets that leave closer together belong to one burst: a frame, or the packets of a probe."""
KEPT_SECONDS: Final = 2.0
LOOK_BACK_SECONDS: Final = 0.2
PACE_SECONDS: Final = 0.08
BASE_SECONDS: Final = 15.0
"""The shortest way is that of the last one or two such spans: a new route and drift are forgotten."""
BETWEEN_LOSSES_SECONDS: Final = 0.1
FASTEST_SPREAD: Final = 0.001


@dataclass(frozen=True, slots=True)
class Sample:
    """One counted packet: when it left, when it arrived (the other clock, None: it did not), octets."""

    sent: float
    arrived: float | None
    size: int
    probe: bool = False


@dataclass(slots=True)
class Burst:
    """Packets that left together. `octets` are those after the first that arrived; `way` is the shortest."""

    sent: float
    last_sent: float
    first: float
    last: float
    way: float
    probe: bool
    octets: int = 0
    packets: int = 1

    def add(self, sent: float, arrived: float, size: int) -> None:
        """Take the next packet that arrived."""
        self.last_sent = max(self.last_sent, sent)
        self.last = max(self.last, arrived)
        self.way = min(self.way, arrived - sent)
        self.octets += size
        self.packets += 1

    @property
    def held_up(self) -> bool:
        """Whether its packets came farther apart than they left, and are enough to tell a rate."""
        return self.packets >= 3 and self.spread > 1.3 * (self.last_sent - self.sent)

    @property
    def spread(self) -> float:
        """Return the seconds from its first arrival to its last."""
        return max(self.last - self.first, FASTEST_SPREAD)


class Queueing:
    """The delay and loss of the last moments."""

    def __init__(self) -> None:
        self._bursts: deque[Burst] = deque()
        self._missing: deque[float] = deque()
        self._since = float("-inf")
        self._base = self._base_before = float("inf")
        self._base_since = float("-inf")

    def add(self, samples: Sequence[Sample], now: float) -> list[Burst]:
        """Take what one feedback says, in order of sending; return its bursts."""
        found: list[Burst] = []
        for sample in samples:
            if sample.arrived is None:
                if not sample.probe:
                    self._missing.append(sample.sent)
                continue
            last = found[-1] if found else None
            if last and sample.probe == last.probe and sample.sent - last.last_sent < BURST_GAP_SECONDS:
                last.add(sample.sent, sample.arrived, sample.size)
                continue
            way = sample.arrived - sample.sent
            found.append(Burst(sample.sent, sample.sent, sample.arrived, sample.arrived, way, sample.probe))
        self._bursts.extend(found)
        self._drop_old()
        self._learn_base(found, now)
        return found

    def delay(self, since: float) -> float | None:
        """Return how long even the luckiest of the newest packets waited, seconds.

        Jitter delays some packets, a queue all. None until two bursts arrived that left after `since`.
        """
        if not self._bursts:
            return None
        oldest = max(since, self._bursts[-1].sent - LOOK_BACK_SECONDS)
        ways = [burst.way for burst in self._bursts if burst.sent >= oldest]
        return min(ways) - self._shortest if len(ways) > 1 else None

    def newest_delay(self, since: float) -> float | None:
        """Return how long the newest burst that left after `since` waited, seconds."""
        if not self._bursts or self._bursts[-1].sent < since:
            return None
        return self._bursts[-1].way - self._shortest

    def pace(self, until: float) -> tuple[float, float] | None:
        """Return (when, pace): of what was sent about `when`, the part that came through in the same time.

        A queue that grows stretches the time between two bursts; a full one loses what does not fit.
        Only what left before `until` counts.
        """
        newest: Burst | None = None
        for burst in reversed(self._bursts):
            if burst.sent >= until:
                continue
            newest = newest or burst
            took = newest.sent - burst.sent
            if took >= PACE_SECONDS:
                stretched = took / max(newest.first - burst.first, 1e-6)
                return burst.sent + took / 2, min(1.0, stretched) * self._share(burst.sent, until)
        return None

    def train_rate(self, until: float) -> float | None:
        """Return at what rate the newest burst came through that left before `until`, bits per second."""
        for burst in reversed(self._bursts):
            if burst.sent < until and burst.held_up:
                return 8 * burst.octets / burst.spread
        return None

    def losing(self, share: float, deviations: float) -> float | None:
        """Return the share that is lost when it is surely above `share`: a few samples may lie.

        `deviations` says how sure, in standard deviations of a chance loss of `share`. One burst that is torn
        is no proof: a keyframe is more than a short queue holds.
        """
        missing = [sent for sent in self._missing if sent > self._since]
        if len(missing) < 3 or missing[-1] - missing[0] < BETWEEN_LOSSES_SECONDS:
            return None
        total = len(missing) + sum(
            burst.packets for burst in self._bursts if burst.sent > self._since and not burst.probe
        )
        sure = total * share + deviations * sqrt(total * share * (1 - share))
        return 1 - self._share(missing[0]) if len(missing) > sure else None

    def forget(self, now: float) -> None:
        """Leave out what was lost so far: it has had its consequence."""
        self._since = now

    def accept(self) -> None:
        """Take the present delay for the shortest way: the route has become longer."""
        ways = [burst.way for burst in self._bursts]
        if ways:
            self._base = self._base_before = min(ways[-3:])

    def _share(self, since: float, until: float = float("inf")) -> float:
        """Return the part that arrived of what left at `since` and later, but before `until`."""
        arrived = sum(burst.packets for burst in self._bursts if since <= burst.sent < until)
        missing = sum(1 for sent in self._missing if since <= sent < until)
        return arrived / max(1, arrived + missing)

    def _drop_old(self) -> None:
        if not self._bursts:
            return
        oldest = self._bursts[-1].sent - KEPT_SECONDS
        while self._bursts[0].sent < oldest:
            self._bursts.popleft()
        while self._missing and self._missing[0] < oldest:
            self._missing.popleft()

    @property
    def _shortest(self) -> float:
        return min(self._base, self._base_before)

    def _learn_base(self, bursts: list[Burst], now: float) -> None:
        if now - self._base_since > BASE_SECONDS:
            self._base_since, self._base_before, self._base = now, self._base, float("inf")
        for burst in bursts:
            self._base = min(self._base, burst.way)
