"""A made-up line to one viewer, and a server that adapts to it: in simulated time, without sockets.

Packets wait in one queue for a link of some rate. The viewer answers counted packets as browsers do: every
100 ms, what came since the last time; and names missing pictures as soon as a later one is there. Everything
is drawn from one seed.
"""

import heapq
import random  # noqa: TID251
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import Final

from lti_room.media.sfu.congestion.estimate import Estimate, Sample
from lti_room.media.sfu.congestion.holes import Holes
from lti_room.media.sfu.congestion.silence import Unanswered

STEP: Final = 0.005
SOUND_OCTETS: Final = 130
LAYERS: Final = ((150_000, 15), (500_000, 30), (1_700_000, 30))
"""(bits per second, frames per second), the lowest first."""
OTHER_CLOCK: Final = 7_654.3


@dataclass
class Line:
    """One direction. `rate` gives bits per second at a time; `queue` is the longest wait, seconds."""

    rate: Callable[[float], float]
    delay: float = 0.02
    queue: float = 0.3
    loss: float = 0.0
    jitter: Callable[[random.Random, float], float] = lambda draw, now: 0.0
    draw: random.Random = field(default_factory=lambda: random.Random(1))
    _free: float = 0.0
    _last: float = 0.0

    def send(self, octets: int, now: float) -> float | None:
        """Return when a packet arrives, or None."""
        rate = self.rate(now)
        begins = max(now, self._free)
        if begins - now > self.queue or self.draw.random() < self.loss:
            return None
        self._free = begins + 8 * octets / rate
        self._last = max(self._last, self._free + self.delay + self.jitter(self.draw, now))
        return self._last


@dataclass(frozen=True)
class Moment:
    """What was seen every 100 ms."""

    at: float
    available: int
    rank: int | None
    draining: bool


