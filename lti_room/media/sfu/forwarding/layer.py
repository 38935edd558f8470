"""One encoding of a published track, and the way of each packet from its arrival to the fan-out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lti_room.media.sfu.congestion.samples import Samples
from lti_room.media.sfu.formats import rtcp, rtp
from lti_room.media.sfu.forwarding.batch import Batch
from lti_room.media.sfu.forwarding.downtrack import DownTrack
from lti_room.media.sfu.forwarding.fanout import LONGEST_HEAD, Fanout, Outgoing, Rows
from lti_room.media.sfu.forwarding.history import PICTURE_PACKETS, SOUND_PACKETS, History
from lti_room.media.sfu.forwarding.keyframes import KeyframeRequests, Later
from lti_room.media.sfu.forwarding.meter import WIRE_OVERHEAD, Meter
from lti_room.media.sfu.sdp.common import OPUS_RATE, OPUS_TYPE, VIDEO_RATE, VP8_TYPE
from lti_room.media.sfu.transport.dtls import LARGEST_PACKET

LIVE_SECONDS: Final = 1.0
SAMPLE_SECONDS: Final = 0.15
"""How often the packets of a frame are counted, whole: how far apart they arrive says what a line carries."""
LONGEST_LEAP: Final = 3000
"""Numbers that may be missing between two packets: after more, down-tracks begin anew, without a hole.
libsrtp guesses a packet's roll-over from the one before; half the number space further it would guess wrong
and use a GCM nonce twice."""
LARGEST_PAYLOAD: Final = LARGEST_PACKET - LONGEST_HEAD
LATEST_BEGINNING: Final = 64
"""A keyframe's first packet that was repaired later than so many packets begins nothing any more."""


@dataclass(frozen=True)
class Surroundings:
    """What layers need from the worker: fan-out, timer, and both clocks (monotonic, and the epoch's)."""

    fanout: Fanout
    later: Later
    now: Callable[[], float]
    wall: Callable[[], float]


