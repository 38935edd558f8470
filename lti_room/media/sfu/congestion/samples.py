"""The counted packets of one subscriber: what left, until its browser says what became of it."""

from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lti_room.media.sfu.congestion.queueing import Sample
from lti_room.media.sfu.congestion.silence import NOTHING_UNANSWERED, Unanswered
from lti_room.media.sfu.formats import rtp
from lti_room.media.sfu.formats.feedback import Statuses

BURSTS_KEPT: Final = 256
_REFERENCE_WRAP: Final = (1 << 24) * 0.064


class TransportSequence:
    """The transport-wide numbers of one subscriber: `next` is what its next counted packet gets.

    The number lies in `memory`, one unsigned 64-bit integer that the fast path counts up as well.
    """

    __slots__ = ("memory",)

    def __init__(self) -> None:
        self.memory = array("Q", (0,))

    @property
    def next(self) -> int:
        """The next number, not yet cut to 16 bits."""
        return self.memory[0]

    @next.setter
    def next(self, number: int) -> None:
        self.memory[0] = number


@dataclass(frozen=True, slots=True)
class _Burst:
    """Packets with consecutive numbers that left together. `sizes` are octets on the wire."""

    first: int
    sent: float
    sizes: Sequence[int]
    probe: bool


class Samples(TransportSequence):
    """Gives the transport-wide numbers, and finds what was sent under them."""

    __slots__ = ("_bursts", "_reference", "_reported")

    def __init__(self) -> None:
        super().__init__()
        self._bursts: deque[_Burst] = deque(maxlen=BURSTS_KEPT)
        self._reported = 0
        self._reference: float | None = None

    @property
    def unanswered(self) -> Unanswered:
        """What nothing was heard of yet."""
        bursts = self._bursts
        return Unanswered(len(bursts), bursts[0].sent, bursts[-1].sent) if bursts else NOTHING_UNANSWERED

    @property
    def oldest(self) -> float:
        """When the oldest burst left that nothing was heard of; infinity when there is none."""
        return self._bursts[0].sent if self._bursts else float("inf")

    def sent(self, first: int, now: float, sizes: Sequence[int], *, probe: bool = False) -> None:
        """Remember packets that leave at `now` (monotonic seconds) under the numbers from `first` on."""
        self._bursts.append(_Burst(first, now, sizes, probe))

    def reported(self, statuses: Statuses) -> list[Sample]:
        """Return what became of packets, each once, in the order in which they left."""
        begin = rtp.extend(statuses.base, self.next)
        end = min(begin + len(statuses.arrived), self.next)
        reference = self._unwrapped(statuses.reference_seconds)
        found: list[Sample] = []
        while self._bursts and self._bursts[0].first < end:
            burst = self._bursts[0]
            behind = burst.first + len(burst.sizes)
            for number in range(max(burst.first, begin, self._reported), min(behind, end)):
                offset = statuses.arrived[number - begin]
                arrived = reference + offset if offset is not None else None
                found.append(Sample(burst.sent, arrived, burst.sizes[number - burst.first], burst.probe))
            if behind > end:
                break
            self._bursts.popleft()
        self._reported = max(self._reported, end)
        return found

    def _unwrapped(self, reference: float) -> float:
        """Return the browser's clock without its steps back every twelve days."""
        if self._reference is not None:
            reference += round((self._reference - reference) / _REFERENCE_WRAP) * _REFERENCE_WRAP
        self._reference = reference
        return reference
