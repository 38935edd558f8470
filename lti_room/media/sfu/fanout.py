"""One packet to many subscribers: the hot loop of the media server.

What is the same for everybody (extension block, payload) is built once per packet. Per subscriber the header,
the picture numbers and the transport-wide number are written over it, the packet is encrypted in place in one
buffer and leaves by one `sendto`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, Final

from lti_room.media.sfu import rtp
from lti_room.media.sfu.dtls import LARGEST_PACKET, Cipher, new_buffer, new_length, srtp_protect
from lti_room.media.sfu.mux import Route
from lti_room.media.sfu.sdp.subscribe import ABS_SEND_TIME_ID, AUDIO_LEVEL_ID, TRANSPORT_SEQUENCE_ID

_OWN_FIELDS: Final = Struct("!HII")
_HEADER: Final = Struct("!BBHII")
_SEND_TIME: Final = Struct("!HHI")
_SEND_TIME_AND_LEVEL: Final = Struct("!HHIBBxx")
_SEND_TIME_AND_NUMBER: Final = Struct("!HHIBHx")
_U16: Final = Struct("!H")
_NUMBER_AT: Final = rtp.HEADER_LENGTH + 9
_WITH_EXTENSION: Final = 0x90


class TransportSequence:
    """The transport-wide numbers of one subscriber: `next` is what its next counted packet gets."""

    __slots__ = ("next",)

    def __init__(self) -> None:
        self.next = 0


@dataclass(slots=True)
class Outgoing:
    """One packet of a layer, the same for all subscribers.

    `second` is the header's second byte (marker and payload type), `sequence` the layer's unwrapped number.
    `level` is the audio level's byte or None; `counted` packets carry a transport-wide number and no level.
    The positions of picture id and TL0PICIDX are offsets in the payload, 0 where there is none.
    """

    second: int
    sequence: int
    timestamp: int
    payload: bytes
    level: int | None = None
    counted: bool = False
    picture_id_at: int = 0
    picture_id: int = 0
    picture_id_wide: bool = False
    tl0_at: int = 0
    tl0: int = 0

    def extension_block(self, wall: float) -> bytes:
        """Return the header extensions of a packet sent at `wall` (Unix seconds); the number is still 0."""
        sent = ((ABS_SEND_TIME_ID << 4 | 2) << 24) | int(wall * (1 << 18)) & 0xFFFFFF
        if self.counted:
            return _SEND_TIME_AND_NUMBER.pack(
                rtp.ONE_BYTE_PROFILE, 2, sent, TRANSPORT_SEQUENCE_ID << 4 | 1, 0
            )
        if self.level is None:
            return _SEND_TIME.pack(rtp.ONE_BYTE_PROFILE, 1, sent)
        return _SEND_TIME_AND_LEVEL.pack(rtp.ONE_BYTE_PROFILE, 2, sent, AUDIO_LEVEL_ID << 4, self.level)


@dataclass(frozen=True, slots=True)
class Row:
    """What one subscriber's copy of a layer's packets needs: own SSRC, what is added, keys and address."""

    ssrc: int
    sequence_offset: int
    time_offset: int
    picture_offset: int
    tl0_offset: int
    cipher: Cipher
    route: Route
    transport: TransportSequence


class Rows:
    """Rows made ready for sending. They hold for as long as no offset, key, address or member changes."""

    __slots__ = ("ready", "rows")

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = tuple(rows)
        self.ready: list[tuple[Any, ...]] = [
            (
                row.ssrc,
                row.sequence_offset,
                row.time_offset,
                row.picture_offset,
                row.tl0_offset,
                row.cipher.context,
                row.route.sendto,
                row.route.address,
                row.transport,
            )
            for row in self.rows
        ]


class Fanout:
    """The sending side shared by all rooms of a worker. `lost` counts what the socket or libsrtp refused."""

    def __init__(self) -> None:
        self._memory, self._view = new_buffer(1500)
        self._length = new_length()
        self.lost = 0

    def prepare(self, rows: Iterable[Row]) -> Rows:
        """Return rows ready for `forward`."""
        return Rows(rows)

    def forward(self, rows: Rows, packets: Sequence[Outgoing], wall: float) -> None:
        """Send packets of one layer to every row; `wall` is the time written into them, Unix seconds."""
        for packet in packets:
            self._forward(rows, packet, wall)

    def _forward(self, rows: Rows, packet: Outgoing, wall: float) -> None:
        block = packet.extension_block(wall)
        whole = _HEADER.pack(_WITH_EXTENSION, packet.second, 0, 0, 0) + block + packet.payload
        size = len(whole)
        if size > LARGEST_PACKET:
            self.lost += len(rows.rows)
            return
        payload_at = rtp.HEADER_LENGTH + len(block)
        memory, view, length = self._memory, self._view, self._length
        fill, protect = _OWN_FIELDS.pack_into, srtp_protect
        sequence, timestamp = packet.sequence, packet.timestamp
        for (
            ssrc,
            sequence_offset,
            time_offset,
            pictures,
            tl0s,
            context,
            sendto,
            address,
            numbers,
        ) in rows.ready:
            view[:size] = whole
            fill(view, 2, (sequence + sequence_offset) & 0xFFFF, (timestamp + time_offset) & 0xFFFFFFFF, ssrc)
            if pictures or tl0s:
                renumber_pictures(view, payload_at, packet, pictures, tl0s)
            if packet.counted:
                _U16.pack_into(view, _NUMBER_AT, numbers.next & 0xFFFF)
                numbers.next += 1
            length[0] = size
            if protect(context, memory, length):
                self.lost += 1
                continue
            try:
                sendto(view[: length[0]], address)
            except OSError:
                self.lost += 1


def renumber_pictures(
    view: memoryview | bytearray, payload_at: int, packet: Outgoing, pictures: int, tl0s: int
) -> None:
    """Add a subscriber's offsets to the picture id and TL0PICIDX of the VP8 payload at `payload_at`."""
    if packet.picture_id_at:
        at = payload_at + packet.picture_id_at
        if packet.picture_id_wide:
            _U16.pack_into(view, at, 0x8000 | (packet.picture_id + pictures) & 0x7FFF)
        else:
            view[at] = (packet.picture_id + pictures) & 0x7F
    if packet.tl0_at:
        view[payload_at + packet.tl0_at] = (packet.tl0 + tl0s) & 0xFF
