"""What a subscriber says back as browsers do: that it is still there, what it received, what arrived when."""

import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from aiortc.rtp import RtcpReceiverInfo, RtcpRrPacket

from benchmarks.crowd.client import GivenAway
from benchmarks.crowd.counting import Flow
from lti_room.media.sfu.publishing.arrivals import Arrivals

REPORT_SECONDS: Final = 1.0
CONSENT_SECONDS: Final = 2.5
MOST_REPORTED: Final = 31
"""Blocks of one receiver report (RFC 3550 section 6.4.2)."""


class Answers:
    """One subscriber's, over the socket its client gave away. Times are monotonic seconds."""

    def __init__(self, client: GivenAway, line: socket.socket, now: float) -> None:
        assert client.cipher is not None
        self._client = client
        self._cipher = client.cipher
        self._line = line
        self._arrivals = Arrivals(1)
        self._counted_ssrc = 0
        self._reported_at = self._consented_at = now

    def arrived(self, ssrc: int, number: int, at: float) -> None:
        """Note a packet with a transport-wide number."""
        self._arrivals.add(number, at)
        self._counted_ssrc = ssrc

    def send(self, flows: Mapping[int, Flow], now: float) -> None:
        """Send what is due; a full buffer loses it, as the network may."""
        with suppress(BlockingIOError, ConnectionError):
            for packet in self._arrivals.feedback(self._counted_ssrc):
                self._line.send(self._cipher.protect_rtcp(packet))
            if now - self._reported_at >= REPORT_SECONDS:
                self._reported_at = now
                self._line.send(self._cipher.protect_rtcp(receiver_report(flows)))
            if now - self._consented_at >= CONSENT_SECONDS:
                self._consented_at = now
                self._line.send(self._client.binding_request())


def receiver_report(flows: Mapping[int, Flow]) -> bytes:
    """Return a report that nothing was lost: what is lost here is counted, not repaired."""
    blocks = [
        RtcpReceiverInfo(
            ssrc=ssrc,
            fraction_lost=0,
            packets_lost=0,
            highest_sequence=flow.highest & 0xFFFFFFFF,
            jitter=0,
            lsr=0,
            dlsr=0,
        )
        for ssrc, flow in flows.items()
        if flow.highest >= 0
    ]
    return bytes(RtcpRrPacket(ssrc=1, reports=blocks[:MOST_REPORTED]))
