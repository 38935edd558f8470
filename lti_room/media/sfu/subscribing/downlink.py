"""What one client receives: m-lines that keep their place for ever, one outstanding offer, one counter."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from lti_room.base.entropy import random_bits
from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId
from lti_room.media.backend import Endpoint, MediaSource, SubscribeOffer
from lti_room.media.sfu.congestion.estimate import Estimate
from lti_room.media.sfu.congestion.silence import Unanswered
from lti_room.media.sfu.formats import rtcp
from lti_room.media.sfu.forwarding.downtrack import DownTrack
from lti_room.media.sfu.forwarding.keyframes import Timer
from lti_room.media.sfu.forwarding.layer import Surroundings
from lti_room.media.sfu.publishing.track import Track
from lti_room.media.sfu.sdp.common import Transport
from lti_room.media.sfu.sdp.subscribe import (
    OfferedMedia,
    OfferedStream,
    read_subscribe_answer,
    write_subscribe_offer,
)
from lti_room.media.sfu.subscribing.flow import Flow, StreamState
from lti_room.media.sfu.subscribing.listening import Listening
from lti_room.media.sfu.subscribing.outflow import Outflow
from lti_room.media.sfu.subscribing.resend import Resender
from lti_room.media.sfu.transport.peer import Ground, Peer

COALESCE_SECONDS: Final = 0.015
REPEAT_SECONDS: Final = 3.0


@dataclass
class _Line:
    """One m-line. It may be given to another track once an answer agreed that it is inactive."""

    mid: str
    kind: str
    flow: Flow | None = None
    free: bool = False


class DownlinkOwner(Protocol):
    """What a room wants to know of a downlink."""

    def offer(self, offer: SubscribeOffer) -> None:
        """Send an offer to the page."""

    def downlink_closed(self, downlink: "Downlink", reason: str) -> None:
        """Its peer connection ended."""


class Downlink:
    """A subscribing peer connection."""

    def __init__(
        self,
        who: Endpoint,
        ground: Ground,
        announce: Callable[[Peer], Transport],
        around: Surroundings,
        owner: DownlinkOwner,
    ) -> None:
        self.who = who
        self.peer = Peer(ground, self)
        self._transport = announce(self.peer)
        self._around = around
        self._owner = owner
        self._lines = [_Line("0", "audio", free=True), _Line("1", "video", free=True)]
        self._flows: dict[Track, Flow] = {}
        self._by_ssrc: dict[int, Flow] = {}
        self._ssrcs: set[int] = set()
        self.estimator = Estimate()
        resender = Resender(self.peer)
        self._outflow = Outflow(self._by_ssrc, resender, around)
        self._listening = Listening(self.peer, self._by_ssrc, around, self.estimator, resender, self._outflow)
        self._number = random_bits(30)
        self._outstanding: tuple[int, list[Flow | None]] | None = None
        self._last_offer: SubscribeOffer | None = None
        self._dirty = True
        self._timer: Timer | None = None
        self._schedule()

    def show(self, track: Track, clock: rtcp.SenderClock) -> None:
        """Offer a track to this subscriber."""
        if track in self._flows:
            return
        flow = Flow(track, DownTrack(self.peer, self._new_ssrc(), self._new_ssrc()), clock)
        line = next((each for each in self._lines if each.free and each.kind == track.kind), None)
        if line is None:
            line = _Line(str(len(self._lines)), track.kind)
            self._lines.append(line)
        line.flow, line.free = flow, False
        self._flows[track] = self._by_ssrc[flow.down.ssrc] = flow
        self._changed()

    def hide(self, track: Track) -> None:
        """Stop sending a track at once, and make its m-line inactive."""
        flow = self._flows.pop(track, None)
        if flow is None:
            return
        flow.down.follow(None)
        self._outflow.forget(flow)
        self._by_ssrc.pop(flow.down.ssrc, None)
        for line in self._lines:
            if line.flow is flow:
                line.flow = None
        self._changed()

    def choose(self, track: Track, rank: int | None) -> None:
        """Set the layer that is wanted of a track: a lower one is sent while it cannot be had. None: nothing.

        The layer that is sent goes on until the other one's keyframe is there; None stops at once.
        """
        flow = self._flows.get(track)
        if flow is not None and flow.wanted != rank:
            flow.wanted = rank
            flow.steer()

    def steer(self, track: Track) -> None:
        """Some layer of a track stopped, or came back."""
        flow = self._flows.get(track)
        if flow is not None:
            flow.steer()

    def streams(self) -> list[StreamState]:
        """Return what is sent, and wanted, of every track the page agreed to."""
        return [flow.state for flow in self._flows.values() if flow.agreed]

    def sent_bits_per_second(self, now: float) -> int:
        """Return what goes to this subscriber, measured over the last second; asked ten times a second."""
        return self._outflow.bits_per_second(now)

    def unanswered(self) -> Unanswered:
        """Return what nothing was heard of yet of the counted packets."""
        return self.peer.samples.unanswered

    def unanswered_since(self) -> float:
        """Return when the oldest of those left; infinity when there is none."""
        return self.peer.samples.oldest

    def send_padding(self, octets: int) -> None:
        """Send a cluster of counted packets, so many octets on the wire, to see how fast it comes through."""
        self._outflow.pad(octets)

    def answer(self, number: int, sdp: str) -> None:
        """Take the answer to offer `number`; one to an older offer is ignored, a malformed one closes."""
        if self._outstanding is None or self._outstanding[0] != number:
            return
        offered = self._outstanding[1]
        try:
            agreed = read_subscribe_answer(sdp, len(offered))
        except AppError:
            self.peer.close("bad_answer")
            return
        self.peer.expect(list(agreed.fingerprints))
        for line, flow in zip(self._lines, offered, strict=False):
            if flow is None:
                line.free = line.flow is None
            elif line.flow is flow and line.mid in agreed.receiving:
                flow.agreed = True
        self._outstanding = None
        self._stop_timer()
        self._attach()
        if self._dirty:
            self._schedule()

    def report(self, wall: float) -> None:
        """Send a sender report for every stream."""
        compound = b""
        for flow in self._flows.values():
            compound += flow.report(wall)
            if len(compound) > rtcp.LARGEST_COMPOUND - 100:
                self.peer.send_rtcp(compound)
                compound = b""
        if compound:
            self.peer.send_rtcp(compound)

    def receive_rtp(self, data: bytes) -> None:
        """A subscriber sends no media; what comes is dropped."""

    def receive_rtcp(self, data: bytes) -> None:
        """Take what the subscriber tells."""
        self._listening.receive(data)

    def peer_connected(self) -> None:
        """Start what was agreed."""
        self._attach()

    def peer_rerouted(self) -> None:
        """Let the layers send to the new address."""
        for flow in self._flows.values():
            if flow.layer is not None:
                flow.layer.rerouted()

    def peer_closed(self, reason: str) -> None:
        """Take all down-tracks from their layers and tell the room."""
        self._stop_timer()
        for flow in self._flows.values():
            flow.down.follow(None)
        self._flows.clear()
        self._by_ssrc.clear()
        self._owner.downlink_closed(self, reason)

    def _new_ssrc(self) -> int:
        """Return an SSRC this connection never used: one key, one SSRC, one numbering."""
        while (ssrc := random_bits(32)) in self._ssrcs or not ssrc:
            pass
        self._ssrcs.add(ssrc)
        return ssrc

    def _attach(self) -> None:
        for flow in self._flows.values():
            flow.steer()

    def _changed(self) -> None:
        self._dirty = True
        if self._outstanding is None:
            self._schedule()

    def _schedule(self) -> None:
        if self._timer is None and not self.peer.closed:
            self._timer = self._around.later(COALESCE_SECONDS, self._offer)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _offer(self) -> None:
        self._dirty = False
        self._number += 1
        media = [OfferedMedia(line.mid, line.kind, _stream(line.flow)) for line in self._lines]
        shown: dict[str, tuple[ParticipantId, MediaSource]] = {
            line.mid: (line.flow.track.participant, line.flow.track.source)
            for line in self._lines
            if line.flow
        }
        sdp = write_subscribe_offer(media, self._transport, self._number)
        self._outstanding = (self._number, [line.flow for line in self._lines])
        self._last_offer = SubscribeOffer(self.who.connection, self._number, sdp, shown)
        self._send_offer()

    def _send_offer(self) -> None:
        """Send the outstanding offer, again until it is answered: the way to the page may lose it."""
        if self._last_offer is not None and not self.peer.closed:
            self._owner.offer(self._last_offer)
            self._timer = self._around.later(REPEAT_SECONDS, self._send_offer)


def _stream(flow: Flow | None) -> OfferedStream | None:
    if flow is None:
        return None
    return OfferedStream(flow.track.participant, flow.track.source, flow.down.ssrc, flow.down.resend_ssrc)
