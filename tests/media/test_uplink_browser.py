"""A real Chromium publishes through a relay that loses packets: what it sends, adapts to and sends again."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Playwright

from benchmarks.network.model import Conditions
from benchmarks.network.relay import RelayProcess
from lti_room.base.ids import RoomId
from lti_room.media.backend import MediaSource
from tests.media.conftest import StartWorker
from tests.media.test_browser import Person, site, until
from tests.support.browser import launch
from tests.support.media import Receiving, Signalling, endpoint, may_send, table

__all__ = ["site"]
pytestmark = pytest.mark.browser
ROOM = RoomId("r_uplink")
CAMERA, SCREEN = "1", "2"
_SENT = """async () => {
  const report = await room.session.publisher.connection.getStats();
  return [...report.values()].filter(({ type }) =>
    ["outbound-rtp", "remote-inbound-rtp", "candidate-pair"].includes(type));
}"""


class Alone(Person):
    """A page that publishes and is not told which sizes are wanted: the test decides."""

    def pump(self) -> None:
        """Hand on nothing."""


class Studio:
    """One publishing Chromium, whose line the test decides."""

    def __init__(self, person: Person, relay: RelayProcess) -> None:
        self.person = person
        self.page = person.page
        self._relay = relay

    def line(self, *, up: Conditions, down: Conditions) -> None:
        self._relay.follow("line", up=[(0, up)], down=[(0, down)])

    def publish(self, width: int, height: int) -> None:
        self.page.evaluate(
            """async ([width, height]) => {
              room.camera = async (width, height) => (await navigator.mediaDevices.getUserMedia(
                { video: { width, height } })).getVideoTracks()[0];
              const sound = await navigator.mediaDevices.getUserMedia({ audio: true });
              const camera = await room.camera(width, height);
              await room.session.publish({ microphone: sound.getAudioTracks()[0], camera });
            }""",
            [width, height],
        )

    def replace(self, width: int, height: int) -> None:
        self.page.evaluate(
            "async ([width, height]) => room.session.replace('camera', await room.camera(width, height))",
            [width, height],
        )

    def stats(self, kind: str) -> list[dict[str, Any]]:
        return [entry for entry in self.page.evaluate(_SENT) if entry["type"] == kind]

    def estimate(self) -> float:
        pairs = self.stats("candidate-pair")
        return max((pair.get("availableOutgoingBitrate", 0.0) for pair in pairs), default=0.0)

    def sending(self, mid: str = CAMERA) -> dict[str, list[int]]:
        """The sizes that are sent now: rid -> width and height."""

        def encoded() -> dict[str, tuple[int, list[int]]]:
            found = [entry for entry in self.stats("outbound-rtp") if entry.get("mid") == mid]
            return {
                e["rid"]: (e["framesEncoded"], [e.get("frameWidth", 0), e.get("frameHeight", 0)])
                for e in found
            }

        before = encoded()
        self.page.wait_for_timeout(600)
        return {
            rid: size
            for rid, (frames, size) in encoded().items()
            if frames > before.get(rid, (frames, size))[0]
        }

    def until(self, look: Callable[[], Any], seconds: float = 20.0, what: str = "") -> Any:
        return until(look, [self.person], seconds, what)

    def sends(self, sizes: dict[str, list[int]], mid: str = CAMERA) -> None:
        seen: list[dict[str, list[int]]] = []

        def look() -> bool:
            seen.append(self.sending(mid))
            return seen[-1] == sizes

        try:
            self.until(look, what=f"sends {sizes}")
        except AssertionError as error:
            raise AssertionError(f"{error}; sent {seen[-1]}") from None


@pytest.fixture
def studio(
    driver: Playwright, site: str, start_worker: StartWorker, signalling: Signalling
) -> Iterator[Studio]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with contextlib.ExitStack() as stack:
        relay = stack.enter_context(RelayProcess(("127.0.0.1", port), ("line",), seed=3))
        start_worker(LTI_ROOM_MEDIA_BIND=f"127.0.0.1:{port}", LTI_ROOM_MEDIA_PORT=str(relay.ports["line"]))
        arguments = ("--autoplay-policy=no-user-gesture-required",)
        context = stack.enter_context(launch(driver, fake_media=True, args=arguments))
        person = Alone(context.pages[0], signalling, endpoint(ROOM))
        person.page.goto(site)
        until(lambda: person.page.evaluate("globalThis.ready === true"), [person], what="the page is ready")
        signalling.backend.grant(table(ROOM, 1, {person.who.participant: may_send(*MediaSource)}))
        yield Studio(person, relay)


def test_three_sizes_arrive_and_the_estimate_rises(studio: Studio) -> None:
    studio.publish(1280, 720)
    studio.until(lambda: studio.estimate() > 2_000_000, 10, "more than 2 Mb/s may be sent")
    studio.sends({"l": [320, 180], "m": [640, 360], "h": [1280, 720]})
    sent = {entry["ssrc"] for entry in studio.stats("outbound-rtp") if entry.get("mid") == CAMERA}

    def reported() -> set[int]:
        return {e["ssrc"] for e in studio.stats("remote-inbound-rtp") if e["kind"] == "video"}

    studio.until(lambda: reported() == sent, what="each size is reported as received")


def test_small_pictures_are_sent_whole_in_fewer_sizes(studio: Studio) -> None:
    """Chromium sends fewer sizes of a small picture: the largest of them must not be a reduced one."""
    studio.publish(960, 540)
    studio.sends({"l": [240, 135], "m": [480, 270], "h": [960, 540]})
    studio.replace(640, 480)
    studio.sends({"l": [320, 240], "m": [640, 480]})
    studio.replace(320, 240)
    studio.sends({"l": [320, 240]})
    studio.replace(360, 480)
    studio.sends({"l": [180, 240], "m": [360, 480]})


def test_sizes_nobody_wants_are_not_sent(studio: Studio) -> None:
    """Which sizes, not how large: a busy machine makes Chromium shrink them all."""
    studio.publish(1280, 720)
    all_sizes = ["l", "m", "h"]

    def sends(rids: list[str]) -> None:
        studio.until(lambda: set(studio.sending()) == set(rids), what=f"sends {rids} only")

    sends(all_sizes)
    for rids in (["l"], [], ["l", "m"], all_sizes, ["l"]):
        studio.page.evaluate("rids => room.session.publisher.setLayers({ camera: rids })", rids)
        sends(rids)
    studio.page.evaluate("room.session.restart()")
    sends(all_sizes)


def test_a_screen_is_sent_in_two_sizes(studio: Studio) -> None:
    studio.publish(640, 480)
    studio.page.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
          const context = canvas.getContext("2d");
          setInterval(() => {
            context.fillStyle = `hsl(${performance.now() / 20} 80% 50%)`;
            context.fillRect(0, 0, 1280, 720);
          }, 50);
          await room.session.replace("screen", canvas.captureStream(15).getVideoTracks()[0]);
        }"""
    )
    studio.sends({"l": [640, 360], "h": [1280, 720]}, SCREEN)


