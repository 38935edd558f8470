"""A real Chromium watches what is switched under its eyes, and what gets lost on the way to it."""

import contextlib
import socket
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Playwright

from benchmarks.network.model import Conditions
from benchmarks.network.relay import RelayProcess
from lti_room.base.ids import RoomId
from lti_room.media.backend import MediaSource
from lti_room.media.sfu.formats import feedback
from tests.media.test_browser import Person, site, until
from tests.support.browser import launch
from tests.support.media import endpoint, may_send, table
from tests.support.room_at_hand import RoomAtHand

__all__ = ["site"]
pytestmark = pytest.mark.browser
ROOM = RoomId("r_hand")
WIDTHS = {0: 240, 1: 480, 2: 960}
_PUBLISH = """async ([width, height]) => {
  const media = navigator.mediaDevices;
  const sound = await media.getUserMedia({ audio: true });
  const picture = await media.getUserMedia({ video: { width, height } });
  await room.session.publish({ microphone: sound.getAudioTracks()[0], camera: picture.getVideoTracks()[0] });
}"""


class Cinema:
    """One Chromium that publishes three sizes, and one that watches."""

    def __init__(self, hand: RoomAtHand, speaker: Person, viewer: Person, relay: RelayProcess) -> None:
        self.hand = hand
        self.speaker = speaker
        self.viewer = viewer
        self.relay = relay
        self.heard: Counter[str] = Counter()
        self.arrivals = 0

    def start(self, width: int = 960, height: int = 540, layers: int = 3) -> None:
        """Publish, watch, and count what the viewer's browser says."""
        who = self.speaker.who.participant
        self.hand.grant(table(ROOM, 1, {who: may_send(*MediaSource)}))
        self.viewer.page.evaluate("room.subscribe()")
        self.speaker.page.evaluate(_PUBLISH, [width, height])
        key = self.speaker.key()
        self.until(lambda: self.viewer.page.evaluate("key => room.frames(key)", key) > 5, "a picture")
        self.track = self.hand.track(who, MediaSource.CAMERA)
        self.downlink = self.hand.downlink(self.viewer.who.connection)
        self.until(lambda: len(self.track.layers) == layers, "all sizes")
        take = self.downlink._listening.receive

        def listen(data: bytes) -> None:
            for part in feedback.parts(data):
                self.heard[f"{part.kind}/{part.format}" if part.kind > 204 else f"{part.kind}"] += 1
                statuses = feedback.arrivals(part) if (part.kind, part.format) == (205, 15) else None
                self.arrivals += sum(at is not None for at in statuses.arrived) if statuses else 0
            take(data)

        self.downlink._listening.receive = listen  # type: ignore[method-assign]

    def until(self, look: Any, what: str, seconds: float = 15.0) -> None:
        until(look, [self.speaker, self.viewer], seconds, what)

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end, "time passes", seconds + 5)

    def choose(self, rank: int | None) -> None:
        self.hand.do(lambda: self.downlink.choose(self.track, rank))

    def picture(self) -> dict[str, Any]:
        """The viewer's statistics of the picture."""
        entries = self.viewer.page.evaluate("room.stats('subscribe', 'inbound-rtp')")
        return next((e for e in entries if e["kind"] == "video" and e.get("framesDecoded")), {})

    def shows(self, rank: int) -> None:
        self.until(lambda: self.picture()["frameWidth"] == WIDTHS[rank], f"layer {rank} is shown")


@pytest.fixture
def cinema(driver: Playwright, site: str) -> Iterator[Cinema]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with contextlib.ExitStack() as stack:
        relay = stack.enter_context(RelayProcess(("127.0.0.1", port), ("line",), seed=5))
        hand = RoomAtHand(port, relay.ports["line"])
        stack.callback(hand.close)
        people = []
        for _ in range(2):
            arguments = ("--autoplay-policy=no-user-gesture-required",)
            context = stack.enter_context(launch(driver, fake_media=True, args=arguments))
            person = Person(context.pages[0], hand, endpoint(ROOM))  # type: ignore[arg-type]
            person.page.goto(site)
            people.append(person)
        for person in people:
            person.page.wait_for_function("globalThis.ready === true")
        yield Cinema(hand, people[0], people[1], relay)


def test_layers_are_switched_without_a_freeze(cinema: Cinema) -> None:
    cinema.start()
    cinema.shows(0)
    first = cinema.downlink.peer.samples.next
    arrived = cinema.arrivals
    begun = time.monotonic()
    for rank in (2, 1, 0, 2):
        cinema.choose(rank)
        cinema.shows(rank)
        cinema.wait(1.5)
        assert [state.rank for state in cinema.downlink.streams() if state.track is cinema.track] == [rank]
    took = time.monotonic() - begun
    seen = cinema.picture()
    assert {name: seen[name] for name in ("freezeCount", "framesDropped", "packetsLost", "pliCount")} == {
        "freezeCount": 0,
        "framesDropped": 0,
        "packetsLost": 0,
        "pliCount": 0,
    }
    counted = cinema.downlink.peer.samples.next - first
    assert abs(cinema.arrivals - arrived - counted) < 30, "it answers for counted packets, and for no others"
    assert cinema.heard["205/15"] / took < 9
    assert cinema.downlink.peer.samples.unanswered.bursts < 5


def test_what_is_lost_on_the_way_is_repaired_before_it_is_missed(cinema: Cinema) -> None:
    """A small picture: what is tested is the line, not how busy the machine is."""
    cinema.start(480, 360, layers=2)
    cinema.choose(1)
    cinema.until(lambda: cinema.picture()["frameWidth"] == 480, "the larger layer is shown")
    line = Conditions(loss=0.05, delay=0.01)
    cinema.relay.follow("line", up=[(0, line)], down=[(0, line)])
    cinema.wait(4)
    before = cinema.picture()
    cinema.wait(12)
    seen = cinema.picture()
    counters = ("packetsLost", "nackCount", "retransmittedPacketsReceived", "framesReceived", "framesDecoded")
    grown = {name: seen.get(name, 0) - before.get(name, 0) for name in counters}
    frozen = seen["totalFreezesDuration"] - before["totalFreezesDuration"]
    assert grown["nackCount"] > 10, grown
    assert grown["retransmittedPacketsReceived"] > 10, grown
    assert grown["framesDecoded"] > 12 * 14, grown
    assert frozen < 0.6, (grown, frozen)
    assert seen["pliCount"] - before["pliCount"] <= 1, grown


def test_a_layer_that_the_publisher_stops_is_replaced_and_taken_again(cinema: Cinema) -> None:
    cinema.start()
    cinema.choose(2)
    cinema.shows(2)
    cinema.wait(1.0)
    set_layers = "rids => room.session.publisher.setLayers({ camera: rids })"
    cinema.speaker.page.evaluate(set_layers, ["l", "m"])
    begun = time.monotonic()
    cinema.shows(1)
    assert time.monotonic() - begun < 2.5
    assert cinema.picture()["totalFreezesDuration"] < 2.0
    cinema.speaker.page.evaluate(set_layers, ["l", "m", "h"])
    cinema.shows(2)
