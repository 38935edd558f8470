"""What a join costs a media worker, and whether it forgets those who left: memory over thousands of joins.

    python -m benchmarks joins [--joins 10000]

One lecturer speaks all along. Each page that joins subscribes with real ICE and DTLS, every fifth publishes
as well; then it leaves: most as pages do that are closed, some by the DTLS goodbye alone, a few by just
vanishing (the worker notices after 30 s). Memory is what only the worker uses (private pages).
"""

import argparse
import asyncio
import os
import socket
import statistics
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import uvloop
from aiortc import RTCCertificate

from benchmarks.crowd.client import GivenAway
from benchmarks.crowd.parts import Senders, a_worker
from benchmarks.crowd.post import ForPage, Post
from benchmarks.crowd.sources import offer
from benchmarks.process import cpu_seconds, unshared_bytes
from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.media.backend import Endpoint, GrantTable, MediaSource, SubscribeOffer
from lti_room.media.sfu.transport.dtls import new_certificate
from tests.support.media import may_send
from tests.support.rtc_client import Remote

JOINS: Final = 2000
AT_ONCE: Final = 8
STAYING: Final = 100
CHECKPOINTS: Final = 10
MOST_PER_JOIN: Final = 200
"""Bytes that may stay behind for each join in the second half: a forgotten peer is a hundred times that."""
ENOUGH_JOINS: Final = 5000
"""Before that many, caches and the allocator's pools still fill."""
REST_SECONDS: Final = 34.0
_ROOM: Final = RoomId("r_joins")
_LECTURER: Final = ParticipantId("p_lecturer")
_GUESTS: Final = [ParticipantId(f"p_guest{n}") for n in range(AT_ONCE + 1)]


@dataclass
class Page:
    """One page that joins and leaves."""

    who: Endpoint
    receiving: GivenAway
    sending: GivenAway | None = None
    offers: "asyncio.Queue[SubscribeOffer]" = field(default_factory=asyncio.Queue)


@dataclass
class Crowd:
    """What comes and goes."""

    post: Post
    certificate: RTCCertificate
    numbers: "count[int]" = field(default_factory=count)
    took: list[float] = field(default_factory=list)
    gone: "deque[tuple[float, socket.socket]]" = field(default_factory=deque)

    async def join(self, guest: ParticipantId, *, publishes: bool) -> Page:
        """Subscribe and connect, and publish where told."""
        who = Endpoint(_ROOM, guest, ConnectionId(f"c_{next(self.numbers)}"))
        page = Page(who, GivenAway(self.certificate, keep=False))
        loop, backend = asyncio.get_running_loop(), self.post.backend

        def heard(event: ForPage) -> None:
            if isinstance(event, SubscribeOffer):
                loop.call_soon_threadsafe(page.offers.put_nowait, event)

        self.post.listen(who.connection, heard)
        began = time.monotonic()
        await asyncio.to_thread(backend.subscribe, who)
        async with asyncio.timeout(20):
            offered = await page.offers.get()
        answer = page.receiving.subscribe_answer(offered.sdp)
        await asyncio.to_thread(backend.answer, who, offered.number, answer)
        await page.receiving.connect(Remote.read(offered.sdp))
        self.took.append(time.monotonic() - began)
        if publishes:
            page.sending = await self._publish(who)
        return page

    async def leave(self, page: Page, n: int) -> None:
        """Go, in one of the ways people do."""
        self.post.forget(page.who.connection)
        vanishes, says_goodbye = n % 20 == 7, n % 4 == 1
        if not vanishes and not says_goodbye:
            await asyncio.to_thread(self.post.backend.close, page.who)
        for client in (page.receiving, page.sending):
            if client is not None and vanishes:
                self._keep_address(client)
            if client is not None:
                await client.close(quietly=vanishes)

    def _keep_address(self, client: GivenAway) -> None:
        """Let nobody else have a vanished page's address while the worker may still take it for that page."""
        now = time.monotonic()
        while self.gone and now - self.gone[0][0] > REST_SECONDS:
            self.gone.popleft()[1].close()
        self.gone.append((now, client.give_away()))

    async def _publish(self, who: Endpoint) -> GivenAway:
        client = GivenAway(self.certificate, keep=False)
        text = offer(client.sdp_transport("actpass"), "0", "1", ["l", "m", "h"])
        sources = {"0": MediaSource.MICROPHONE, "1": MediaSource.CAMERA}
        answer = await asyncio.to_thread(self.post.backend.publish, who, text, sources)
        await client.connect(Remote.read(answer))
        return client


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks joins")
    parser.add_argument("--joins", type=int, default=JOINS)
    asked = parser.parse_args(arguments)
    with a_worker() as (worker, redis_url):
        uvloop.run(_measure(redis_url, worker.pid, asked.joins))


