"""One packet to many subscribers: the hot loop of the media server, in Python.

What is the same for everybody (header, extension block, payload) is built once per packet. Per subscriber its
own numbers are written over it, the packet is encrypted in place in one buffer and leaves by one `sendto`.
`fast.py` does the same in C; both are held to the same bytes by a test.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from errno import EIO
from struct import Struct
from typing import Any, Final, NamedTuple

from lti_room.media.sfu.congestion.samples import TransportSequence
from lti_room.media.sfu.formats import rtp
from lti_room.media.sfu.forwarding.trains import MOST_CARRIAGES, REFUSALS, couple, order, supported
from lti_room.media.sfu.sdp.subscribe import ABS_SEND_TIME_ID, AUDIO_LEVEL_ID, TRANSPORT_SEQUENCE_ID
from lti_room.media.sfu.transport.dtls import LARGEST_PACKET, Cipher, new_buffer, new_length, srtp_protect
from lti_room.media.sfu.transport.mux import Route

_OWN_FIELDS: Final = Struct("!HII")
_OWN_FIELDS_AT: Final = 2
_WITH_SEND_TIME: Final = Struct("!BB10xHHI")
_WITH_LEVEL: Final = Struct("!BB10xHHIBBxx")
_WITH_NUMBER: Final = Struct("!BB10xHHIBHx")
_SHORT_HEAD: Final = _WITH_SEND_TIME.size
LONGEST_HEAD: Final = _WITH_NUMBER.size
"""Bytes of header and extensions before a payload, at most."""
_U16: Final = Struct("!H")
_NUMBER_AT: Final = rtp.HEADER_LENGTH + 9
_FIRST: Final = 0x90
"""Version 2, with an extension, without padding."""


class Outgoing(NamedTuple):
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

    @property
    def payload_at(self) -> int:
        """Where the payload begins in what `common` returns."""
        return _SHORT_HEAD if self.level is None and not self.counted else LONGEST_HEAD

    def common(self, wall: float) -> bytes:
        """Return header, extensions and payload as sent at `wall` (Unix seconds); all numbers are still 0."""
        sent = ((ABS_SEND_TIME_ID << 4 | 2) << 24) | int(wall * (1 << 18)) & 0xFFFFFF
        second, profile = self.second, rtp.ONE_BYTE_PROFILE
        if self.counted:
            head = _WITH_NUMBER.pack(_FIRST, second, profile, 2, sent, TRANSPORT_SEQUENCE_ID << 4 | 1, 0)
        elif self.level is None:
            head = _WITH_SEND_TIME.pack(_FIRST, second, profile, 1, sent)
        else:
            head = _WITH_LEVEL.pack(_FIRST, second, profile, 2, sent, AUDIO_LEVEL_ID << 4, self.level)
        return head + self.payload


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

    __slots__ = ("one_by_one", "ready", "renumbering", "rows")

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = tuple(rows)
        self.renumbering = any(row.picture_offset or row.tl0_offset for row in self.rows)
        self.one_by_one: set[int] = set()
        self.ready: Any = None

    def __len__(self) -> int:
        return len(self.rows)


class Fanout:
    """The sending side shared by all rooms of a worker. `lost` counts what the socket or libsrtp refused.

    With `trains` packets that are handed over together leave together, where the kernel can.
    """

    def __init__(self, *, trains: bool = False) -> None:
        self._slots = [new_buffer(1500) for _ in range(MOST_CARRIAGES)]
        self._length = new_length()
        self.trains = trains and supported()
        self.lost = 0

    def prepare(self, rows: Iterable[Row]) -> Rows:
        """Return rows ready for `forward`."""
        made = Rows(rows)
        made.ready = [
            (
                row.ssrc,
                row.sequence_offset,
                row.time_offset,
                row.cipher.context,
                row.route.via.sendto,
                row.route.address,
                row,
            )
            for row in made.rows
        ]
        return made

    def forward(self, rows: Rows, packets: Sequence[Outgoing], wall: float) -> None:
        """Send packets of one layer to every row; `wall` is the time written into them, Unix seconds."""
        packets, wholes = self._common(rows, packets, wall)
        if not self.trains or len(packets) < 2:
            for packet, whole in zip(packets, wholes, strict=True):
                self._forward_one(rows, packet, whole)
            return
        begin = 0
        for train in couple(wholes):
            self._forward_train(rows, packets[begin : begin + len(train)], train)
            begin += len(train)

    def _common(
        self, rows: Rows, packets: Sequence[Outgoing], wall: float
    ) -> tuple[Sequence[Outgoing], list[bytes]]:
        """Return the packets that are not too large, and what of each is the same for all rows."""
        wholes = [packet.common(wall) for packet in packets]
        if max(map(len, wholes), default=0) <= LARGEST_PACKET:
            return packets, wholes
        kept = [n for n, whole in enumerate(wholes) if len(whole) <= LARGEST_PACKET]
        self.lost += len(rows) * (len(wholes) - len(kept))
        return [packets[n] for n in kept], [wholes[n] for n in kept]

    def _forward_one(self, rows: Rows, packet: Outgoing, whole: bytes) -> None:
        size, at = len(whole), _OWN_FIELDS_AT
        length, protect, fill = self._length, srtp_protect, _OWN_FIELDS.pack_into
        memory, view = self._slots[0]
        plain, encrypted, encrypted_size = view[:size], view, 0
        sequence, timestamp = packet.sequence, packet.timestamp
        renumbering = packet.counted or rows.renumbering
        for ssrc, more, later, context, sendto, address, row in rows.ready:
            plain[:] = whole
            fill(view, at, sequence + more & 0xFFFF, timestamp + later & 0xFFFFFFFF, ssrc)
            if renumbering:
                _renumber(view, packet, row)
            length[0] = size
            if protect(context, memory, length):
                self.lost += 1
                continue
            if encrypted_size != length[0]:
                encrypted_size = length[0]
                encrypted = view[:encrypted_size]
            try:
                sendto(encrypted, address)
            except OSError:
                self.lost += 1

    def _forward_train(self, rows: Rows, packets: Sequence[Outgoing], wholes: Sequence[bytes]) -> None:
        length, protect, fill = self._length, srtp_protect, _OWN_FIELDS.pack_into
        carriages = [
            (memory, view, view[: len(whole)], whole, len(whole), packet)
            for (memory, view), whole, packet in zip(self._slots, wholes, packets, strict=False)
        ]
        renumbering = rows.renumbering or any(packet.counted for packet in packets)
        for ssrc, more, later, context, _, _, row in rows.ready:
            encrypted = []
            for memory, view, plain, whole, size, packet in carriages:
                plain[:] = whole
                sequence, timestamp = packet.sequence + more, packet.timestamp + later
                fill(view, _OWN_FIELDS_AT, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
                if renumbering:
                    _renumber(view, packet, row)
                length[0] = size
                if protect(context, memory, length):
                    self.lost += 1
                else:
                    encrypted.append(view[: length[0]])
            self._send_train(rows, row, encrypted)

    def _send_train(self, rows: Rows, row: Row, encrypted: Sequence[memoryview]) -> None:
        via, address = row.route.via, row.route.address
        if len(encrypted) > 1 and self.trains and row.ssrc not in rows.one_by_one:
            try:
                via.sendmsg(encrypted, order(len(encrypted[0])), 0, address)
            except OSError as error:
                if error.errno not in REFUSALS:
                    self.lost += len(encrypted)
                    return
                rows.one_by_one.add(row.ssrc)
                self.trains = error.errno != EIO
            else:
                return
        for each in encrypted:
            try:
                via.sendto(each, address)
            except OSError:
                self.lost += 1


def renumber_pictures(view: memoryview | bytearray, packet: Outgoing, pictures: int, tl0s: int) -> None:
    """Add a subscriber's offsets to the picture id and TL0PICIDX of a packet as `common` made it."""
    if packet.picture_id_at:
        at = packet.payload_at + packet.picture_id_at
        if packet.picture_id_wide:
            _U16.pack_into(view, at, 0x8000 | (packet.picture_id + pictures) & 0x7FFF)
        else:
            view[at] = (packet.picture_id + pictures) & 0x7F
    if packet.tl0_at:
        view[packet.payload_at + packet.tl0_at] = (packet.tl0 + tl0s) & 0xFF


def _renumber(view: memoryview, packet: Outgoing, row: Row) -> None:
    renumber_pictures(view, packet, row.picture_offset, row.tl0_offset)
    if packet.counted:
        numbers = row.transport.memory
        _U16.pack_into(view, _NUMBER_AT, numbers[0] & 0xFFFF)
        numbers[0] += 1
