"""What one peer may make the server do: however hostile, it costs no more than a busy honest one.

Only packets that decrypt count, so nobody can use up another's allowance by forging its address.
"""

from typing import Final

MOST_SSRCS: Final = 64
"""SSRCs that are decrypted; libsrtp remembers each for ever, and looks through all of them for every packet.
A page with camera, screen and retransmission uses about ten."""

PACKETS_PER_SECOND: Final = 2000
"""RTP; a camera in three layers, a screen and sound make 700, and twice that while the browser probes."""

REPORT_OCTETS_PER_SECOND: Final = 64_000
"""RTCP; a page that receives 25 people over a bad line sends a tenth of it."""


KEYFRAMES_PER_SECOND: Final = 0.5
KEYFRAMES_AT_ONCE: Final = 6
"""What one subscriber may ask of one picture: a keyframe costs the quality of all who watch it."""


class Bucket:
    """A token bucket, full at first; it holds what flows into it within one second, or as much as is said.

    Times are monotonic seconds.
    """

    __slots__ = ("_at", "_holds", "_left", "_rate")

    def __init__(self, rate: float, now: float, holds: float | None = None) -> None:
        self._rate = rate
        self._left = self._holds = rate if holds is None else holds
        self._at = now

    def take(self, amount: int, now: float) -> bool:
        """Take an amount, if it is there."""
        self._left = min(self._holds, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < amount:
            return False
        self._left -= amount
        return True


class Allowance:
    """One peer's."""

    __slots__ = ("_packets", "_reports", "_ssrcs")

    def __init__(self, now: float) -> None:
        self._ssrcs: set[bytes] = set()
        self._packets = Bucket(PACKETS_PER_SECOND, now)
        self._reports = Bucket(REPORT_OCTETS_PER_SECOND, now)

    def may_decrypt(self, ssrc: bytes) -> bool:
        """Whether packets of an SSRC are looked at: those of the first few that proved to be real."""
        return ssrc in self._ssrcs or len(self._ssrcs) < MOST_SSRCS

    def take_packet(self, ssrc: bytes, now: float) -> bool:
        """Count an RTP packet that decrypted; false if it is too many."""
        self._ssrcs.add(ssrc)
        return self._packets.take(1, now)

    def take_report(self, ssrc: bytes, octets: int, now: float) -> bool:
        """Count an RTCP compound that decrypted; false if it is too much."""
        self._ssrcs.add(ssrc)
        return self._reports.take(octets, now)