class Listener:
    """A subscriber in a thread of its own, for the test's own is the browser's."""

    def __init__(self, signalling: Signalling) -> None:
        self._receiving = Receiving(signalling, endpoint(ROOM))
        self._end = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()

    async def _run(self) -> None:
        await self._receiving.connect()
        while not self._end.is_set():
            await asyncio.sleep(0.05)
        await self._receiving.close()

    def stop(self) -> None:
        self._end.set()
        self._thread.join(5)

    def holes(self, participant: str, source: str, until: float) -> tuple[int, int]:
        """How many packets came that were sent before `until`, and how many of theirs never did."""
        packets = self._receiving.got(participant, source)
        first = packets[0].sequence
        numbers = {(packet.sequence - first + 0x8000) & 0xFFFF for packet in packets if packet.at < until}
        return len(numbers), max(numbers) - min(numbers) + 1 - len(numbers)


def test_what_is_lost_on_the_way_in_is_sent_again(studio: Studio, signalling: Signalling) -> None:
    studio.line(up=Conditions(loss=0.05, delay=0.02), down=Conditions(delay=0.02))
    studio.publish(640, 480)
    studio.until(lambda: len(studio.sending()) == 2, what="it is sent")
    listener = Listener(signalling)
    me = studio.person.who.participant
    begun = time.monotonic()
    studio.until(lambda: time.monotonic() - begun > 8, what="some seconds of loss")
    listener.stop()
    for source, most in (("camera", 0), ("microphone", 1)):
        came, holes = listener.holes(me, source, time.monotonic() - 1.0)
        assert came > 100
        assert holes <= most, f"{source}: {holes} of {came}"
    sent = studio.stats("outbound-rtp")
    assert sum(entry["nackCount"] for entry in sent if entry["kind"] == "video") > 5
    assert sum(entry["retransmittedPacketsSent"] for entry in sent if entry["kind"] == "video") > 5
    assert sum(entry["nackCount"] for entry in sent if entry["kind"] == "audio") > 5
    lost = {e["kind"]: e["packetsLost"] for e in studio.stats("remote-inbound-rtp") if e["packetsLost"]}
    assert set(lost) == {"audio", "video"}, f"what was repaired stays lost in the reports: {json.dumps(lost)}"
