"""Pages with sound and picture: real ICE, DTLS and RTP beside the page's own socket.

A `Sender` is a rogue by nature: once it sends, it goes on until the test ends, whatever it is told.
Each of its sources marks its payloads, so a `Listener` knows a packet's origin whatever its SSRC says.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from threading import Thread
from types import TracebackType
from typing import Any, Final, TypeVar

from tests.support.pages import Json, Page
from tests.support.rtc_client import Arrived, Remote, RtcClient, Stream, play
from tests.support.stack import wait_until

MARK_BYTES: Final = 8
LONGER_THAN_ANY_TEST: Final = 600.0
CONNECT_SECONDS: Final = 15.0
ANSWER_SECONDS: Final = 0.01
FLOWING_PACKETS: Final = 20
SOURCES: Final = ("microphone", "camera")

T = TypeVar("T")


class Air:
    """An event loop in a thread of its own: media goes on while the test waits for sockets and processes."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._lasting: list[Future[None]] = []
        self._clients: list[RtcClient] = []
        self._listening: dict[str, Listener] = {}

    def __enter__(self) -> "Air":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CONNECT_SECONDS)

    def keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something on the loop until the test ends."""
        self._lasting.append(asyncio.run_coroutine_threadsafe(work, self._loop))

    def client(self) -> RtcClient:
        """Return a new peer connection, closed when the test ends."""

        async def make() -> RtcClient:
            return RtcClient()

        self._clients.append(self.run(make()))
        return self._clients[-1]

    def publish(self, page: Page, sources: Mapping[str, str] | None = None) -> "Sender":
        """Let a page publish and send from now on; `sources` maps mids as `publish` does."""
        return Sender(self, page, sources or dict(zip("01", SOURCES, strict=True)))

    def subscribe(self, page: Page) -> "Listener":
        """Let a page subscribe, and answer every offer. It answers for its newest subscription only."""
        if page.connection in self._listening:
            self._listening[page.connection].answers = False
        self._listening[page.connection] = Listener(self, page)
        return self._listening[page.connection]

    async def _end(self) -> None:
        mine = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not mine]
        for lasting in self._lasting:
            lasting.cancel()
        await asyncio.sleep(0)
        for client in self._clients:
            await client.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Sender:
    """A page's publishing connection: sound under mid 0, pictures under mid 1."""

    def __init__(self, air: Air, page: Page, sources: Mapping[str, str]) -> None:
        self.page = page
        self.client = air.client()
        self._streams = {
            "microphone": Stream(audio=True, mid="0", mark=os.urandom(MARK_BYTES)),
            "camera": Stream(audio=False, mid="1", mark=os.urandom(MARK_BYTES)),
        }
        offer = self.client.publish_offer({stream.mid: stream for stream in self._streams.values()})
        self.answer: Json = page.call("media", {"do": "publish", "sdp": offer, "sources": sources})
        if self.answer["ok"]:
            air.run(self.client.connect(Remote.read(self.answer["sdp"])))
            air.keep(play(self.client, list(self._streams.values()), LONGER_THAN_ANY_TEST))

    def sent(self, source: str) -> int:
        """Return how many packets of a source left here so far."""
        return self._streams[source].sent

    def mark(self, source: str) -> bytes:
        """Return what every payload of a source ends with."""
        return self._streams[source].mark


class Listener:
    """A page's subscribing connection, and when packets of whom arrived at it."""

    def __init__(self, air: Air, page: Page) -> None:
        self.page = page
        self.client = air.client()
        self.answers = True
        self.shown: set[tuple[str, str]] = set()
        self._mark = len(page.received)
        self._answered = -1
        self._read: dict[int, int] = defaultdict(int)
        self._arrivals: dict[bytes, list[float]] = defaultdict(list)
        self.answer: Json = page.call("media", {"do": "subscribe"})
        if self.answer["ok"]:
            first = page.wait("media", lambda told: told["do"] == "offer", since=self._mark)
            self._agree(first)
            air.run(self.client.connect(Remote.read(first["sdp"])))
            air.keep(self._keep_answering())

    def arrivals(self, sender: Sender, source: str) -> list[float]:
        """Return when (monotonic clock) packets of a source arrived, under whatever SSRC."""
        self._sort()
        return self._arrivals[sender.mark(source)]

    def heard(self, sender: Sender) -> int:
        """Return how many packets of a sender arrived."""
        return sum(len(self.arrivals(sender, source)) for source in SOURCES)

    def last(self) -> float:
        """Return when the last packet of all arrived; 0.0 if none ever did."""
        return max((entry.last for entry in list(self.client.received.values())), default=0.0)

    def wait_flowing(self, sender: Sender, *sources: str, seconds: float = 10.0) -> None:
        """Wait until packets of these sources (none given: both) come in, from now on."""
        for source in sources or SOURCES:
            before = len(self.arrivals(sender, source))

            def flows(source: str = source, before: int = before) -> bool:
                return len(self.arrivals(sender, source)) >= before + FLOWING_PACKETS

            wait_until(flows, seconds, f"{source} of {sender.page.member.name} flows")

    def _sort(self) -> None:
        for ssrc, entry in list(self.client.received.items()):
            new: list[Arrived] = entry.packets[self._read[ssrc] :]
            self._read[ssrc] += len(new)
            for packet in new:
                self._arrivals[packet.payload[-MARK_BYTES:]].append(packet.at)

    def _agree(self, offer: Json) -> None:
        self._answered = offer["number"]
        self.shown |= {(each["participant"], each["source"]) for each in offer["tracks"].values()}
        answer = self.client.subscribe_answer(offer["sdp"])
        self.page.send("media", {"do": "answer", "number": offer["number"], "sdp": answer})

    async def _keep_answering(self) -> None:
        while self.answers and self.page.connected:
            news = self.page.received[self._mark :]
            self._mark += len(news)
            for name, told in news:
                if name == "media" and told["do"] == "offer" and told["number"] != self._answered:
                    self._agree(told)
            await asyncio.sleep(ANSWER_SECONDS)
