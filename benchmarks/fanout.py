"""CPU per forwarded packet: our media worker against Janus VideoRoom, with the same clients in the same run.

One publisher (150 video packets of 1200 bytes and 50 audio packets a second) and N subscribers, all with real
ICE, DTLS and SRTP. Counted is the server's user and system time from /proc over the packets that arrived; on
one machine the kernel's work of receiving them is charged to the sender, for all servers alike.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop

from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.base.redis_client import connect
from lti_room.base.redis_server import EmbeddedRedis
from lti_room.base.settings import load
from lti_room.media.backend import Endpoint, GrantRow, GrantTable, MediaSource, SubscribeOffer
from lti_room.media.sfu.dtls import new_certificate
from tests.support import janus
from tests.support.media import Signalling, WorkerProcess
from tests.support.rtc_client import Remote, RtcClient, Stream, play

WARM_UP_SECONDS: Final = 2.0
PARALLEL_JOINS: Final = 8
_TICK: Final = os.sysconf("SC_CLK_TCK")
_ROOM: Final = RoomId("r_bench")


@dataclass(frozen=True)
class Measured:
    """One run of one server."""

    microseconds: float
    cores: float
    arrived: float


@dataclass
class Clients:
    """One publisher and the subscribers, connected."""

    pid: int
    publisher: RtcClient
    streams: list[Stream]
    subscribers: list[RtcClient]

    def received(self) -> int:
        """Return how many packets all subscribers got."""
        return sum(entry.count for each in self.subscribers for entry in each.received.values())

    async def close(self) -> None:
        """Disconnect all."""
        for client in (self.publisher, *self.subscribers):
            await client.close()


def cpu_seconds(pid: int) -> float:
    """Return a process's user and system time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


async def measure(clients: Clients, seconds: float) -> Measured:
    """Let the publisher send, and measure after a warm-up."""
    playing = asyncio.create_task(
        play(clients.publisher, clients.streams, WARM_UP_SECONDS + seconds + 1, packets_per_frame=5)
    )
    await asyncio.sleep(WARM_UP_SECONDS)
    begun, cpu, got = time.monotonic(), cpu_seconds(clients.pid), clients.received()
    sent = sum(stream.sent for stream in clients.streams)
    await asyncio.sleep(seconds)
    cpu, got = cpu_seconds(clients.pid) - cpu, clients.received() - got
    sent = sum(stream.sent for stream in clients.streams) - sent
    took = time.monotonic() - begun
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    await clients.close()
    return Measured(cpu / got * 1e6, cpu / took, got / (sent * len(clients.subscribers)))


def _streams() -> dict[str, Stream]:
    return {"0": Stream(audio=True, mid="0"), "1": Stream(audio=False, mid="1")}


async def _join(count: int, connect_one: Callable[[RtcClient], Awaitable[None]]) -> list[RtcClient]:
    certificate = new_certificate()
    gate = asyncio.Semaphore(PARALLEL_JOINS)

    async def one() -> RtcClient:
        client = RtcClient(certificate, keep=False)
        async with gate:
            await connect_one(client)
        return client

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def run_ours(subscribers: int, seconds: float, folder: Path) -> Measured:
    """Measure our worker."""
    settings = load({"LTI_ROOM_DEVELOPMENT": "1", "LTI_ROOM_DATA": str(folder / "data")})
    with EmbeddedRedis(settings):
        redis = connect(settings.effective_redis_url)
        worker = WorkerProcess(settings, folder)
        worker.start()
        worker.wait_ready(redis)
        signalling = Signalling(redis, settings.effective_redis_url)
        try:
            return await measure(await _connect_ours(signalling, worker.pid, subscribers), seconds)
        finally:
            signalling.close()
            worker.stop()
            redis.close()


