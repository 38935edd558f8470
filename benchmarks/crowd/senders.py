"""The process of those who publish: real connections, synthetic packets, sent in time.

It says `ready` once all are connected and sending, answers `report` with when it really sent, and ends with
its standard input. Keyframes follow a PLI with the next frame.
"""

import argparse
import asyncio
import gc
import heapq
import json
import os
import select
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from struct import unpack_from
from typing import Final

from benchmarks.crowd.client import GivenAway
from benchmarks.crowd.counting import Gaps
from benchmarks.crowd.post import ForPage, Post
from benchmarks.crowd.sources import LAYERS, Encoding, Numbers, Voice, offer
from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.media.backend import Endpoint, LayersWanted, MediaSource
from lti_room.media.sfu.transport.dtls import Cipher, new_certificate
from tests.support.rtc_client import Remote

_VOICE_MID, _CAMERA_MID = "0", "1"
_READ_SECONDS: Final = 0.02
_CONSENT_SECONDS: Final = 5.0
_PSFB: Final = 206
_PLI: Final = 1


@dataclass
class Publisher:
    """One connected page that sends."""

    client: GivenAway
    cipher: Cipher
    line: socket.socket
    voice: Voice
    cameras: list[Encoding]

    def heard(self, event: ForPage) -> None:
        """Send only the encodings that somebody watches, as the room's pages do."""
        if isinstance(event, LayersWanted):
            for camera in self.cameras:
                camera.activate(camera.profile.rid in event.active.get(MediaSource.CAMERA, ()))

    def send(self, packets: list[bytes]) -> None:
        """Encrypt and send."""
        for packet in packets:
            with suppress(BlockingIOError, ConnectionError):
                self.line.send(self.cipher.protect(packet))

    def read(self) -> None:
        """Take what the server wants: only keyframe requests matter here."""
        with suppress(BlockingIOError, ConnectionError):
            while True:
                data = self.line.recv(2048)
                if len(data) > 12 and data[1] == _PSFB and data[0] & 31 == _PLI:
                    plain = self.cipher.unprotect_rtcp(data)
                    wanted = unpack_from("!I", plain, 8)[0] if plain else 0
                    for camera in self.cameras:
                        camera.keyframe = camera.keyframe or camera.ssrc == wanted


async def connect_all(
    redis_url: str, room: RoomId, names: list[str], rids: list[str], loud: int
) -> list[Publisher]:
    """Publish for every name."""
    post, certificate = Post(redis_url, "w_senders"), new_certificate()
    made = []
    for n, name in enumerate(names):
        client = GivenAway(certificate, keep=False)
        sources = {_VOICE_MID: MediaSource.MICROPHONE, _CAMERA_MID: MediaSource.CAMERA}
        text = offer(client.sdp_transport("actpass"), _VOICE_MID, _CAMERA_MID, rids)
        who = Endpoint(room, ParticipantId(name), ConnectionId(f"c_{name}"))
        answer = await asyncio.to_thread(post.backend.publish, who, text, sources)
        await client.connect(Remote.read(answer))
        assert client.cipher is not None
        numbers = Numbers()
        # A server that knows no simulcast is sent one encoding only, as browsers do.
        agreed = rids if "a=simulcast:recv" in answer else rids[-1:]
        cameras = [Encoding(_CAMERA_MID, LAYERS[rid], numbers) for rid in agreed]
        voice = Voice(_VOICE_MID, loud=n < loud)
        publisher = Publisher(client, client.cipher, client.give_away(), voice, cameras)
        post.listen(who.connection, publisher.heard)
        made.append(publisher)
    return made


class Sending:
    """The loop that sends everything when it is due."""

    def __init__(self, publishers: list[Publisher]) -> None:
        self._publishers = publishers
        self._gaps = Gaps()
        self._packets = 0
        began = time.monotonic()
        sources: list[tuple[Publisher, Voice | Encoding]] = []
        for each in publishers:
            sources += [(each, each.voice), *((each, camera) for camera in each.cameras)]
        # Nobody begins at the same moment as all others, nor sends in their rhythm.
        self._due = [(began + n / len(sources) * 0.05, n) for n in range(len(sources))]
        heapq.heapify(self._due)
        self._sources = sources
        self._voiced = [0.0] * len(sources)

    def run(self, control: int) -> None:
        """Send until `control` ends."""
        read_at = consent_at = time.monotonic()
        while True:
            now = time.monotonic()
            if select.select([control], [], [], max(0.0, min(self._due[0][0] - now, _READ_SECONDS)))[0]:
                if not os.read(control, 4096):
                    return
                self._report()
            self._send_due()
            if now - read_at >= _READ_SECONDS:
                read_at = now
                for each in self._publishers:
                    each.read()
            if now - consent_at >= _CONSENT_SECONDS:
                consent_at = now
                for each in self._publishers:
                    with suppress(BlockingIOError, ConnectionError):
                        each.line.send(each.client.binding_request())

    def _send_due(self) -> None:
        now = time.monotonic()
        while self._due[0][0] <= now:
            due, n = self._due[0]
            publisher, source = self._sources[n]
            heapq.heapreplace(self._due, (due + source.interval, n))
            packets = source.packets()
            publisher.send(packets)
            self._packets += len(packets)
            if isinstance(source, Voice) and source.loud:
                if self._voiced[n]:
                    self._gaps.add(now - self._voiced[n])
                self._voiced[n] = now

    def _report(self) -> None:
        """Print what happened since the last time."""
        said = {
            "packets": self._packets,
            "longest": self._gaps.longest,
            "within": self._gaps.share_within(0.06),
            "cpu": time.process_time(),
        }
        self._packets = 0
        self._gaps.clear()
        print(json.dumps(said), flush=True)


def main() -> None:
    """Be the process of the publishers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("redis_url")
    parser.add_argument("room")
    parser.add_argument("names", help="participants, comma separated")
    parser.add_argument("--rids", default="l,m,h")
    parser.add_argument("--loud", type=int, default=3, help="how many of them speak")
    asked = parser.parse_args()
    rids = asked.rids.split(",")
    connecting = connect_all(asked.redis_url, RoomId(asked.room), asked.names.split(","), rids, asked.loud)
    publishers = asyncio.run(connecting)
    with suppress(PermissionError):  # in time, as microphones are
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    gc.disable()
    print("ready", flush=True)
    Sending(publishers).run(sys.stdin.fileno())
    os._exit(0)  # the tail of the event stream may block for a second more


if __name__ == "__main__":
    main()
