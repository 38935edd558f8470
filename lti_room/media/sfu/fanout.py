"""One packet to many subscribers: the hot loop of the media server.

Extension block and payload are built once; per subscriber only sequence, time and SSRC differ, the packet is
encrypted in place in one buffer and leaves by one `sendto`.
"""

from collections.abc import Callable, Iterable
from struct import Struct
from typing import Any, Final

from lti_room.media.sfu.dtls import LARGEST_PACKET, Cipher, new_buffer, new_length, srtp_protect
from lti_room.media.sfu.mux import RemoteAddress

Row = tuple[int, int, int, Any, Callable[[memoryview, RemoteAddress], int], RemoteAddress, Cipher]
"""(SSRC, added to sequence, added to time, SRTP context, sendto, address, what keeps the context alive)."""

_OWN_FIELDS: Final = Struct("!HII")
_HEADER: Final = Struct("!BBHII")
_HEADER_LENGTH: Final = 12
_WITH_EXTENSION: Final = 0x90


class Fanout:
    """The sending side shared by all rooms of a worker. `lost` counts what the socket or libsrtp refused."""

    def __init__(self) -> None:
        self._memory, self._view = new_buffer(1500)
        self._length = new_length()
        self.lost = 0

    def forward(self, rows: Iterable[Row], second: int, sequence: int, timestamp: int, tail: bytes) -> None:
        """Send a packet to every row.

        `second` is the header's second byte (marker and payload type), `tail` the extension block and
        payload; `sequence` and `timestamp` are cut to their fields after the row's offset is added.
        """
        size = _HEADER_LENGTH + len(tail)
        if size > LARGEST_PACKET:
            self.lost += 1
            return
        packet = _HEADER.pack(_WITH_EXTENSION, second, 0, 0, 0) + tail
        memory, view, length = self._memory, self._view, self._length
        fill, protect = _OWN_FIELDS.pack_into, srtp_protect
        for ssrc, sequence_offset, time_offset, context, sendto, address, _ in rows:
            view[:size] = packet
            fill(view, 2, (sequence + sequence_offset) & 0xFFFF, (timestamp + time_offset) & 0xFFFFFFFF, ssrc)
            length[0] = size
            if protect(context, memory, length):
                self.lost += 1
                continue
            try:
                sendto(view[: length[0]], address)
            except OSError:
                self.lost += 1
