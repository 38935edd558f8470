"""Whether a publisher's line suddenly carries far less than is sent: most of the newest packets are missing.

Chance loses some packets, a queue that is full loses most. While it does, sending anything again takes the
place of what is new: then only the lowest layers and sound are worth it. Pure: times are monotonic seconds,
numbers the transport-wide ones, which count the packets of all layers.
"""

from collections import deque
from typing import Final

from lti_room.media.sfu.formats.rtp import extend

SLICE_SECONDS: Final = 0.02
SLICES: Final = 10
"""The newest fifth of a second is looked at."""
FEWEST: Final = 20
COLLAPSED_SHARE: Final = 0.4
"""Missing of at least `FEWEST` packets: at 15 % random loss that is one chance in 300, and at the rate of a
picture with an upper layer (40 packets) one in a million."""
CALM_SECONDS: Final = 3.0
"""How long after the last such loss it is over. By then the browser has left out the layers that do not fit,
and a keyframe of the lowest one came through."""


class Collapse:
    """What came of one peer lately."""

    def __init__(self) -> None:
        self.now_on = False
        self._newest: int | None = None
        self._slices: deque[list[int]] = deque(maxlen=SLICES)
        self._slice_ends = 0.0
        self._last_at = 0.0

    def arrived(self, number: int, now: float) -> bool:
        """Take a packet's 16-bit number; true if it has just begun or ended."""
        if self._newest is None:
            self._newest = number + (1 << 16)
        before = self.now_on
        if now >= self._slice_ends:
            self._judge(now)
            self._slice_ends = now + SLICE_SECONDS
            self._slices.append([self._newest, 0])
        self._slices[-1][1] += 1
        self._newest = max(self._newest, extend(number, self._newest))
        return self.now_on != before

    def _judge(self, now: float) -> None:
        if not self._slices or self._newest is None:
            return
        expected = self._newest - self._slices[0][0]
        missing = expected - sum(count for _, count in self._slices)
        if expected >= FEWEST and missing > COLLAPSED_SHARE * expected:
            self.now_on, self._last_at = True, now
        elif now - self._last_at >= CALM_SECONDS:
            self.now_on = False