class Layer:
    """One SSRC and the down-tracks that receive it. Nothing goes on while `open` is false.

    `rank` 0 is the lowest layer of a track. `torn` while its publisher's line is too narrow for it. `packets`
    and `octets` count what went on to down-tracks, `newest` is the newest of it, `last_at` when the last
    packet came, monotonic seconds.
    """

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
        self.torn = False
        self.rate = VIDEO_RATE if video else OPUS_RATE
        self.clock = rtcp.StreamClock()
        self.keyframes = KeyframeRequests(ask_for_keyframe, around.now, around.later)
        self.history = History(PICTURE_PACKETS if video else SOUND_PACKETS)
        self.newest: Outgoing | None = None
        self.last_at = float("-inf")
        self.packets = 0
        self.octets = 0
        self._around = around
        self._video = video
        self._second = VP8_TYPE if video else OPUS_TYPE
        self._highest: int | None = None
        self._renumbering = rtp.Renumbering()
        self._meter = Meter()
        self._waiting: dict[DownTrack, bool] = {}
        self._active: dict[DownTrack, None] = {}
        self._rows: Rows | None = None
        self._batch = Batch(self._leave, around.later, trains=around.fanout.trains)
        self._newest_floor = 0
        self._next_sample = float("-inf")
        self._sampled: int | None = None

    @property
    def watched(self) -> bool:
        """Whether somebody is sent it, or waits for it."""
        return bool(self._active or self._waiting)

    def live(self, now: float) -> bool:
        """Whether a packet came within the last second."""
        return now - self.last_at < LIVE_SECONDS

    def bits_per_second(self, now: float) -> int:
        """Return what sending it to one subscriber takes on the wire, measured over the last second."""
        return self._meter.bits_per_second(now)

    def expect(self, down: DownTrack) -> None:
        """Begin a down-track at the next packet that can be its first: a keyframe, or any sound."""
        self._waiting[down] = True
        self.want_keyframe_for_waiting()

    def expect_back(self, down: DownTrack) -> None:
        """Begin a down-track when this layer flows again: it does so with a keyframe, none is asked for."""
        self._waiting[down] = False

    def forget(self, down: DownTrack) -> None:
        """Do not begin a down-track after all."""
        self._waiting.pop(down, None)

    def drop(self, down: DownTrack) -> None:
        """Stop sending to a down-track."""
        if down in self._active:
            self._batch.flush()
            down.pause()
            del self._active[down]
            self._rows = None

    def set_open(self, is_open: bool) -> None:
        """Let packets through, or hold them: then each down-track later goes on without a hole."""
        if self.open == is_open:
            return
        self.open = is_open
        if is_open:
            self.want_keyframe_for_waiting()
            return
        self._begin_anew()

    def rerouted(self) -> None:
        """Some subscriber's address or keys changed."""
        self._rows = None

    def want_keyframe_for_waiting(self) -> None:
        """Ask (again) for a keyframe while somebody waits for one."""
        if self._video and self.open and any(self._waiting.values()):
            self.keyframes.request()

    def receive(self, packet: rtp.Packet, now: float, level: int | None) -> None:
        """Take one packet of this layer and send it on, if the track is open."""
        if self._highest is None:
            self._highest = packet.sequence + 0x10000
        sequence = rtp.extend(packet.sequence, self._highest)
        self._highest = max(self._highest, sequence)
        if packet.payload_length == 0:
            self._renumbering.eat(sequence)
            return
        if packet.payload_length > LARGEST_PAYLOAD:
            return
        self.last_at = now
        self._meter.add(packet.payload_length + WIRE_OVERHEAD, now)
        sequence = self._renumbering.map(sequence)
        if self.open and self.watched:
            self._forward(packet, sequence, now, level)

    def _forward(self, packet: rtp.Packet, sequence: int, now: float, level: int | None) -> None:
        second = self._second | 0x80 if packet.marker else self._second
        payload = packet.data[packet.payload_start : packet.payload_end]
        if self._video:
            outgoing, may_begin = self._picture(second, sequence, packet.timestamp, payload, now)
        else:
            outgoing, may_begin = Outgoing(second, sequence, packet.timestamp, payload, level), True
        if not self.history.keep(outgoing):
            return
        if self.newest is not None and sequence > self.newest.sequence + LONGEST_LEAP:
            self._begin_anew()
        if self.newest is None or sequence > self.newest.sequence:
            self.newest = outgoing
        if self._waiting and may_begin and sequence > self.newest.sequence - LATEST_BEGINNING:
            self._begin(outgoing, now)
        if self._active:
            self._send(outgoing)

    def _send(self, outgoing: Outgoing) -> None:
        if self._rows is None:
            self._rows = self._rows_of(self._active)
            self._newest_floor = max(down.floor for down in self._active)
        rows = self._rows
        if outgoing.sequence < self._newest_floor:
            rows = self._rows_of(down for down in self._active if down.floor <= outgoing.sequence)
        self.packets += 1
        self.octets += len(outgoing.payload)
        if self._video:
            self._batch.add(rows, outgoing)
        else:
            self._leave(rows, (outgoing,))

    def _begin_anew(self) -> None:
        """Stop what is sent; it goes on behind what was sent, at the next packet that can be a first one."""
        for down in list(self._active):
            self.drop(down)
            if down.awaited is None:
                down.follow(self)

    def _leave(self, rows: Rows, packets: Sequence[Outgoing]) -> None:
        sizes = [len(packet.payload) + WIRE_OVERHEAD for packet in packets if packet.counted]
        if sizes:
            now = self._around.now()
            for row in rows.rows:
                if isinstance(row.transport, Samples):
                    row.transport.sent(row.transport.next, now, sizes)
        self._around.fanout.forward(rows, packets, self._around.wall())

    def _begin(self, outgoing: Outgoing, now: float) -> None:
        for down in [each for each in self._waiting if each.ready]:
            del self._waiting[down]
            down.begin(self, outgoing, now)
            self._active[down] = None
            self._rows = None

    def _rows_of(self, downs: Iterable[DownTrack]) -> Rows:
        rows = (down.row() for down in downs)
        return self._around.fanout.prepare(row for row in rows if row is not None)

    def _picture(
        self, second: int, sequence: int, timestamp: int, payload: bytes, now: float
    ) -> tuple[Outgoing, bool]:
        """Return a VP8 packet with where its picture numbers are, and whether a decoder can begin with it."""
        try:
            found = rtp.parse_vp8(payload)
        except rtp.MalformedPacket:
            return Outgoing(second, sequence, timestamp, payload), False
        if found.starts_frame and now >= self._next_sample:
            self._next_sample, self._sampled = now + SAMPLE_SECONDS, timestamp
        outgoing = Outgoing(
            second,
            sequence,
            timestamp,
            payload,
            None,
            timestamp == self._sampled,
            found.picture_id_at,
            found.picture_id,
            found.picture_id_wide,
            found.tl0_at,
            payload[found.tl0_at] if found.tl0_at else 0,
        )
        return outgoing, found.keyframe
