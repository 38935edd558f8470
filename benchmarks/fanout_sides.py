"""The servers that are compared, each with its publisher and its subscribers connected."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.crowd.client import GivenAway
from benchmarks.fanout_audience import Audience, Watcher
from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.base.redis_client import connect
from lti_room.base.redis_server import EmbeddedRedis
from lti_room.base.settings import load
from lti_room.media.backend import Endpoint, GrantRow, GrantTable, MediaSource, SubscribeOffer
from lti_room.media.sfu.transport.dtls import new_certificate
from tests.support import janus
from tests.support.media import Signalling, WorkerProcess
from tests.support.rtc_client import Remote, RtcClient, Stream, play

PARALLEL_JOINS: Final = 16
FIRST_PLAY_SECONDS: Final = 0.3
_ROOM: Final = RoomId("r_bench")


@dataclass(frozen=True)
class Side:
    """One running server: its process, who publishes, who watches."""

    pid: int
    publisher: RtcClient
    streams: list[Stream]
    watchers: list[Watcher]

    @property
    def sent(self) -> int:
        """Packets the publisher sent so far."""
        return sum(stream.sent for stream in self.streams)

    @property
    def came(self) -> int:
        """Packets all watchers got so far."""
        return sum(watcher.came for watcher in self.watchers)


def _streams() -> dict[str, Stream]:
    return {"0": Stream(audio=True, mid="0"), "1": Stream(audio=False, mid="1")}


async def _join(
    count: int,
    audience: Audience,
    connect_one: Callable[[GivenAway], Awaitable[None]],
    *,
    feedback: bool = False,
) -> list[Watcher]:
    certificate = new_certificate()
    gate = asyncio.Semaphore(PARALLEL_JOINS)

    async def one() -> Watcher:
        client = GivenAway(certificate, keep=False)
        async with gate:
            await connect_one(client)
        return audience.add(client, feedback=feedback)

    return list(await asyncio.gather(*(one() for _ in range(count))))


@asynccontextmanager
async def ours(
    subscribers: int, audience: Audience, folder: Path, more: Mapping[str, str], *, feedback: bool = False
) -> AsyncIterator[Side]:
    """Our worker with these settings; `feedback`: its subscribers answer transport-wide numbers."""
    settings = load({"LTI_ROOM_DEVELOPMENT": "1", "LTI_ROOM_DATA": str(folder / "data")})
    with EmbeddedRedis(settings):
        redis = connect(settings.effective_redis_url)
        worker = WorkerProcess(settings, folder, more=more)
        worker.start()
        signalling = Signalling(redis, settings.effective_redis_url)
        try:
            worker.wait_ready(redis)
            publisher, streams = await _publish(signalling)
            watchers = await _join(subscribers, audience, _subscribe(signalling), feedback=feedback)
            yield Side(worker.pid, publisher, streams, watchers)
            await publisher.close()
        finally:
            signalling.close()
            worker.stop()
            redis.close()


async def _publish(signalling: Signalling) -> tuple[RtcClient, list[Stream]]:
    backend, speaker = signalling.backend, ParticipantId("p_speaker")
    both = frozenset({MediaSource.MICROPHONE, MediaSource.CAMERA})
    backend.grant(GrantTable(_ROOM, 1, {speaker: GrantRow(both)}))
    publisher, streams = RtcClient(), _streams()
    who = Endpoint(_ROOM, speaker, ConnectionId("c_speaker"))
    sources = {"0": MediaSource.MICROPHONE, "1": MediaSource.CAMERA}
    answer = await asyncio.to_thread(backend.publish, who, publisher.publish_offer(streams), sources)
    await publisher.connect(Remote.read(answer))
    await play(publisher, list(streams.values()), FIRST_PLAY_SECONDS)
    return publisher, list(streams.values())


def _subscribe(signalling: Signalling) -> Callable[[GivenAway], Awaitable[None]]:
    backend, numbers = signalling.backend, iter(range(1_000_000))

    async def connect_one(client: GivenAway) -> None:
        n = next(numbers)
        mine = Endpoint(_ROOM, ParticipantId(f"p_{n}"), ConnectionId(f"c_{n}"))
        await asyncio.to_thread(backend.subscribe, mine)
        offer = await _offer(signalling, mine.connection)
        await asyncio.to_thread(backend.answer, mine, offer.number, client.subscribe_answer(offer.sdp))
        await client.connect(Remote.read(offer.sdp))

    return connect_one


async def _offer(signalling: Signalling, connection: ConnectionId) -> SubscribeOffer:
    while not (offers := signalling.offers(connection)):
        await asyncio.sleep(0.005)
    return offers[-1]


@asynccontextmanager
async def theirs(subscribers: int, audience: Audience, folder: Path, event_loops: int) -> AsyncIterator[Side]:
    """Janus VideoRoom; `event_loops` 0 is its default, a thread for every subscriber."""
    server = janus.Janus(folder, event_loops)
    server.start()
    try:
        publisher, streams = RtcClient(), _streams()
        feed = await janus.publish(server, publisher, streams)
        await play(publisher, list(streams.values()), FIRST_PLAY_SECONDS)
        watchers = await _join(subscribers, audience, lambda client: janus.subscribe(server, client, feed))
        yield Side(server.pid, publisher, list(streams.values()), watchers)
        await publisher.close()
    finally:
        server.stop()
