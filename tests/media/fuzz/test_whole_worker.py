"""Everything at once against a real worker process, with an innocent pair in the same room."""

import asyncio
import os
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pylibsrtp import Error as SrtpError

from lti_room.base.ids import RoomId
from lti_room.base.redis_client import Redis
from lti_room.media.backend import MediaError
from lti_room.media.sfu import messages
from tests.media.conftest import StartWorker
from tests.media.fuzz.chance import Dice, damaged, rounds
from tests.media.fuzz.checks import check, rearranged
from tests.media.fuzz.hostile_offer import SOURCES, hostile_offer
from tests.media.fuzz.knocker import Knocker, client_flights
from tests.media.fuzz.packets import Packets
from tests.media.fuzz.reports import Reports
from tests.media.fuzz.test_commands import twisted
from tests.media.fuzz.test_sdp import OFFERS
from tests.media.fuzz.test_sdp import damaged as damaged_offer
from tests.support.media import Publishing, Receiving, Scene, Signalling, WorkerProcess, endpoint, may_send
from tests.support.rtc_client import Remote, RtcClient

SECONDS = 5.0
LONGEST_SILENCE = 0.8
MOST_GROWTH = 24 * 1024 * 1024
"""Bytes of a worker's memory that a few seconds of all this may take: histories, queues, OpenSSL's caches."""


class Attack:
    """One worker under fire."""

    def __init__(self, worker: WorkerProcess, scene: Scene, redis: Redis, dice: Dice) -> None:
        self.worker = worker
        self.scene = scene
        self.redis = redis
        self.dice = dice
        self.until = time.monotonic() + rounds(1) * SECONDS
        self.hellos: list[bytes] = []

    @property
    def on(self) -> bool:
        return time.monotonic() < self.until

    async def from_nowhere(self, viewer: Receiving) -> None:
        """Send everything from addresses that proved nothing."""
        dice = self.dice
        assert viewer.offer is not None
        known = Remote.read(viewer.offer.sdp)
        port = known.address[1]
        with Knocker(port) as one, Knocker(port) as other:
            while self.on:
                for knocker in (one, other):
                    name = dice.choice((known.username, "nobodyAtAll1"))
                    good = check(name, "not-the-password-but-long-enough")
                    for data in (
                        good,
                        rearranged(dice, good),
                        damaged(dice, dice.choice(self.hellos)),
                        dice.randbytes(dice.choice((1, 2, 20, 200, 1400))),
                        bytes((0x80, dice.randrange(256))) + dice.randbytes(60),
                    ):
                        knocker.send(data)
                await asyncio.sleep(0.002)
            await asyncio.sleep(0.1)
            assert one.answers() + other.answers() == [], "nobody is answered"

    async def by_a_participant(self, name: str) -> None:
        """Publish, send hostile packets and reports for a while, go away without a word, begin again."""
        dice = self.dice
        backend = self.scene.backend
        while self.on:
            client = RtcClient(keep=False)
            answer = await asyncio.to_thread(
                backend.publish, endpoint(self.scene.room, name), hostile_offer(client), SOURCES
            )
            await client.connect(Remote.read(answer))
            packets, reports = Packets(dice), Reports(dice, (0x51000001, 0x5C000001))
            for _ in range(dice.randint(50, 150)):
                for _ in range(8):
                    with suppress(SrtpError, ValueError):  # too long, or a header that lies
                        client.send_rtp(packets.next())
                    with suppress(SrtpError, ValueError):
                        client.send_rtcp(reports.next())
                    client.send_raw(damaged(dice, dice.choice(self.hellos)))
                await asyncio.sleep(0.01)
            await client.close(quietly=dice.random() < 0.5)

    async def by_descriptions(self) -> None:
        """Offer and answer nonsense; what can be read makes a connection that never connects."""
        dice, backend = self.dice, self.scene.backend
        while self.on:
            who = endpoint(RoomId("r_elsewhere"), dice.choice(("p_x", "p_y")))
            text = damaged_offer(dice, dice.choice(OFFERS)).encode("utf-8", "replace").decode()
            with suppress(MediaError):
                await asyncio.to_thread(backend.publish, who, text, SOURCES)
            await asyncio.to_thread(backend.subscribe, who)
            await asyncio.to_thread(backend.answer, who, dice.randrange(1 << 30), text)
            await asyncio.sleep(0.02)

    async def by_commands(self) -> None:
        """Write into the worker's stream what no web process would."""
        while self.on:
            pipeline = self.redis.pipeline(transaction=False)
            for _ in range(5):
                fields: dict[Any, Any] = {messages.FIELD: twisted(self.dice)}
                pipeline.xadd(messages.inbox("0"), fields if self.dice.random() < 0.9 else {b"x": b"y"})
            await asyncio.to_thread(pipeline.execute)
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("fast_path", ["off", "auto"])
def test_an_innocent_pair_notices_nothing(
    start_worker: StartWorker, signalling: Signalling, redis: Redis, dice: Dice, fast_path: str
) -> None:
    worker = start_worker(LTI_ROOM_MEDIA_FAST_PATH=fast_path)

    async def scenario() -> None:
        async with Scene(signalling, "r_innocent") as scene:
            speaker = await scene.publish("p_innocent")
            hostile = ("p_evil1", "p_evil2")
            scene.grant({each: may_send() for each in ("p_innocent", *hostile)})
            viewer = await scene.receive("p_witness")
            scene.play(speaker, 600)
            await viewer.until(lambda: viewer.got("p_innocent", "microphone"), 10)
            attack = Attack(worker, scene, redis, dice)
            attack.hellos = await client_flights()
            before = _resident_bytes(worker)
            begun = time.monotonic()
            await asyncio.gather(
                attack.from_nowhere(viewer),
                *(attack.by_a_participant(each) for each in hostile),
                attack.by_descriptions(),
                attack.by_commands(),
            )
            _heard_everything(speaker, viewer, begun)
            assert _resident_bytes(worker) - before < MOST_GROWTH

    asyncio.run(scenario())
    assert worker.stop() == 0
    _log_is_calm(worker.log())


def _heard_everything(speaker: Publishing, viewer: Receiving, begun: float) -> None:
    sound = [packet for packet in viewer.got("p_innocent", "microphone") if packet.at > begun]
    numbers = [packet.sequence for packet in sound]
    assert numbers == [numbers[0] + n & 0xFFFF for n in range(len(numbers))], "some sound was lost"
    assert speaker.microphone.timestamp - sound[-1].timestamp < 48_000, "sound goes on"
    silence = max(later.at - earlier.at for earlier, later in pairwise(sound))
    assert silence < LONGEST_SILENCE, f"silence for {silence:.2f} s"
    picture = [packet.sequence for packet in viewer.got("p_innocent", "camera") if packet.at > begun]
    assert picture == [picture[0] + n & 0xFFFF for n in range(len(picture))], "some picture was lost"


def _resident_bytes(worker: WorkerProcess) -> int:
    pages = Path(f"/proc/{worker.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _log_is_calm(log: str) -> None:
    """Unreadable commands are told, sparingly; nothing else may be a warning, let alone an exception."""
    lines = [line for line in log.splitlines() if '"level": "INFO"' not in line]
    unexpected = [line for line in lines if "a command could not be read" not in line]
    assert unexpected == []
    assert len(lines) < 10, "the log is not flooded"
