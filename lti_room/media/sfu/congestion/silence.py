"""How long an answer of a subscriber may take before it is taken for stuck in a queue.

A long queue keeps for its own length what would tell of it; that nothing comes is known sooner. Pure.
"""

from dataclasses import dataclass
from typing import Final

SILENCE_SECONDS: Final = 0.4
SILENT_BURSTS: Final = 3
"""Fewer bursts without an answer may be lost, or their one answer."""
SILENT_SPAN_SECONDS: Final = 0.4
"""Bursts that left within less time are answered together, twice at most: by chance both answers get lost."""
LATE_SECONDS: Final = 0.25
"""How long is waited when the last answer told of a queue."""
TORN_SECONDS: Final = 0.15
"""How long it counts that most of the newest packets were missing."""
DOUBT_SECONDS: Final = 0.1
"""How much later than usual an answer is taken for stuck while packets are missing."""
DOUBTED_BURSTS: Final = 2
USUAL_SHARE: Final = 0.98


@dataclass(frozen=True, slots=True)
class Unanswered:
    """How many bursts of counted packets nothing was heard of yet; when the oldest and the newest left."""

    bursts: int
    oldest: float
    newest: float


NOTHING_UNANSWERED: Final = Unanswered(0, float("inf"), float("inf"))


class Silence:
    """Knows how long answers usually take, and whether there is a reason for doubt."""

    def __init__(self) -> None:
        self._usual = SILENCE_SECONDS
        self._torn = float("-inf")

    def answered(self, took: float) -> None:
        """Take how old an answer's oldest packet was when nothing was wrong: lost answers count, too."""
        self._usual = max(min(took, SILENCE_SECONDS), self._usual * USUAL_SHARE)

    def torn(self, now: float) -> None:
        """Most of the newest packets are missing."""
        self._torn = now

    def patience(
        self, waiting: Unanswered, round_trip: float, now: float, *, queued: bool, long: bool
    ) -> float:
        """Return how old the oldest burst that is unanswered may be, seconds.

        `queued`: the newest answer told of a queue no keyframe explains; `long`: of one that endangers sound.
        """
        if now - self._torn < TORN_SECONDS and waiting.bursts >= DOUBTED_BURSTS:
            return 0.0 if long else min(SILENCE_SECONDS, self._usual + DOUBT_SECONDS)
        if waiting.bursts < SILENT_BURSTS:
            return float("inf")
        if queued:
            return LATE_SECONDS
        spans = waiting.newest - waiting.oldest >= SILENT_SPAN_SECONDS
        return SILENCE_SECONDS + round_trip if spans else float("inf")
