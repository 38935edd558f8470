"""Transport-wide feedback: which packets of a peer came, and when. The publisher adapts its rate to it.

Pure: numbers and times go in, RTCP packets come out. draft-holmer-rmcat-transport-wide-cc-extensions-01;
arrival times are told in ticks of 250 microseconds.
"""

from collections.abc import Sequence
from itertools import groupby
from struct import Struct
from typing import Final

from lti_room.media.sfu.formats.rtp import extend

FEEDBACK_SECONDS: Final = 0.1
MOST_REPORTED: Final = 500
"""Numbers in one packet, which then stays below 1200 bytes; also the longest gap that is reported as lost."""
_TICKS_PER_SECOND: Final = 4000
_TICKS_PER_REFERENCE: Final = 256
_REMEMBERED: Final = 1000
_TRANSPORT_FEEDBACK: Final = 0x80 | 15
_RTPFB: Final = 205
_MISSING, _SMALL, _LARGE = 0, 1, 2
_LONGEST_RUN: Final = 0x1FFF
_HEAD: Final = Struct("!BBHIIHHI")
_U16: Final = Struct("!H")
_I16: Final = Struct("!h")


class Arrivals:
    """The transport-wide numbers of one peer and when each came."""

    def __init__(self, own_ssrc: int) -> None:
        self._own_ssrc = own_ssrc
        self._arrived: dict[int, int] = {}
        self._newest: int | None = None
        self._from = 0
        self._packets = 0

    def add(self, number: int, now: float) -> None:
        """Take the 16-bit number of a packet that came at `now` (seconds, from a clock that never goes back).

        A late packet has everything since it reported once more. A leap over more numbers than one packet
        can report begins anew.
        """
        if self._newest is None:
            self._newest = self._from = number + (1 << 16)
        unwrapped = extend(number, self._newest)
        if unwrapped - self._newest > MOST_REPORTED:
            self._from = unwrapped
        elif unwrapped <= self._newest - _REMEMBERED or unwrapped in self._arrived:
            return
        self._newest = max(self._newest, unwrapped)
        self._from = min(self._from, unwrapped)
        self._arrived[unwrapped] = int(now * _TICKS_PER_SECOND)
        if len(self._arrived) > _REMEMBERED:
            del self._arrived[next(iter(self._arrived))]

    def feedback(self, media_ssrc: int) -> list[bytes]:
        """Return the RTCP packets that report everything since the last time; usually one."""
        built = []
        while self._newest is not None and self._from <= self._newest:
            base = self._from
            symbols, deltas, reference = self._statuses(base, min(self._newest + 1, base + MOST_REPORTED))
            self._from = base + len(symbols)
            if deltas:
                built.append(self._packet(media_ssrc, base, symbols, deltas, reference))
        return built

    def _statuses(self, base: int, end: int) -> tuple[list[int], bytes, int]:
        """Describe the numbers from `base` on, up to a time too far from the one before; at least one."""
        symbols: list[int] = []
        deltas = bytearray()
        reference = last = -1
        for number in range(base, end):
            ticks = self._arrived.get(number)
            if ticks is None:
                symbols.append(_MISSING)
                continue
            if reference < 0:
                reference = ticks // _TICKS_PER_REFERENCE
                last = reference * _TICKS_PER_REFERENCE
            delta = ticks - last
            if 0 <= delta <= 0xFF:
                symbols.append(_SMALL)
                deltas.append(delta)
            elif -0x8000 <= delta <= 0x7FFF:
                symbols.append(_LARGE)
                deltas += _I16.pack(delta)
            else:
                break
            last = ticks
        return symbols, bytes(deltas), reference

    def _packet(
        self, media_ssrc: int, base: int, symbols: Sequence[int], deltas: bytes, reference: int
    ) -> bytes:
        body = _chunks(symbols) + deltas
        body += bytes(-len(body) % 4)
        words = (_HEAD.size + len(body)) // 4 - 1
        self._packets += 1
        return (
            _HEAD.pack(
                _TRANSPORT_FEEDBACK,
                _RTPFB,
                words,
                self._own_ssrc,
                media_ssrc,
                base & 0xFFFF,
                len(symbols),
                (reference & 0xFFFFFF) << 8 | self._packets - 1 & 0xFF,
            )
            + body
        )


def _chunks(symbols: Sequence[int]) -> bytes:
    """Encode statuses: runs of seven and more as such, others fourteen or seven at a time (section 3.1)."""
    chunks = bytearray()
    at = 0
    while at < len(symbols):
        symbol, run = next((symbol, len(list(same))) for symbol, same in groupby(symbols[at:]))
        if run >= 7:
            run = min(run, _LONGEST_RUN)
            chunks += _U16.pack(symbol << 13 | run)
            at += run
            continue
        wide = _LARGE in symbols[at : at + 14]
        count, bits = (7, 2) if wide else (14, 1)
        vector = 0
        for n, each in enumerate(symbols[at : at + count]):
            vector |= each << bits * (count - 1 - n)
        chunks += _U16.pack((0xC000 if wide else 0x8000) | vector)
        at += count
    return bytes(chunks)
