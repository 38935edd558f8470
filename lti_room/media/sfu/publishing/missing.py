"""Which packets of a stream are missing, and when to ask for each: pure, sequence numbers and times go in.

A number is let through once: when it comes in order, or late while it is awaited. Everything else is a
duplicate, or too late to be of use; downstream its number would be a GCM nonce used twice.
RFC 4585 section 6.2.1 (what is asked for), RFC 4588 (how it comes).
"""

from dataclasses import dataclass
from typing import Final

from lti_room.media.sfu.formats.rtp import extend
from lti_room.media.sfu.transport.allowance import Bucket

REORDER_SECONDS: Final = 0.008
"""How long a packet may be overtaken before it is asked for."""
FIRST_ROUND_TRIP: Final = 0.04
MOST_TRIES: Final = 8
AWAITED_SECONDS: Final = 1.0
TAIL_SECONDS: Final = 0.02
"""How long the next packet of a frame that has begun may take: browsers send a frame without such pauses, and
what was lost at its end is noticed by the next frame only."""
MOST_TAIL_TRIES: Final = 3
TAIL_PACES: Final = 3
PACE_KEPT: Final = 0.9
"""On a narrow line they come slowly: then the next is missing after some of the longest gaps seen lately."""
LONGEST_GAP: Final = 256
MOST_AWAITED: Final = 512
"""Numbers awaited at once, and begun to be awaited in one second: a packet for each gap would be dear."""
MOST_ASKED: Final = 250
"""Numbers in one request, which then stays below 1200 bytes however they are spread."""
_SHORTEST_RETRY: Final = 0.02
_LONGEST_ROUND_TRIP: Final = 0.5


@dataclass(slots=True)
class _Gap:
    """One awaited number. `due` is when to ask (again); `first_asked` is 0 before."""

    noticed: float
    due: float
    first_asked: float = 0.0
    tries: int = 0


class Missing:
    """The gaps of one SSRC, found by its unwrapped sequence numbers.

    `hopeless` is set when a packet was given up, or a gap is too long to be asked for: then only a keyframe
    helps. Whoever asked for one clears it.
    """

    def __init__(self) -> None:
        self.hopeless = False
        self.round_trip = FIRST_ROUND_TRIP
        self._newest: int | None = None
        self._gaps: dict[int, _Gap] = {}
        self._allowed = Bucket(MOST_AWAITED, 0.0)
        self._tail_since: float | None = None
        self._tail_due: float | None = None
        self._tail_tries = 0
        self._pace = 0.0

    def __len__(self) -> int:
        """How many numbers are awaited."""
        return len(self._gaps)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to ask for, now or later."""
        return not self._gaps and self._tail_due is None

    @property
    def began(self) -> bool:
        """Whether any packet came."""
        return self._newest is not None

    def accept(self, sequence: int, now: float, *, more: bool = False) -> bool:
        """Take the 16-bit number of a packet that arrived; false if it must not go on.

        Args:
            sequence: of the packet, or of the original inside a retransmission.
            now: seconds, from any clock that never goes back.
            more: the next number belongs to the same frame, and must come soon.
        """
        if self._newest is None:
            self._newest = sequence + (1 << 16)
            return True
        number = extend(sequence, self._newest)
        if number > self._newest:
            self._await_between(self._newest, number, now)
            self._newest = number
            self._tail_since = now if more else None
            self._tail_due = now + max(TAIL_SECONDS, TAIL_PACES * self._pace) if more else None
            self._tail_tries = 0
            return True
        gap = self._gaps.pop(number, None)
        if gap is None:
            return False
        if gap.first_asked:
            self._measure(now - gap.first_asked)
        return True

    def original(self, sequence: int, now: float) -> None:
        """A packet comes that is no retransmission; told before it is taken."""
        if self._tail_since is not None and sequence == (self._newest or 0) + 1 & 0xFFFF:
            self._pace = max(now - self._tail_since, PACE_KEPT * self._pace)

    def asked_for(self, sequence: int) -> bool:
        """Tell whether a 16-bit number is awaited because it was asked for."""
        if self._newest is None or not self._gaps:
            return False
        gap = self._gaps.get(extend(sequence, self._newest))
        return gap is not None and gap.tries > 0

    def due(self, now: float) -> list[int]:
        """Return the 16-bit numbers to ask for now, oldest first, and count that as done.

        The last may be one that nothing newer was seen of: the end of a frame.
        """
        self._give_up(now)
        retry = max(_SHORTEST_RETRY, 1.25 * self.round_trip)
        asked = self._gaps_due(now, retry)
        if self._tail_due is not None and self._tail_due <= now and self._newest is not None:
            self._tail_tries += 1
            self._tail_due = now + retry if self._tail_tries < MOST_TAIL_TRIES else None
            asked.append(self._newest + 1 & 0xFFFF)
        return asked

    def _gaps_due(self, now: float, retry: float) -> list[int]:
        asked: list[int] = []
        for number, gap in self._gaps.items():
            if gap.due > now:
                continue
            if gap.tries == MOST_TRIES:
                self.hopeless = True
                gap.due = float("inf")
                continue
            gap.first_asked = gap.first_asked or now
            gap.tries += 1
            gap.due = now + retry
            asked.append(number & 0xFFFF)
            if len(asked) == MOST_ASKED:
                break
        return asked

    def next_due(self) -> float | None:
        """Return when `due` wants to be called next, or None while nothing is missing."""
        if not self._gaps:
            return self._tail_due
        oldest = next(iter(self._gaps.values()))
        soonest = min(oldest.noticed + AWAITED_SECONDS, min(gap.due for gap in self._gaps.values()))
        return soonest if self._tail_due is None else min(soonest, self._tail_due)

    def forget_before(self, sequence: int) -> None:
        """A keyframe begins with this number: what is older is not asked for any more, but welcome."""
        if self._newest is None:
            return
        keyframe = extend(sequence, self._newest)
        for number, gap in self._gaps.items():
            if number < keyframe:
                gap.due = float("inf")
                gap.tries = MOST_TRIES

    def abandon(self) -> None:
        """Ask for nothing that is missing now; what comes all the same is welcome."""
        self.hopeless = self.hopeless or any(gap.due != float("inf") for gap in self._gaps.values())
        for gap in self._gaps.values():
            gap.due = float("inf")
            gap.tries = MOST_TRIES

    def _await_between(self, newest: int, number: int, now: float) -> None:
        count = number - newest - 1
        if count >= LONGEST_GAP or (count and not self._allowed.take(count, now)):
            self._gaps.clear()
            self.hopeless = True
            return
        for lost in range(newest + 1, number):
            self._gaps[lost] = _Gap(now, now + REORDER_SECONDS)
        while len(self._gaps) > MOST_AWAITED:
            del self._gaps[next(iter(self._gaps))]
            self.hopeless = True

    def _give_up(self, now: float) -> None:
        while self._gaps:
            number, gap = next(iter(self._gaps.items()))
            if now - gap.noticed < AWAITED_SECONDS:
                return
            del self._gaps[number]
            self.hopeless = self.hopeless or gap.due != float("inf")

    def _measure(self, seconds: float) -> None:
        """Take the time from the first request to the packet: the round trip, and too long if one was lost.

        Measured from the last request it would never grow while requests are repeated too early.
        """
        self.round_trip += (min(seconds, _LONGEST_ROUND_TRIP) - self.round_trip) / 8
