"""What one subscriber's line carries: down at once when a queue grows, up by probes.

Pure: every time is handed in, seconds of one monotonic clock. Downwards decide the queueing delay and the
loss of sampled packets; random loss alone decides nothing. Upwards decide short trains of padding.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from lti_room.media.sfu.congestion.probing import MARGIN, Probing
from lti_room.media.sfu.congestion.queueing import Burst, Queueing, Sample
from lti_room.media.sfu.congestion.silence import Silence, Unanswered

__all__ = ["Estimate", "Sample"]

START: Final = 1_800_000
LEAST: Final = 60_000
MOST: Final = 20_000_000
UNMEASURED: Final = 20_000_000.0
UNANSWERED_SECONDS: Final = 1.5
"""A client that says nothing of its line for so long never will: then only the loss in its reports counts."""

BUSY_SECONDS: Final = 0.08
"""A queue this long that does not shrink means that too much is sent. One that shrinks is a keyframe's."""
LONG_SECONDS: Final = 0.2
"""Behind a queue this long sound is in danger: no picture until it is gone."""
DRAINED_SECONDS: Final = 0.04
SLIGHT_SECONDS: Final = 0.025
PATIENT_SECONDS: Final = 0.12
STANDING_SECONDS: Final = 1.0
KEYFRAME_SECONDS: Final = 1.5
LONGEST_DRAIN_SECONDS: Final = 6.0
UNMOVED_SECONDS: Final = 0.7
"""A delay that sending no pictures for this long has not shortened by a fifth is the way's own."""
REPEATED_SECONDS: Final = 3.0
SILENT_SHARE: Final = 0.6
SETTLE_SECONDS: Final = 0.1
BEACON_SECONDS: Final = 0.09
BEACON_OCTETS: Final = 60

REMB_SHARE: Final = 0.9
HEAVY_LOSS: Final = 0.15
QUEUE_LOSS: Final = 0.05
REPORTED_LOSS: Final = 0.2


