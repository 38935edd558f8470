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
FIRST_BACK_OFF_SECONDS: Final = 8.0
LONGEST_BACK_OFF_SECONDS: Final = 64.0
PROVEN_SECONDS: Final = 6.0
"""A raise that was not followed by a queue for this long was right."""
MOST_GROWTH: Final = 3.0
WORTH_WHILE: Final = 1.1
MARGIN: Final = 0.85
"""The part of a measured rate that is used: room for bursts and for what is not ours."""


class Probing:
    """The tries of one subscriber."""

    def __init__(self) -> None:
        self._next = float("-inf")
        self._trains: list[tuple[int, float]] = []
        self._asked: float | None = None
        self._raised: float | None = None
        self._before = 0.0
        self._back_off = FIRST_BACK_OFF_SECONDS

    def may_start(self, now: float) -> bool:
        """Tell whether a train may be sent at `now`."""
        if self._asked is not None and now - self._asked > ANSWER_SECONDS:
            self._give_up(now)
        return self._asked is None and now >= self._next

    def start(self, available: float, now: float) -> int:
        """Return the octets of the train to send now."""
        self._asked = now
        return int(min(LARGEST_TRAIN, max(LEAST_TRAIN, available * TRAIN_SECONDS / 8)))

    def measured(self, octets: int, seconds: float, available: float, now: float) -> float | None:
        """Take how long a train took. Return what is available now, if both trains have shown more."""
        if self._asked is None:
            return None
        self._asked = None
        self._trains.append((octets, seconds))
        if len(self._trains) < 2:
            self._next = now + BETWEEN_TRAINS_SECONDS
            return None
        rate = 8 * sum(octets for octets, _ in self._trains) / sum(took for _, took in self._trains)
        self._trains.clear()
        shown = min(rate * MARGIN, available * MOST_GROWTH)
        if shown < available * WORTH_WHILE:
            self._next = now + AFTER_FAILURE_SECONDS
        else:
            self._next = now + AFTER_SUCCESS_SECONDS
            self._raised, self._before = now, available
        return max(shown, available)

    def congested(self, sent: float, now: float) -> None:
        """There is a queue. If more was `sent` than before a raise, that was wrong: the next has to wait."""
        self._asked = None
        self._trains.clear()
        wait = AFTER_SUCCESS_SECONDS
        if self._raised is not None and now - self._raised < PROVEN_SECONDS and sent > self._before:
            wait = self._back_off
            self._back_off = min(LONGEST_BACK_OFF_SECONDS, 2 * self._back_off)
        elif self._raised is not None:
            self._back_off = FIRST_BACK_OFF_SECONDS
        self._raised = None
        self._next = max(self._next, now + wait)

    def _give_up(self, now: float) -> None:
        self._asked = None
        self._trains.clear()
        self._next = now + AFTER_SUCCESS_SECONDS
