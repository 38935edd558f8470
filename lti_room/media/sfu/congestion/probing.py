"""When to try whether a subscriber's line carries more, and what a try has shown.

A probe is two short trains of padding. A train never takes longer than `TRAIN_SECONDS` at the rate that is
known to come through, so that sound behind it waits no longer than that, whatever the line has become.
"""

from typing import Final

TRAIN_SECONDS: Final = 0.06
LEAST_TRAIN: Final = 1_000
LARGEST_TRAIN: Final = 14_000
BETWEEN_TRAINS_SECONDS: Final = 0.25
ANSWER_SECONDS: Final = 1.0
AFTER_SUCCESS_SECONDS: Final = 1.0
AFTER_FAILURE_SECONDS: Final = 4.0
FIRST_BACK_OFF_SECONDS: Final = 5.0
LONGEST_BACK_OFF_SECONDS: Final = 60.0
PROVEN_SECONDS: Final = 6.0
"""A raise that was not followed by a queue for this long was right."""
MOST_GROWTH: Final = 3.0
MOST_GROWTH_OF_ONE: Final = 2.0
"""Behind a queue one train is believed, but not as much: the picture waits for it."""
WORTH_WHILE: Final = 1.1
FAILED_SHARE: Final = 0.7
"""The part of a rate that failed which may be tried before its time."""
MARGIN: Final = 0.85
"""The part of a measured rate that is used: room for bursts and for what is not ours."""


class Probing:
    """The tries of one subscriber."""

    def __init__(self) -> None:
        self._next = float("-inf")
        self._trains: list[tuple[int, float]] = []
        self._asked: float | None = None
        self._raised = float("-inf")
        self._before = 0.0
        self._back_off = FIRST_BACK_OFF_SECONDS
        self._emptied = False
        self._ceiling = float("inf")
        self._ceiling_until = float("-inf")

    def may_start(self, available: float, now: float) -> bool:
        """Tell whether a train may be sent at `now`."""
        if self._asked is not None and now - self._asked > ANSWER_SECONDS:
            self._stop(now + AFTER_SUCCESS_SECONDS)
        return self._asked is None and now >= self._next and available < self._limit(now)

    def start(self, available: float, now: float) -> int:
        """Return the octets of the train to send now."""
        self._asked = now
        octets = available * (TRAIN_SECONDS / 2 if self._emptied else TRAIN_SECONDS) / 8
        return int(min(LARGEST_TRAIN, max(LEAST_TRAIN, octets)))

    def measured(self, octets: int, seconds: float, available: float, sent: float, now: float) -> float:
        """Take how long a train took. Return what is available now: two trains may change it.

        What is `sent` comes through, whatever a train that had bad luck says.
        """
        if self._asked is None:
            return available
        self._asked = None
        if self._emptied:
            self._stop(now + AFTER_SUCCESS_SECONDS)
            return min(8 * octets / seconds * MARGIN, available * MOST_GROWTH_OF_ONE, self._limit(now))
        self._trains.append((octets, seconds))
        if len(self._trains) < 2:
            self._next = now + BETWEEN_TRAINS_SECONDS
            return available
        rate = 8 * sum(octets for octets, _ in self._trains) / sum(took for _, took in self._trains)
        shown = min(rate * MARGIN, available * MOST_GROWTH, self._limit(now))
        if shown < available * WORTH_WHILE:
            self._stop(now + AFTER_FAILURE_SECONDS)
            return min(available, max(shown, sent * WORTH_WHILE))
        self._stop(now + AFTER_SUCCESS_SECONDS)
        self._raised, self._before = now, available
        return shown

    def congested(self, sent: float, now: float) -> None:
        """There is a queue. If more was `sent` than before a raise, it was wrong: not so much for a while."""
        if now - self._raised >= PROVEN_SECONDS:
            self._back_off = FIRST_BACK_OFF_SECONDS
        elif sent > self._before:
            self._ceiling, self._ceiling_until = sent * FAILED_SHARE, now + self._back_off
            self._back_off = min(LONGEST_BACK_OFF_SECONDS, 2 * self._back_off)
        self._raised = float("-inf")
        self._stop(max(self._next, now + AFTER_SUCCESS_SECONDS))

    def drained(self, now: float) -> None:
        """The queue is gone, and with it what was learnt from it: a train may tell better at once."""
        self._next, self._emptied = now, True

    def _limit(self, now: float) -> float:
        """Return what is not to be exceeded just now."""
        return self._ceiling if now < self._ceiling_until else float("inf")

    def _stop(self, following: float) -> None:
        self._asked = None
        self._emptied = False
        self._trains.clear()
        self._next = following
