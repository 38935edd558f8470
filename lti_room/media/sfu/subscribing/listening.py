"""What a subscriber tells us, and what follows from it: keyframes, packets again, its estimate."""

from collections.abc import Mapping, Sequence
from typing import Final

from lti_room.media.sfu.congestion.estimate import Estimate
from lti_room.media.sfu.congestion.holes import Holes
from lti_room.media.sfu.formats import feedback, rtcp
from lti_room.media.sfu.formats.feedback import Block, Part
from lti_room.media.sfu.formats.rtcp import NTP_EPOCH
from lti_room.media.sfu.forwarding.layer import Surroundings
from lti_room.media.sfu.subscribing.flow import Flow
from lti_room.media.sfu.subscribing.outflow import Outflow
from lti_room.media.sfu.subscribing.resend import Resender
from lti_room.media.sfu.transport.peer import Peer

LONGEST_ROUND_TRIP: Final = 5.0
BETWEEN_ANSWERS_SECONDS: Final = 0.5
"""Browsers say their time once a second for each picture; one answer serves all."""


class Listening:
    """Reads the RTCP of one subscriber. `flows` finds a flow by its media SSRC."""

    def __init__(
        self,
        peer: Peer,
        flows: Mapping[int, Flow],
        around: Surroundings,
        estimator: Estimate,
        resender: Resender,
        outflow: Outflow,
    ) -> None:
        self._peer = peer
        self._flows = flows
        self._around = around
        self._estimator = estimator
        self._resender = resender
        self._outflow = outflow
        self._holes: dict[int, Holes] = {}
        self._seen: dict[int, tuple[int, int]] = {}
        self._time_answered = float("-inf")

    def receive(self, data: bytes) -> None:
        """Take one decrypted compound."""
        now = self._around.now()
        for part in feedback.parts(data):
            if part.kind in {feedback.RECEIVER_REPORT, feedback.SENDER_REPORT}:
                self._take_reports(feedback.report_blocks(part), now)
            elif part.kind == feedback.TRANSPORT_FEEDBACK:
                self._take_transport(part, now)
            elif part.kind == feedback.PAYLOAD_FEEDBACK:
                self._take_payload(part, now)
            elif part.kind == feedback.EXTENDED_REPORT:
                self._answer_time(part, now)

    def _answer_time(self, part: Part, now: float) -> None:
        """Let a browser that sends nothing know its round trip: it repeats NACKs once in that time."""
        said = feedback.receiver_time(part)
        if said is not None and now - self._time_answered >= BETWEEN_ANSWERS_SECONDS:
            self._time_answered = now
            self._peer.send_rtcp(rtcp.time_answer(next(iter(self._flows), 0), *said, self._peer.waited))

    def _take_transport(self, part: Part, now: float) -> None:
        if part.format == feedback.NACK:
            flow = self._flows.get(part.media_ssrc)
            if flow is not None and flow.layer is not None and flow.track.kind == "video":
                self._repair(flow, feedback.lost_numbers(part), now)
        elif part.format == feedback.ARRIVALS:
            statuses = feedback.arrivals(part)
            samples = self._peer.samples.reported(statuses) if statuses is not None else []
            if samples:
                self._estimator.feedback(samples, now)
                self._estimator.unanswered(self._peer.samples.unanswered, now)

    def _repair(self, flow: Flow, numbers: Sequence[int], now: float) -> None:
        """Send again what a NACK names, unless a queue lost it. A picture that is paused begins anew."""
        found = [each for each in map(flow.down.find, numbers) if each is not None]
        missing = [packet.sequence + span.sequence for span, packet in found]
        if self._holes.setdefault(flow.down.ssrc, Holes()).torn(missing, now):
            self._estimator.torn(now)
            self._estimator.unanswered(self._peer.samples.unanswered, now)
        if self._estimator.draining(now):
            return
        sent = min(self._outflow.bits_per_second(now), self._estimator.available(now))
        self._resender.answer(flow.down, numbers, now, self._around.wall(), sent)

    def _take_payload(self, part: Part, now: float) -> None:
        limit = feedback.bandwidth(part)
        if limit is not None:
            self._estimator.remb(limit, now)
        for ssrc in feedback.wanted_keyframes(part):
            flow = self._flows.get(ssrc)
            layer = flow.layer if flow is not None else None
            if flow is not None and layer is not None and layer.open and flow.keyframes.take(1, now):
                layer.keyframes.request()

    def _take_reports(self, blocks: list[Block], now: float) -> None:
        expected = lost = 0
        for block in blocks:
            flow = self._flows.get(block.ssrc)
            if flow is None:
                continue
            left = _left_at(flow, block.highest & 0xFFFF)
            if left is not None:
                self._estimator.heard(left)
            before = self._seen.get(block.ssrc)
            self._seen[block.ssrc] = (block.highest, block.lost)
            if before is not None:
                expected += max(0, block.highest - before[0])
                lost += max(0, block.lost - before[1])
            self._measure_round_trip(block)
        if expected:
            self._estimator.loss(min(1.0, lost / expected), now)

    def _measure_round_trip(self, block: Block) -> None:
        if not block.last_report:
            return
        ntp = int((self._around.wall() + NTP_EPOCH) * 65536) & 0xFFFFFFFF
        seconds = (ntp - block.last_report & 0xFFFFFFFF) / 65536 - block.delay - self._peer.waited
        if 0 <= seconds < LONGEST_ROUND_TRIP:
            self._estimator.round_trip(seconds)
            self._resender.round_trip += (seconds - self._resender.round_trip) / 4


def _left_at(flow: Flow, number: int) -> float | None:
    """Return about when a picture's packet with this 16-bit number left; None: nobody knows any more."""
    found = flow.down.find(number) if flow.track.kind == "video" else None
    if found is None or flow.layer is None:
        return None
    span, packet = found
    behind = flow.down.newest_timestamp - packet.timestamp - span.time & 0xFFFFFFFF
    return flow.layer.last_at - behind / flow.layer.rate
