"""Media workers as processes of their own, and the backend with its events collected."""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from lti_room.base.entropy import new_id
from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.media.backend import (
    Endpoint,
    GrantRow,
    GrantTable,
    MediaEvent,
    MediaSource,
    Speaking,
    SubscribeOffer,
)
from lti_room.media.sfu import messages
from lti_room.media.sfu.backend import SfuBackend
from tests.support.rtc_client import Arrived, Remote, RtcClient, Stream, play
from tests.support.stack import handed_on, wait_until

_RUN = """
import sys
from lti_room.base.settings import load
from lti_room.media.sfu.worker import run
run(load(), int(sys.argv[1]))
"""
MICROPHONE_AND_CAMERA = frozenset({MediaSource.MICROPHONE, MediaSource.CAMERA})


class WorkerProcess:
    """One media worker on a free UDP port of 127.0.0.1."""

    def __init__(
        self, settings: Settings, folder: Path, index: int = 0, more: Mapping[str, str] | None = None
    ) -> None:
        self.index = index
        self._log = folder / f"media{index}.log"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LTI_ROOM_")}
        self._environment = {
            **clean,
            **handed_on(),
            "LTI_ROOM_DEVELOPMENT": "1",
            "LTI_ROOM_DATA": str(settings.data),
            "LTI_ROOM_REDIS_URL": settings.effective_redis_url,
            "LTI_ROOM_MEDIA_BIND": "127.0.0.1:0",
            **(more or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process (again)."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _RUN, str(self.index)], env=self._environment, stdout=log, stderr=log
            )

    def wait_ready(self, redis: Redis, seconds: float = 15.0) -> messages.WorkerRecord:
        """Wait for a record with another incarnation than the last one seen here."""
        known = getattr(self, "_incarnation", "")

        def look() -> messages.WorkerRecord | None:
            assert self._process is not None
            assert self._process.poll() is None, self.log()
            data = redis.hget(messages.WORKERS_KEY, str(self.index))
            record = messages.WorkerRecord.decode(bytes(data)) if isinstance(data, bytes) else None
            return record if record and record.incarnation != known else None

        record = wait_until(look, seconds, "the worker announces itself")
        assert record is not None
        self._incarnation = record.incarnation
        return record

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        """What the worker wrote to its log."""
        return self._log.read_text()

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """SIGTERM; return the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(10)


class Signalling:
    """A backend, and everything it delivered."""

    def __init__(self, redis: Redis, url: str) -> None:
        self.backend = SfuBackend(redis, url, "w_test")
        self._redis = redis
        self._ended = False
        self.events: list[MediaEvent] = []
        self.arrived: list[float] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(SystemExit):
            self.backend.run(self._take)

    def close(self) -> None:
        """End the thread: the next event finds a sink that gives up."""
        self._ended = True
        bait = messages.encode_event(Speaking(RoomId("r_end"), ()))
        workers: Iterable[Any] = self._redis.hkeys(messages.WORKERS_KEY)
        for worker in workers:
            self._redis.xadd(messages.outbox(bytes(worker).decode()), {messages.FIELD: bait})
        self._thread.join(1.0)

    def _take(self, event: MediaEvent) -> None:
        if self._ended:
            raise SystemExit
        self.arrived.append(time.monotonic())
        self.events.append(event)

    def offers(self, connection: ConnectionId) -> list[SubscribeOffer]:
        """Return the offers for a page, repeats left out."""
        mine = [e for e in self.events if isinstance(e, SubscribeOffer) and e.connection == connection]
        return list({offer.number: offer for offer in mine}.values())


def endpoint(room: RoomId, participant: str | None = None) -> Endpoint:
    """Return a page of a participant."""
    who = ParticipantId(participant or new_id("p"))
    return Endpoint(room, who, ConnectionId(new_id("c")))


def table(room: RoomId, version: int, rows: Mapping[str, GrantRow]) -> GrantTable:
    """Return a grant table."""
    return GrantTable(room, version, {ParticipantId(who): row for who, row in rows.items()})


def may_send(*sources: MediaSource, off: frozenset[MediaSource] = frozenset()) -> GrantRow:
    """Return a row that grants these sources; none given: microphone and camera."""
    return GrantRow(frozenset(sources) or MICROPHONE_AND_CAMERA, off)


class Scene:
    """The clients of one test, in one room; all are closed at its end."""

    def __init__(self, signalling: Signalling, room: str = "r_scene") -> None:
        self.signalling = signalling
        self.backend = signalling.backend
        self.room = RoomId(room)
        self._version = 0
        self._clients: list[Publishing | Receiving] = []
        self._playing: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Scene":
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._playing:
            task.cancel()
        await asyncio.gather(*self._playing, return_exceptions=True)
        for client in self._clients:
            await client.close()

    def play(self, publishing: "Publishing", seconds: float) -> asyncio.Task[None]:
        """Let somebody send while the test goes on."""
        task = asyncio.create_task(publishing.play(seconds))
        self._playing.append(task)
        return task

    def grant(self, rows: Mapping[str, GrantRow]) -> None:
        """Put a newer grant table in force."""
        self._version += 1
        self.backend.grant(table(self.room, self._version, rows))

    async def publish(self, participant: str | None = None, *, announced: bool = True) -> "Publishing":
        """Let a participant publish."""
        client = Publishing(self.signalling, endpoint(self.room, participant), announced=announced)
        self._clients.append(client)
        await client.connect()
        return client

    async def receive(self, participant: str | None = None) -> "Receiving":
        """Let a participant subscribe."""
        client = Receiving(self.signalling, endpoint(self.room, participant))
        self._clients.append(client)
        await client.connect()
        return client


class Publishing:
    """A participant that sends with `RtcClient`."""

    def __init__(self, signalling: Signalling, who: Endpoint, *, announced: bool = True) -> None:
        self.who = who
        self.client = RtcClient()
        self.microphone = Stream(audio=True, mid="0", announced=announced)
        self.camera = Stream(audio=False, mid="1", announced=announced)
        self._signalling = signalling

    async def connect(self) -> "Publishing":
        """Publish microphone and camera and wait for the connection."""
        offer = self.client.publish_offer({"0": self.microphone, "1": self.camera})
        sources = {"0": MediaSource.MICROPHONE, "1": MediaSource.CAMERA}
        answer = await asyncio.to_thread(self._signalling.backend.publish, self.who, offer, sources)
        await self.client.connect(Remote.read(answer))
        return self

    @property
    def me(self) -> ParticipantId:
        """The participant."""
        return self.who.participant

    async def close(self) -> None:
        """Go away."""
        await self.client.close()

    async def play(self, seconds: float) -> None:
        """Send both streams."""
        await play(self.client, [self.microphone, self.camera], seconds)


class Receiving:
    """A participant that receives with `RtcClient` and answers every offer."""

    def __init__(self, signalling: Signalling, who: Endpoint, *, keep: bool = True) -> None:
        self.who = who
        self.client = RtcClient(keep=keep)
        self.offer: SubscribeOffer | None = None
        self._signalling = signalling
        self._answering: asyncio.Task[None] | None = None
        self._ssrcs: dict[tuple[str, str], list[int]] = {}

    async def connect(self) -> "Receiving":
        """Subscribe, answer the first offer, connect, and go on answering."""
        await asyncio.to_thread(self._signalling.backend.subscribe, self.who)
        await self.until(lambda: self._signalling.offers(self.who.connection))
        await self._answer()
        assert self.offer is not None
        await self.client.connect(Remote.read(self.offer.sdp))
        self._answering = asyncio.create_task(self._keep_answering())
        return self

    async def close(self) -> None:
        """Go away."""
        if self._answering is not None:
            self._answering.cancel()
            await asyncio.gather(self._answering, return_exceptions=True)
        await self.client.close()

    def got(self, participant: str, source: str) -> list[Arrived]:
        """Return what arrived of a source, under all SSRCs it ever had."""
        ssrcs = self._ssrcs.get((participant, source), [])
        return [packet for ssrc in ssrcs for packet in self.client.received[ssrc].packets]

    def ssrc(self, participant: str, source: str) -> int:
        """Return the SSRC a source has now."""
        return self._ssrcs[participant, source][-1]

    @property
    def repairs(self) -> Mapping[int, int]:
        """The SSRCs under which lost packets come again, and those they belong to."""
        return Remote.read(self.offer.sdp).repairs if self.offer else {}

    def total(self) -> int:
        """Return how many packets arrived at all."""
        return sum(entry.count for entry in self.client.received.values())

    @property
    def shown(self) -> set[tuple[str, str]]:
        """What the newest offer shows."""
        return {(who, source) for who, source in (self.offer.tracks if self.offer else {}).values()}

    @staticmethod
    async def until(look: Callable[[], object], seconds: float = 5.0, what: str = "") -> None:
        """Poll until `look` returns something true."""
        deadline = time.monotonic() + seconds
        while not look():
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
            await asyncio.sleep(0.01)

    async def _answer(self) -> None:
        self.offer = self._signalling.offers(self.who.connection)[-1]
        by_mid = {mid: ssrc for ssrc, mid in Remote.read(self.offer.sdp).ssrcs.items()}
        for mid, shown in self.offer.tracks.items():
            known = self._ssrcs.setdefault(shown, [])
            if by_mid[mid] not in known:
                known.append(by_mid[mid])
        sdp = self.client.subscribe_answer(self.offer.sdp)
        await asyncio.to_thread(self._signalling.backend.answer, self.who, self.offer.number, sdp)

    async def _keep_answering(self) -> None:
        while True:
            offers = self._signalling.offers(self.who.connection)
            if self.offer is not None and offers[-1].number != self.offer.number:
                await self._answer()
            await asyncio.sleep(0.01)