@asynccontextmanager
async def _lecture(redis_url: str) -> AsyncIterator[Crowd]:
    post = Post(redis_url, "w_joins")
    post.backend.grant(GrantTable(_ROOM, 1, {who: may_send() for who in (_LECTURER, *_GUESTS)}))
    with Senders(redis_url, _ROOM, [_LECTURER], "l,m,h", 1) as senders:
        await asyncio.to_thread(senders.wait_ready)
        try:
            yield Crowd(post, new_certificate())
        finally:
            await asyncio.to_thread(post.close)


async def _measure(redis_url: str, pid: int, joins: int) -> None:
    print(f"{joins} joins and leaves, {AT_ONCE} at once; a lecturer with 720p simulcast speaks")
    async with _lecture(redis_url) as crowd:
        await _churn(crowd, 5 * AT_ONCE)  # loads what is loaded at first use
        await _stay(crowd, pid)
        print(
            f"{'joins':>8}{'private MiB':>13}{'CPU ms per join':>17}{'connected, ms: median':>23}{'95 %':>7}"
        )
        memory = [unshared_bytes(pid)]
        for n in range(CHECKPOINTS):
            crowd.took.clear()
            cpu = cpu_seconds(pid)
            await _churn(crowd, joins // CHECKPOINTS)
            cpu = cpu_seconds(pid) - cpu
            memory.append(unshared_bytes(pid))
            _print_row((n + 1) * joins // CHECKPOINTS, memory[-1], cpu / (joins // CHECKPOINTS), crowd.took)
        await asyncio.sleep(REST_SECONDS)
        memory.append(unshared_bytes(pid))
        _print_growth(memory, joins)


def _print_head() -> None:
    print(f"{'joins':>8}{'private MiB':>13}{'CPU ms per join':>17}{'connected, ms: median':>23}{'95 %':>7}")


def _print_row(joins: int, memory: int, cpu: float, took: list[float]) -> None:
    median, slow = statistics.median(took) * 1000, statistics.quantiles(took, n=20)[-1] * 1000
    print(f"{joins:>8}{memory / 2**20:>13.1f}{cpu * 1000:>17.2f}{median:>23.0f}{slow:>7.0f}")


def _print_growth(memory: list[int], joins: int) -> None:
    """Judge the second half: at first pools and caches fill."""
    half = memory[CHECKPOINTS // 2]
    per_join = (memory[-1] - half) / (joins / 2)
    verdict = "ok" if per_join <= MOST_PER_JOIN else "MISSED"
    verdict = verdict if joins >= ENOUGH_JOINS else f"judged from {ENOUGH_JOINS} joins on"
    print(f"after {REST_SECONDS:.0f} s of rest: {memory[-1] / 2**20:.1f} MiB")
    print(f"growth over the second half: {per_join:.0f} bytes per join (goal <= {MOST_PER_JOIN}: {verdict})")
    print(f"load average {os.getloadavg()[0]:.1f}")


async def _stay(crowd: Crowd, pid: int) -> None:
    """Print what those cost who stay."""
    before = unshared_bytes(pid)
    pages = []
    for _ in range(STAYING):
        pages.append(await crowd.join(_GUESTS[-1], publishes=False))
    each = (unshared_bytes(pid) - before) / STAYING
    print(f"memory of a subscriber: {each / 1024:.0f} KiB ({STAYING} stayed)")
    for page in pages:
        await crowd.leave(page, 0)


async def _churn(crowd: Crowd, joins: int) -> None:
    """Let pages come and go, each guest's one after the other."""
    left = iter(range(joins))

    async def guest(name: ParticipantId) -> None:
        for n in left:
            page = await crowd.join(name, publishes=n % 5 == 0)
            await crowd.leave(page, n)

    await asyncio.gather(*(guest(name) for name in _GUESTS[:AT_ONCE]))


if __name__ == "__main__":
    main()
