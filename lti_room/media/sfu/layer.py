"""One encoding of a published track, and the way of each packet from its arrival to the fan-out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lti_room.media.sfu import rtcp, rtp
from lti_room.media.sfu.downtrack import DownTrack
from lti_room.media.sfu.fanout import Fanout, Outgoing, Rows
from lti_room.media.sfu.keyframes import KeyframeRequests, Later
from lti_room.media.sfu.sdp.common import OPUS_RATE, OPUS_TYPE, VIDEO_RATE, VP8_TYPE


@dataclass(frozen=True)
class Surroundings:
    """What layers need from the worker: fan-out, timer, and both clocks (monotonic, and the epoch's)."""

    fanout: Fanout
    later: Later
    now: Callable[[], float]
    wall: Callable[[], float]


class Layer:
    """One SSRC and the down-tracks that receive it. Nothing goes on while `open` is false."""

    def __init__(
        self,
        ssrc: int,
        *,
        video: bool,
        rid: str,
        rank: int,
        ask_for_keyframe: Callable[[], None],
        around: Surroundings,
    ) -> None:
        self.ssrc = ssrc
        self.rid = rid
        self.rank = rank
        self.open = False
        self.rate = VIDEO_RATE if video else OPUS_RATE
        self.clock = rtcp.StreamClock()
        self.keyframes = KeyframeRequests(ask_for_keyframe, around.now, around.later)
        self._around = around
        self._video = video
        self._second = VP8_TYPE if self._video else OPUS_TYPE
        self._highest: int | None = None
        self._newest = 0
        self._renumbering = rtp.Renumbering()
        self._waiting: list[DownTrack] = []
        self._active: list[DownTrack] = []
        self._rows = around.fanout.prepare(())
        self._newest_floor = 0
        self._packets = 0
        self._octets = 0

    def add(self, down: DownTrack) -> None:
        """Send to a down-track from the next packet that can be its first: a keyframe, or any sound."""
        if down not in self._waiting and down not in self._active:
            self._waiting.append(down)
            if self._video and self.open:
                self.keyframes.request()

    def remove(self, down: DownTrack) -> None:
        """Stop sending to a down-track."""
        if down in self._waiting:
            self._waiting.remove(down)
        elif down in self._active:
            self._settle()
            down.pause(self._newest)
            self._active.remove(down)
            self._build_rows()

    def set_open(self, is_open: bool) -> None:
        """Let packets through, or hold them: then each down-track later goes on without a hole."""
        if self.open == is_open:
            return
        self.open = is_open
        if is_open:
            self.want_keyframe_for_waiting()
            return
        self._settle()
        for down in self._active:
            down.pause(self._newest)
        self._waiting += self._active
        self._active.clear()
        self._build_rows()

    def rerouted(self) -> None:
        """Some subscriber's address or keys changed."""
        self._build_rows()

    def want_keyframe_for_waiting(self) -> None:
        """Ask (again) for a keyframe while somebody waits for one."""
        if self._video and self._waiting and self.open:
            self.keyframes.request()

    def counted(self, down: DownTrack) -> tuple[int, int]:
        """Return the packets and octets a down-track was sent."""
        self._settle()
        return down.packets, down.octets

    def receive(self, packet: rtp.Packet, now: float, level: int | None) -> None:
        """Take one packet of this layer and send it on, if the track is open."""
        if self._highest is None:
            self._highest = packet.sequence + 0x10000
        sequence = rtp.extend(packet.sequence, self._highest)
        self._highest = max(self._highest, sequence)
        if packet.payload_length == 0:
            self._renumbering.eat(sequence)
        elif self.open:
            self._forward(packet, self._renumbering.map(sequence), level)

    def _forward(self, packet: rtp.Packet, sequence: int, level: int | None) -> None:
        if self._waiting and (not self._video or self._is_keyframe(packet)):
            self._begin(sequence)
        if not self._active:
            return
        rows = self._rows
        if sequence < self._newest_floor:
            rows = self._rows_of(down for down in self._active if down.floor <= sequence)
        self._newest = max(self._newest, sequence)
        self._packets += 1
        self._octets += packet.payload_length
        second = self._second | 0x80 if packet.marker else self._second
        payload = packet.data[packet.payload_start : packet.payload_end]
        outgoing = Outgoing(second, sequence, packet.timestamp, payload, level)
        self._around.fanout.forward(rows, (outgoing,), self._around.wall())

    def _begin(self, sequence: int) -> None:
        ready = [down for down in self._waiting if down.ready]
        if not ready:
            return
        self._settle()
        for down in ready:
            down.begin(sequence)
        self._waiting = [down for down in self._waiting if down not in ready]
        self._active += ready
        self._newest = max(self._newest, sequence)
        self._newest_floor = max(self._newest_floor, sequence)
        self._build_rows()

    def _settle(self) -> None:
        if not self._packets:
            return
        for down in self._active:
            down.packets += self._packets
            down.octets += self._octets
        self._packets = self._octets = 0

    def _build_rows(self) -> None:
        self._rows = self._rows_of(self._active)

    @staticmethod
    def _is_keyframe(packet: rtp.Packet) -> bool:
        try:
            return rtp.parse_vp8(packet.data[packet.payload_start : packet.payload_end]).keyframe
        except rtp.MalformedPacket:
            return False

    def _rows_of(self, downs: Iterable[DownTrack]) -> Rows:
        rows = (down.row() for down in downs)
        return self._around.fanout.prepare(row for row in rows if row is not None)
