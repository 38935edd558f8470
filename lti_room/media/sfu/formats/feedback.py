"""What a subscriber's RTCP says, read without trust: a malformed part is left out, never worse.

RFC 3550 section 6.4 (reports), RFC 4585 section 6.2.1 (NACK), RFC 5104 section 4.3.1 (FIR),
RFC 3611 section 4.4 (times to be answered), draft-holmer-rmcat-transport-wide-cc-extensions-01,
draft-alvestrand-rmcat-remb-03.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct, error
from typing import Final

SENDER_REPORT: Final = 200
RECEIVER_REPORT: Final = 201
TRANSPORT_FEEDBACK: Final = 205
PAYLOAD_FEEDBACK: Final = 206
EXTENDED_REPORT: Final = 207
NACK: Final = 1
ARRIVALS: Final = 15
PLI: Final = 1
FIR: Final = 4
APPLICATION: Final = 15

MOST_NUMBERS: Final = 256
"""Lost numbers read of one NACK; browsers name fewer, and ask again."""
MOST_STATUSES: Final = 4096
_RECEIVER_TIME: Final = 4
_TICK_SECONDS: Final = 0.00025
_REFERENCE_SECONDS: Final = 0.064
_SENDER_INFO: Final = 24

_HEADER: Final = Struct("!BBH")
_U32: Final = Struct("!I")
_PAIR: Final = Struct("!HH")
_BLOCK: Final = Struct("!IIIIII")
_ARRIVALS: Final = Struct("!HHI")
_U16: Final = Struct("!H")
_I16: Final = Struct("!h")


@dataclass(frozen=True, slots=True)
class Part:
    """One packet of a compound: its type, the count or format, and what follows the header."""

    kind: int
    format: int
    body: bytes

    @property
    def media_ssrc(self) -> int:
        """The SSRC a feedback message is about."""
        return int(_U32.unpack_from(self.body, 4)[0]) if len(self.body) >= 8 else 0


@dataclass(frozen=True, slots=True)
class Block:
    """A report block. `lost` counts from the beginning, `delay` is in seconds, 0 before the first report."""

    ssrc: int
    lost: int
    highest: int
    last_report: int
    delay: float


@dataclass(frozen=True, slots=True)
class Statuses:
    """What arrived of the transport-wide numbers from `base` (16 bits) on.

    `reference` is the browser's clock in units of 64 ms, 24 bits; `arrived` are seconds after it, or None.
    """

    base: int
    reference: int
    arrived: Sequence[float | None]

    @property
    def reference_seconds(self) -> float:
        """The reference time in seconds; it begins again every twelve days."""
        return self.reference * _REFERENCE_SECONDS


def parts(data: bytes) -> Iterator[Part]:
    """Yield the packets of a compound, up to the first that is malformed."""
    at = 0
    while at + 4 <= len(data):
        first, kind, words = _HEADER.unpack_from(data, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            return
        yield Part(kind, first & 0x1F, data[at + 4 : end])
        at = end


def report_blocks(part: Part) -> list[Block]:
    """Return the report blocks of a receiver or sender report."""
    at = 4 if part.kind == RECEIVER_REPORT else _SENDER_INFO
    fit = max(0, len(part.body) - at) // _BLOCK.size
    found = []
    for n in range(min(part.format, fit)):
        ssrc, loss, highest, _, last, delay = _BLOCK.unpack_from(part.body, at + n * _BLOCK.size)
        lost = (loss & 0xFFFFFF ^ 0x800000) - 0x800000
        found.append(Block(ssrc, lost, highest, last, delay / 65536))
    return found


def lost_numbers(part: Part) -> list[int]:
    """Return the 16-bit numbers a NACK asks for, at most `MOST_NUMBERS`."""
    found: list[int] = []
    for at in range(8, len(part.body) - 3, 4):
        number, more = _PAIR.unpack_from(part.body, at)
        found.append(number)
        found += [number + bit + 1 & 0xFFFF for bit in range(16) if more >> bit & 1]
        if len(found) >= MOST_NUMBERS:
            break
    return found[:MOST_NUMBERS]


def wanted_keyframes(part: Part) -> list[int]:
    """Return the media SSRCs a PLI or FIR asks a keyframe of."""
    if part.format == PLI:
        return [part.media_ssrc]
    if part.format == FIR:
        return [_U32.unpack_from(part.body, at)[0] for at in range(8, len(part.body) - 7, 8)]
    return []


def bandwidth(part: Part) -> int | None:
    """Return the bits per second of a REMB, or None when the part is none."""
    body = part.body
    if part.format != APPLICATION or len(body) < 16 or body[8:12] != b"REMB":
        return None
    return ((body[13] & 0x03) << 16 | body[14] << 8 | body[15]) << (body[13] >> 2)


def receiver_time(part: Part) -> tuple[int, int] | None:
    """Return who says what time it is there (SSRC, middle 32 bits of NTP) in an extended report, or None."""
    body, at = part.body, 4
    while at + 4 <= len(body):
        kind, _, words = _HEADER.unpack_from(body, at)
        if kind == _RECEIVER_TIME and words == 2 and at + 12 <= len(body):
            (ssrc,), (middle,) = _U32.unpack_from(body, 0), _U32.unpack_from(body, at + 6)
            return ssrc, middle
        at += 4 + 4 * words
    return None


def arrivals(part: Part) -> Statuses | None:
    """Return what a transport-wide feedback says, or None when it is malformed."""
    body = part.body
    if len(body) < 16:
        return None
    base, count, reference = _ARRIVALS.unpack_from(body, 8)
    if count > MOST_STATUSES:
        return None
    read = _symbols(body, count)
    times = _times(body, *read) if read is not None else None
    return Statuses(base, reference >> 8, times) if times is not None else None


def _symbols(body: bytes, count: int) -> tuple[list[int], int] | None:
    """Return a symbol per packet, and where their deltas begin."""
    symbols: list[int] = []
    at = 16
    while len(symbols) < count:
        if at + 2 > len(body):
            return None
        chunk = _U16.unpack_from(body, at)[0]
        at += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13] * min(chunk & 0x1FFF, count)
        elif chunk & 0x4000:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
        if not chunk & 0x9FFF:
            return None
    return symbols[:count], at


def _times(body: bytes, symbols: list[int], at: int) -> list[float | None] | None:
    times: list[float | None] = []
    ticks = 0
    try:
        for symbol in symbols:
            if symbol == 0:
                times.append(None)
                continue
            if symbol == 1:
                ticks += body[at]
            elif symbol == 2:
                ticks += _I16.unpack_from(body, at)[0]
            else:
                return None
            at += symbol
            times.append(ticks * _TICK_SECONDS)
    except (IndexError, error):
        return None
    return times