class Estimate:
    """The bandwidth towards one subscriber. All rates are bits per second.

    `alarm` is called with the time when all video has to wait from now on. `answers` says whether the client
    tells what became of counted packets, `moved` that something changed since whoever asks took it back.
    """

    def __init__(self) -> None:
        self.alarm: Callable[[float], None] | None = None
        self.answers = False
        self.moved = True
        self._queue = Queueing()
        self._probes = Probing()
        self._available = float(START)
        self._sent: deque[tuple[float, float]] = deque()
        self._cut = float("-inf")
        self._draining = False
        self._begun = float("-inf")
        self._busy_since: float | None = None
        self._highest_delay = 0.0
        self._first_beacon: tuple[float, float] | None = None
        self._beacon = float("-inf")
        self._silence = Silence()
        self._heard = float("-inf")
        self._round_trip = 0.1
        self._reported_loss = 0.0
        self._remb = False
        self._alone_since = float("inf")

    def available(self, now: float) -> int:
        """Return what may be sent, sound and pictures together."""
        return int(self._available)

    def draining(self, now: float) -> bool:
        """Tell whether all video has to wait until the queue on the way is gone."""
        if self._draining and now - self._cut > LONGEST_DRAIN_SECONDS:
            self._draining = False
        return self._draining

    def sending(self, bits_per_second: float, now: float) -> None:
        """Take what is being sent; called every 100 ms or so."""
        if bits_per_second and not (self.answers or self._remb):
            self._alone_since = min(self._alone_since, now)
            if now - self._alone_since > UNANSWERED_SECONDS:
                self._allow(max(self._available, UNMEASURED))
        self._sent.append((now, bits_per_second))
        while now - self._sent[0][0] > 3.0:
            self._sent.popleft()

    def begins(self, now: float) -> None:
        """A picture begins: its keyframe will be a queue on a narrow line, and pass."""
        self._begun = now

    def feedback(self, samples: Sequence[Sample], now: float) -> None:
        """Take what the subscriber says of counted packets, in order of sending."""
        self.answers = True
        for burst in self._queue.add(samples, now):
            if burst.probe:
                self._take_train(burst, now)
        if self._draining:
            self._drain(now)
            return
        if samples and (self._queue.newest_delay(self._cut) or 0.0) < BUSY_SECONDS:
            self._silence.answered(now - samples[0].sent)
        if not self._judge_delay(now):
            self._judge_loss(now)

    def unanswered(self, waiting: Unanswered, now: float) -> None:
        """Take what nothing was heard of yet.

        No answer for long means a queue that has become very long very fast, or no line at all.
        """
        if not waiting.bursts or not self.answers or self._draining:
            return
        delay = self._queue.newest_delay(self._cut) or 0.0
        queued = delay > BUSY_SECONDS and now - self._begun > KEYFRAME_SECONDS
        patience = self._silence.patience(
            waiting, self._round_trip, now, queued=queued, long=delay > LONG_SECONDS
        )
        if now - max(waiting.oldest, self._cut, self._heard) > patience:
            self._reduce(min(self._available, self._rate_at(now)) * SILENT_SHARE, now, drain=True)

    def heard(self, left: float) -> None:
        """A report says that something arrived which left at `left`: until then nothing was stuck."""
        self._heard = max(self._heard, left)

    def torn(self, now: float) -> None:
        """Most of the newest packets are missing, says a NACK. Alone that may be a burst on the air."""
        self._silence.torn(now)

    def loss(self, fraction: float, now: float) -> None:
        """Take the share of packets that a receiver report says were lost.

        Reports come late: who answers for single packets has said it before.
        """
        if self.answers:
            return
        self._reported_loss += (fraction - self._reported_loss) / 2
        if self._reported_loss > REPORTED_LOSS and now - self._cut > 1.0:
            self._reported_loss = 0.0
            self._reduce(self._rate_at(now) * (1 - fraction), now, drain=False)

    def remb(self, bits_per_second: int, now: float) -> None:
        """Take the browser's own estimate, if there is nothing better.

        It falls seconds after our own did, for the same reason, and too far.
        """
        self._remb = True
        if not self.answers:
            self._allow(bits_per_second * REMB_SHARE)

    def round_trip(self, seconds: float) -> None:
        """Take a measured round trip."""
        self._round_trip += (min(seconds, 2.0) - self._round_trip) / 4

    def may_probe(self, now: float) -> bool:
        """Tell whether a probe may be sent at `now`, provided that more would be of use."""
        return (
            not self._draining and self._busy_since is None and self._probes.may_start(self._available, now)
        )

    def next_probe(self, target: int, now: float) -> int:
        """Return the octets of padding to send now towards `target` bits per second; 0: none is needed."""
        if target <= self._available:
            return 0
        return self._probes.start(self._available, now)

    def beacon(self, now: float) -> int:
        """Return the octets of a packet to send now that only asks whether the queue is gone, or 0."""
        if not self._draining or now - self._beacon < BEACON_SECONDS:
            return 0
        self._beacon = now
        return BEACON_OCTETS

    def _allow(self, bits_per_second: float) -> None:
        self._available = max(LEAST, min(bits_per_second, MOST))
        self.moved = True

    def _take_train(self, burst: Burst, now: float) -> None:
        if self._draining or not burst.held_up:
            return
        sent = self._rate_at(now)
        shown = self._probes.measured(burst.octets, burst.spread, self._available, sent, now)
        self._allow(shown)

    def _drain(self, now: float) -> None:
        """Watch the queue go, and learn from those that were in it how fast it went."""
        delay = self._queue.newest_delay(self._cut)
        capacity = self._capacity(self._cut)
        if capacity is not None:
            self._allow(min(self._available, MARGIN * capacity))
        if delay is None:
            return
        if self._first_beacon is None:
            self._first_beacon = (now, delay)
        begun, first = self._first_beacon
        unmoved = now - begun > UNMOVED_SECONDS and delay > 0.8 * first
        if unmoved:
            self._queue.accept()
        if unmoved or delay < DRAINED_SECONDS:
            self._draining, self.moved = False, True
            self._probes.drained(now)
            self._cut = now
            self._queue.forget(now)

    def _judge_delay(self, now: float) -> bool:
        delay = self._queue.delay(self._cut + SETTLE_SECONDS)
        if delay is None or delay < BUSY_SECONDS:
            self._busy_since = None
            self._highest_delay = 0.0
            return False
        self._highest_delay = max(self._highest_delay, delay)
        if self._busy_since is None:
            self._busy_since = now
        lasted = now - self._busy_since
        shrinks = delay < self._highest_delay - 0.01
        patience = STANDING_SECONDS if shrinks or now - self._begun < KEYFRAME_SECONDS else PATIENT_SECONDS
        if delay < 2 * LONG_SECONDS and lasted < patience:
            return True
        again = now - self._cut < REPEATED_SECONDS
        self._reduce(self._capacity(now) or self._available, now, drain=again or delay > LONG_SECONDS)
        return True

    def _judge_loss(self, now: float) -> None:
        delay = self._queue.delay(self._cut) or 0.0
        lost = self._queue.losing(HEAVY_LOSS, 3.0)
        if lost is None and delay > SLIGHT_SECONDS:
            lost = self._queue.losing(QUEUE_LOSS, 2.0)
        if lost is not None:
            self._reduce(self._rate_at(now) * (1 - lost), now, drain=False)

    def _capacity(self, until: float) -> float | None:
        """Return the rate at which the newest packets that left before `until` came through."""
        found = self._queue.pace(until)
        if found is None:
            return self._queue.train_rate(until)
        when, pace = found
        return pace * self._rate_at(when)

    def _rate_at(self, when: float) -> float:
        """Return what was being sent at a time, or what may be when nothing is known."""
        if not self._sent:
            return self._available
        return min(self._sent, key=lambda entry: abs(entry[0] - when))[1]

    def _reduce(self, capacity: float, now: float, *, drain: bool) -> None:
        self._allow(min(self._available, MARGIN * capacity))
        self._probes.congested(self._rate_at(now), now)
        self._queue.forget(now)
        self._cut, self._draining, self._first_beacon = now, drain, None
        self._busy_since, self._highest_delay = None, 0.0
        if drain and self.alarm is not None:
            self.alarm(now)