class Viewing:
    """One viewer of one camera (three layers) and one voice, over a line."""

    def __init__(
        self,
        line: Line,
        *,
        layers: tuple[tuple[int, int], ...] = LAYERS,
        feedback_loss: float = 0.0,
        feedback_every: float = 0.1,
        drift: float = 0.0,
        seed: int = 1,
    ) -> None:
        self.estimate = Estimate()
        self.estimate.alarm = self._hold
        self.alarms: list[float] = []
        self.moments: list[Moment] = []
        self.sound: list[tuple[float, float | None]] = []
        self._line = line
        self._layers = layers
        self._feedback_loss = feedback_loss
        self._feedback_every = feedback_every
        self._drift = drift
        self._draw = random.Random(seed)
        self._order = count()
        self._arriving: list[tuple[float, int, tuple[int, float, float, int, bool]]] = []
        self._feedback: list[tuple[float, int, list[Sample]]] = []
        self._holes = Holes()
        self._missing: list[int] = []
        self._named: list[tuple[float, int, list[int]]] = []
        self._pictures = 0
        self._got: dict[int, tuple[float, float, int, bool]] = {}
        self._number = 0
        self._records: dict[int, tuple[float, int, bool]] = {}
        self._answered = -1
        self._rank: int | None = None
        self._next_rank: tuple[float, int | None] | None = None
        self._keyframe = False
        self._sampled = -1.0
        self._octets = 0
        self._recent: deque[int] = deque(maxlen=10)

    def run(self, seconds: float) -> "Viewing":
        """Simulate from 0 to `seconds`."""
        steps = round(seconds / STEP)
        for step in range(steps):
            now = step * STEP
            self._deliver(now)
            if step % 4 == 0:
                arrived = self._send(SOUND_OCTETS, now)
                self.sound.append((now, arrived))
            self._send_picture(step, now)
            if step % 20 == 0:
                self._adapt(now)
            if step % round(self._feedback_every / STEP) == 0:
                self._answer(now)
        return self

    def ranks(self, begin: float, end: float) -> list[int | None]:
        """Return the layers sent between two times, every 100 ms."""
        return [moment.rank for moment in self.moments if begin <= moment.at < end]

    def available(self, begin: float, end: float) -> list[int]:
        """Return what was available between two times."""
        return [moment.available for moment in self.moments if begin <= moment.at < end]

    def sound_gaps(self, begin: float, end: float) -> list[float]:
        """Return the pauses between arrivals of sound."""
        came = sorted(arrived for sent, arrived in self.sound if arrived and begin <= sent < end)
        return [later - earlier for earlier, later in pairwise(came)]

    def _send(self, octets: int, now: float) -> float | None:
        self._octets += octets
        return self._line.send(octets, now)

    def _expect(self, arrived: float | None) -> None:
        """Let the viewer name what is missing before this packet of a picture, if it arrives."""
        self._pictures += 1
        if arrived is None:
            self._missing.append(self._pictures)
        elif self._missing:
            back = arrived + self._line.delay
            heapq.heappush(self._named, (back, next(self._order), self._missing))
            self._missing = []

    def _hold(self, now: float) -> None:
        self.alarms.append(now)
        self._choose(None, now)

    def _send_counted(self, octets: int, now: float, probe: bool) -> float | None:
        arrived = self._send(octets, now)
        number, self._number = self._number, self._number + 1
        self._records[number] = (now, octets, probe)
        if arrived is not None:
            entry = (number, now, arrived, octets, probe)
            heapq.heappush(self._arriving, (arrived, next(self._order), entry))
        return arrived

    def _send_picture(self, step: int, now: float) -> None:
        if self._next_rank and now >= self._next_rank[0]:
            self._rank, self._next_rank, self._keyframe = self._next_rank[1], None, True
            self.estimate.begins(now)
        if self._rank is None:
            return
        rate, frames = self._layers[self._rank]
        if step % round(1 / frames / STEP) != 0:
            return
        size = rate / 8 / frames * self._draw.uniform(0.7, 1.3)
        octets = int(size * 6 if self._keyframe else size)
        self._keyframe = False
        counted = now - self._sampled >= 0.15
        self._sampled = now if counted else self._sampled
        while octets > 0:
            packet = min(octets, 1150) + 50
            octets -= 1150
            self._expect(self._send_counted(packet, now, False) if counted else self._send(packet, now))

    def _deliver(self, now: float) -> None:
        while self._arriving and self._arriving[0][0] <= now:
            number, sent, arrived, octets, probe = heapq.heappop(self._arriving)[2]
            self._got[number] = (sent, arrived, octets, probe)
        while self._feedback and self._feedback[0][0] <= now:
            self.estimate.feedback(heapq.heappop(self._feedback)[2], now)
            self._wonder(now)
        while self._named and self._named[0][0] <= now:
            if self._holes.torn(heapq.heappop(self._named)[2], now):
                self.estimate.torn(now)
                self._wonder(now)

    def _answer(self, now: float) -> None:
        if not self._got:
            return
        newest = max(self._got)
        samples = []
        for number in range(self._answered + 1, newest + 1):
            sent, octets, probe = self._records.pop(number)
            arrived = self._got[number][1] if number in self._got else None
            there = None if arrived is None else OTHER_CLOCK + arrived * (1 + self._drift)
            there = None if there is None else round(there / 0.00025) * 0.00025
            samples.append(Sample(sent, there, octets, probe))
        self._answered = newest
        self._got.clear()
        if self._draw.random() >= self._feedback_loss:
            back = now + self._line.delay
            heapq.heappush(self._feedback, (back, next(self._order), samples))

    def _adapt(self, now: float) -> None:
        self._recent.append(self._octets)
        self._octets = 0
        estimate = self.estimate
        estimate.sending(8 * sum(self._recent) / (len(self._recent) * 0.1), now)
        self._wonder(now)
        draining, available = estimate.draining(now), estimate.available(now)
        self._choose(None if draining else self._best(available), now)
        if not draining and self._rank != len(self._layers) - 1 and estimate.may_probe(now):
            following = 0 if self._rank is None else self._rank + 1
            target = int((self._layers[following][0] + 52_000) / 0.9) + 1
            self._pad(estimate.next_probe(target, now), now)
        self._pad(estimate.beacon(now), now)
        self.moments.append(Moment(now, available, self._rank, draining))

    def _wonder(self, now: float) -> None:
        """Tell the estimate what is unanswered. A record goes only when its answer is on the way back."""
        waiting = {sent for sent, _, _ in self._records.values()}
        if waiting:
            self.estimate.unanswered(Unanswered(len(waiting), min(waiting), max(waiting)), now)

    def _best(self, available: int) -> int | None:
        best = None
        for rank, (rate, _) in enumerate(self._layers):
            kept = self._rank is not None and rank <= self._rank
            if rate + 52_000 <= available * (1.0 if kept else 0.9):
                best = rank
        return best

    def _choose(self, rank: int | None, now: float) -> None:
        wanted = self._next_rank[1] if self._next_rank else self._rank
        if rank is None:
            self._rank = self._next_rank = None
        elif rank != wanted:
            self._next_rank = (now + 0.1, rank)

    def _pad(self, octets: int, now: float) -> None:
        while octets > 0:
            self._send_counted(min(octets, 255) + 40, now, True)
            octets -= 255