async def _connect_ours(signalling: Signalling, pid: int, subscribers: int) -> Clients:
    backend, speaker = signalling.backend, ParticipantId("p_speaker")
    both = frozenset({MediaSource.MICROPHONE, MediaSource.CAMERA})
    backend.grant(GrantTable(_ROOM, 1, {speaker: GrantRow(both)}))
    publisher, streams = RtcClient(), _streams()
    who = Endpoint(_ROOM, speaker, ConnectionId("c_speaker"))
    sources = {"0": MediaSource.MICROPHONE, "1": MediaSource.CAMERA}
    answer = await asyncio.to_thread(backend.publish, who, publisher.publish_offer(streams), sources)
    await publisher.connect(Remote.read(answer))
    await play(publisher, list(streams.values()), 0.3)
    numbers = iter(range(subscribers))

    async def connect_one(client: RtcClient) -> None:
        n = next(numbers)
        mine = Endpoint(_ROOM, ParticipantId(f"p_{n}"), ConnectionId(f"c_{n}"))
        await asyncio.to_thread(backend.subscribe, mine)
        offer = await _offer(signalling, mine.connection)
        await asyncio.to_thread(backend.answer, mine, offer.number, client.subscribe_answer(offer.sdp))
        await client.connect(Remote.read(offer.sdp))

    return Clients(pid, publisher, list(streams.values()), await _join(subscribers, connect_one))


async def _offer(signalling: Signalling, connection: ConnectionId) -> SubscribeOffer:
    while not (offers := signalling.offers(connection)):
        await asyncio.sleep(0.005)
    return offers[-1]


async def run_janus(subscribers: int, seconds: float, folder: Path, event_loops: int) -> Measured:
    """Measure Janus."""
    server = janus.Janus(folder, event_loops)
    server.start()
    try:
        publisher, streams = RtcClient(), _streams()
        feed = await janus.publish(server, publisher, streams)
        await play(publisher, list(streams.values()), 0.3)
        joined = [
            client
            for _ in range(subscribers)
            for client in await _join(1, lambda client: janus.subscribe(server, client, feed))
        ]
        return await measure(Clients(server.pid, publisher, list(streams.values()), joined), seconds)
    finally:
        server.stop()


Run = Callable[[Path], Awaitable[Measured]]


def _contestants(subscribers: int, seconds: float) -> dict[str, Run]:
    cores = os.cpu_count() or 1
    runs: dict[str, Run] = {"lti-room media worker": lambda folder: run_ours(subscribers, seconds, folder)}
    if janus.installed():
        runs["Janus, default"] = lambda folder: run_janus(subscribers, seconds, folder, 0)
        runs[f"Janus, event_loops={cores}"] = lambda folder: run_janus(subscribers, seconds, folder, cores)
    return runs


def main(arguments: list[str] | None = None) -> None:
    """Run every server in turn, several rounds, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args(arguments if arguments is not None else [])
    runs = _contestants(chosen.subscribers, chosen.seconds)
    results: dict[str, list[Measured]] = {name: [] for name in runs}
    for _ in range(chosen.rounds):
        for name, run in runs.items():
            with tempfile.TemporaryDirectory(prefix="lti-room-bench-") as folder:
                results[name].append(uvloop.run(_awaited(run(Path(folder)))))
    print(_table(results, chosen.subscribers))
    if not janus.installed():
        print("Janus is not installed, so there is nothing to compare with: apt-get install janus")


async def _awaited(result: Awaitable[Measured]) -> Measured:
    return await result


def _table(results: dict[str, list[Measured]], subscribers: int) -> str:
    peer = f" ({janus.version()})" if janus.installed() else ""
    load_average = os.getloadavg()[0]
    lines = [
        f"Fan-out to {subscribers} subscribers, 200 packets/s in{peer}; load average {load_average:.1f}",
        f"{'server':<26}{'µs per packet: min':>20}{'median':>9}{'cores':>8}{'arrived':>10}{'ratio':>8}",
    ]
    ours = statistics.median(each.microseconds for each in results["lti-room media worker"])
    for name, measured in results.items():
        costs = [each.microseconds for each in measured]
        middle = statistics.median(costs)
        cores = statistics.median(each.cores for each in measured)
        arrived = min(each.arrived for each in measured)
        lines.append(
            f"{name:<26}{min(costs):>20.1f}{middle:>9.1f}{cores:>8.2f}{arrived:>9.1%}{middle / ours:>8.2f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
