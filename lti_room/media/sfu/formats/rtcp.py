"""RTCP we build: receiver and sender reports, keyframe requests, bandwidth limits, answers to times.

aiortc parses and serialises; this file decides what is said. RFC 3550 section 6.4, RFC 3611, 4585, 5104.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import pack
from typing import Final

from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    RTCP_RTPFB,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    pack_remb_fci,
)

__all__ = [
    "NTP_EPOCH",
    "AnyRtcpPacket",
    "RtcpReceiverInfo",
    "RtcpSrPacket",
    "SenderClock",
    "StreamClock",
    "bandwidth_limit",
    "keyframe_request",
    "parse",
    "receiver_report",
    "resend_request",
    "sender_report",
    "time_answer",
]

LARGEST_COMPOUND: Final = 1200
NTP_EPOCH: Final = 2_208_988_800
"""Seconds from 1900 to 1970."""
_CNAME: Final = 1
_EXTENDED_REPORT: Final = 207
_DELAY_SINCE_TIME: Final = 5


def parse(data: bytes) -> list[AnyRtcpPacket]:
    """Return the packets of a compound; an empty list when it is malformed."""
    try:
        return RtcpPacket.parse(data)
    except Exception:  # aiortc raises struct.error, IndexError and ValueError on hostile input
        return []


def keyframe_request(own_ssrc: int, media_ssrc: int) -> bytes:
    """Return a PLI."""
    return bytes(RtcpPsfbPacket(RTCP_PSFB_PLI, own_ssrc, media_ssrc))


def resend_request(own_ssrc: int, media_ssrc: int, numbers: Sequence[int]) -> bytes:
    """Return a generic NACK (RFC 4585 section 6.2.1) for 16-bit numbers, oldest first."""
    pairs: list[list[int]] = []
    for number in numbers:
        after = (number - pairs[-1][0] - 1) & 0xFFFF if pairs else 16
        if after < 16:
            pairs[-1][1] |= 1 << after
        else:
            pairs.append([number, 0])
    head = pack("!BBHII", 0x80 | RTCP_RTPFB_NACK, RTCP_RTPFB, 2 + len(pairs), own_ssrc, media_ssrc)
    return head + b"".join(pack("!HH", *pair) for pair in pairs)


def bandwidth_limit(own_ssrc: int, bits_per_second: int, ssrcs: list[int]) -> bytes:
    """Return a REMB."""
    fci = pack_remb_fci(bits_per_second, ssrcs)
    return bytes(RtcpPsfbPacket(RTCP_PSFB_APP, own_ssrc, 0, fci))


def receiver_report(own_ssrc: int, reports: list[RtcpReceiverInfo]) -> bytes:
    """Return an RR with at most 31 report blocks."""
    return bytes(RtcpRrPacket(own_ssrc, reports[:31]))


def time_answer(own_ssrc: int, ssrc: int, time: int, delay: float) -> bytes:
    """Answer a receiver's time after `delay` seconds (RFC 3611 section 4.5): then it knows its round trip.

    `time` is the middle 32 bits of its NTP time, as it was said.
    """
    head = pack("!BBHI", 0x80, _EXTENDED_REPORT, 5, own_ssrc)
    return head + pack("!BBHIII", _DELAY_SINCE_TIME, 0, 3, ssrc, time, int(delay * 65536))


def sender_report(ssrc: int, cname: str, info: RtcpSenderInfo) -> bytes:
    """Return an SR and the SDES that ties its stream to the others of the same person (lip sync)."""
    sdes = RtcpSdesPacket([RtcpSourceInfo(ssrc, [(_CNAME, cname.encode())])])
    return bytes(RtcpSrPacket(ssrc, info)) + bytes(sdes)


@dataclass(slots=True)
class SenderClock:
    """A publisher's clock against ours, shared by all its streams so that sound and picture stay together.

    `offset` is our time minus the publisher's, seconds; the smallest ever seen, because delay only adds.
    """

    offset: float | None = None

    def observe(self, ntp: int, now: float) -> None:
        """Take the NTP time (32.32) of a sender report that arrived at `now` (Unix seconds)."""
        seen = now - (ntp / (1 << 32) - NTP_EPOCH)
        if self.offset is None or seen < self.offset:
            self.offset = seen


@dataclass(slots=True)
class StreamClock:
    """Where a stream's RTP time stands: from its last sender report."""

    ntp: int = 0
    rtp: int = 0

    def sender_info(
        self, clock: SenderClock, rate: int, now: float, packets: int, octets: int, rtp_offset: int
    ) -> RtcpSenderInfo | None:
        """Return what a sender report of ours says at `now`, or None before the publisher's first one."""
        if clock.offset is None or not self.ntp:
            return None
        behind = now - (self.ntp / (1 << 32) - NTP_EPOCH + clock.offset)
        return RtcpSenderInfo(
            ntp_timestamp=int((now + NTP_EPOCH) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF,
            rtp_timestamp=(self.rtp + int(behind * rate) + rtp_offset) & 0xFFFFFFFF,
            packet_count=packets & 0xFFFFFFFF,
            octet_count=octets & 0xFFFFFFFF,
        )
