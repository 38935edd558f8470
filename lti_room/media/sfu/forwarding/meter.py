"""How much goes by: bits per second over the last second."""

from typing import Final

PARTS: Final = 10
WIRE_OVERHEAD: Final = 64
"""Bytes around a payload on the wire: IPv4 and UDP 28, RTP header 12, extensions 8, SRTP tag 16."""


class Meter:
    """Counts in tenths of a second; the one that is not over yet is left out."""

    def __init__(self) -> None:
        self._octets = [0] * (PARTS + 1)
        self._part = 0

    def add(self, octets: int, now: float) -> None:
        """Count octets that went by at `now`, monotonic seconds."""
        part = int(now * PARTS)
        if part != self._part:
            self._move_on(part)
        self._octets[part % (PARTS + 1)] += octets

    def bits_per_second(self, now: float) -> int:
        """Return the rate over the second before the current tenth."""
        part = int(now * PARTS)
        self._move_on(part)
        return 8 * (sum(self._octets) - self._octets[part % (PARTS + 1)])

    def _move_on(self, part: int) -> None:
        for passed in range(max(self._part + 1, part - PARTS), part + 1):
            self._octets[passed % (PARTS + 1)] = 0
        self._part = part
