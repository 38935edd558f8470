"""RTP packets as they lie in memory: header, header extensions, VP8 descriptor, serial numbers.

Nothing here copies a payload. RFC 3550 section 5.1, RFC 8285 (both forms), RFC 7741 section 4.
"""

from collections import deque
from struct import Struct
from typing import Final, NamedTuple

HEADER_LENGTH: Final = 12
ONE_BYTE_PROFILE: Final = 0xBEDE
_HEADER: Final = Struct("!BBHII")
_EXTENSION: Final = Struct("!HH")


class MalformedPacket(ValueError):
    """These bytes are not an RTP packet."""


class Packet(NamedTuple):
    """Where the parts of one RTP packet lie in `data`. `payload_end` leaves out padding."""

    data: bytes
    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    extension_profile: int
    extension_start: int
    payload_start: int
    payload_end: int

    @property
    def payload_length(self) -> int:
        """Bytes of payload without padding; 0 for a packet of padding only."""
        return self.payload_end - self.payload_start

    def extensions(self) -> dict[int, bytes]:
        """Return id -> value of the header extensions.

        Raises:
            MalformedPacket: an extension runs over the end of its block.
        """
        if not self.extension_profile:
            return {}
        block = self.data[self.extension_start : self.payload_start]
        if self.extension_profile == ONE_BYTE_PROFILE:
            return _one_byte_extensions(block)
        if self.extension_profile & 0xFFF0 == 0x1000:
            return _two_byte_extensions(block)
        return {}


def parse(data: bytes) -> Packet:
    """Find the parts of an RTP packet.

    Raises:
        MalformedPacket: wrong version, or a length that does not fit.
    """
    if len(data) < HEADER_LENGTH:
        raise MalformedPacket("shorter than a header")
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if first >> 6 != 2:
        raise MalformedPacket("wrong version")
    at = HEADER_LENGTH + 4 * (first & 0x0F)
    profile = start = 0
    if first & 0x10:
        if len(data) < at + 4:
            raise MalformedPacket("truncated extension header")
        profile, words = _EXTENSION.unpack_from(data, at)
        start = at + 4
        at = start + 4 * words
    end = len(data)
    if at > end:
        raise MalformedPacket("truncated header")
    if first & 0x20:
        padding = data[-1]
        if not 0 < padding <= end - at:
            raise MalformedPacket("wrong padding")
        end -= padding
    return Packet(data, second >= 128, second & 0x7F, sequence, timestamp, ssrc, profile, start, at, end)


def _one_byte_extensions(block: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(block):
        head = block[at]
        at += 1
        if head == 0:
            continue
        if head >> 4 == 15:
            break
        end = at + (head & 0x0F) + 1
        if end > len(block):
            raise MalformedPacket("truncated extension")
        if head >> 4:  # id 0 is padding, whatever length it claims
            found[head >> 4] = block[at:end]
        at = end
    return found


def _two_byte_extensions(block: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(block):
        if block[at] == 0:
            at += 1
            continue
        if at + 2 > len(block) or at + 2 + block[at + 1] > len(block):
            raise MalformedPacket("truncated extension")
        end = at + 2 + block[at + 1]
        found[block[at]] = block[at + 2 : end]
        at = end
    return found


class Vp8(NamedTuple):
    """A VP8 payload descriptor (RFC 7741 section 4.2). Positions are offsets in the payload, 0 if absent."""

    length: int
    starts_frame: bool
    keyframe: bool
    picture_id: int
    picture_id_at: int
    picture_id_wide: bool
    tl0_at: int


def parse_vp8(payload: bytes | memoryview) -> Vp8:
    """Read the descriptor in front of a VP8 payload.

    `keyframe` is true for the first packet of a keyframe only.

    Raises:
        MalformedPacket: the payload ends inside the descriptor.
    """
    try:
        first = payload[0]
        flags = payload[1] if first & 0x80 else 0
        at = 2 if first & 0x80 else 1
        picture_id = picture_id_at = tl0_at = 0
        wide = False
        if flags & 0x80:
            picture_id_at = at
            wide = bool(payload[at] & 0x80)
            picture_id = (payload[at] & 0x7F) << 8 | payload[at + 1] if wide else payload[at]
            at += 2 if wide else 1
        if flags & 0x40:
            tl0_at = at
            at += 1
        if flags & 0x30:
            at += 1
        if at > len(payload):
            raise MalformedPacket("truncated VP8 descriptor")
        starts = bool(first & 0x10) and not first & 0x07
        return Vp8(at, starts, starts and not payload[at] & 0x01, picture_id, picture_id_at, wide, tl0_at)
    except IndexError:
        raise MalformedPacket("truncated VP8 descriptor") from None


def extend(sequence: int, near: int) -> int:
    """Return the unwrapped number with these low 16 bits that lies nearest to `near`."""
    step = (sequence - near) & 0xFFFF
    return near + (step if step < 0x8000 else step - 0x10000)


class Renumbering:
    """Closes the holes that eaten packets leave in a stream; works on unwrapped sequence numbers.

    A subscriber must not take a packet we ate (padding) for a lost one, while real gaps stay gaps.
    Each eaten number moves everything after it down by one; late packets are mapped by what held then.
    """

    def __init__(self) -> None:
        self._shift = 0
        self._eaten: deque[int] = deque(maxlen=64)
        self._highest = -1

    def eat(self, sequence: int) -> None:
        """Take one number out of the stream; a late one stays a gap, for its neighbours are gone already."""
        if sequence > self._highest:
            self._highest = sequence
            self._eaten.append(sequence)
            self._shift += 1

    def map(self, sequence: int) -> int:
        """Return the number under which a packet goes on."""
        self._highest = max(self._highest, sequence)
        if not self._eaten:
            return sequence
        shift = self._shift
        for eaten in reversed(self._eaten):
            if sequence > eaten:
                break
            shift -= 1
        return sequence - shift
