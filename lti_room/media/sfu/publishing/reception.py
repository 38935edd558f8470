"""What a receiver report says about one incoming stream: RFC 3550 sections 6.4.1, A.1, A.3 and A.8."""

from lti_room.media.sfu.formats.rtcp import RtcpReceiverInfo


class Reception:
    """Counts one SSRC's packets as they come; what a retransmission repairs stays lost in these figures."""

    def __init__(self, clock_rate: int) -> None:
        self._rate = clock_rate
        self._base: int | None = None
        self._highest = 0
        self._received = 0
        self._jitter = 0.0
        self._transit: float | None = None
        self._expected_before = 0
        self._received_before = 0
        self._report_ntp = 0
        self._report_at = 0.0

    def add(self, sequence: int, timestamp: int, now: float) -> None:
        """Count a packet that arrived at `now`."""
        self._received += 1
        if self._base is None:
            self._base = self._highest = sequence
        step = (sequence - self._highest) & 0xFFFF
        if step < 0x8000:
            self._highest += step
        transit = now * self._rate - timestamp
        if self._transit is not None:
            change = abs(transit - self._transit)
            if change < self._rate * 10:
                self._jitter += (change - self._jitter) / 16
        self._transit = transit

    def sender_reported(self, ntp: int, now: float) -> None:
        """Remember a sender report, for the round-trip fields."""
        self._report_ntp, self._report_at = (ntp >> 16) & 0xFFFFFFFF, now

    def report(self, ssrc: int, now: float) -> RtcpReceiverInfo | None:
        """Return the report block since the last one, or None while nothing came."""
        if self._base is None:
            return None
        expected = self._highest - self._base + 1
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self._received - self._received_before)
        self._expected_before, self._received_before = expected, self._received
        fraction = (lost_now << 8) // expected_now if expected_now > 0 and lost_now > 0 else 0
        return RtcpReceiverInfo(
            ssrc=ssrc,
            fraction_lost=min(fraction, 255),
            packets_lost=max(-(1 << 23), min(expected - self._received, (1 << 23) - 1)),
            highest_sequence=self._highest & 0xFFFFFFFF,
            jitter=int(self._jitter) & 0xFFFFFFFF,
            lsr=self._report_ntp,
            dlsr=int((now - self._report_at) * 65536) & 0xFFFFFFFF if self._report_ntp else 0,
        )
