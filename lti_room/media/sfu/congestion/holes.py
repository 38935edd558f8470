"""Whether what is missing is a hole or rags: what a subscriber's NACKs say of the newest packets.

A full queue drops most of what comes, and browsers name it within milliseconds of the first packet behind it.
Chance drops one here and there. Pure: times are seconds of one monotonic clock.
"""

from collections.abc import Iterable
from typing import Final

STRETCH: Final = 8
"""So many packets up to the newest that is missing are looked at."""
TORN: Final = 5
"""So many of them missing is no chance: at 5 % loss once in 60,000 packets."""
FRESH_SECONDS: Final = 0.3


class Holes:
    """The numbers one stream misses. They are unwrapped."""

    def __init__(self) -> None:
        self._missing: dict[int, float] = {}

    def torn(self, numbers: Iterable[int], now: float) -> bool:
        """Take numbers that are missing; tell whether most of the newest packets are."""
        for number in numbers:
            self._missing.setdefault(number, now)
        self._missing = {number: at for number, at in self._missing.items() if now - at < FRESH_SECONDS}
        newest = max(self._missing, default=0)
        return sum(number > newest - STRETCH for number in self._missing) >= TORN
