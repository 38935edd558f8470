"""Two real Chromiums and a worker: what a page shows decides what it gets, and what the other one sends."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from lti_room.base.ids import RoomId
from tests.media.test_browser import Person, site, until
from tests.support.browser import launch
from tests.support.media import Signalling, WorkerProcess, endpoint, may_send, table

__all__ = ["site"]
pytestmark = pytest.mark.browser
ROOM = RoomId("r_adapting")
_PUBLISH = """async () => {
  const picture = { width: 960, height: 540 };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: picture });
  await room.session.publish({ microphone: stream.getAudioTracks()[0], camera: stream.getVideoTracks()[0] });
}"""
_FLOW = """async () => Object.fromEntries(
  (await room.stats("subscribe", "inbound-rtp")).map(
    ({ kind, frameWidth, packetsReceived }) => [kind, { width: frameWidth, packets: packetsReceived }]
  )
)"""


class Pair:
    """Somebody who sends a camera, and somebody who looks at it."""

    def __init__(self, speaker: Person, viewer: Person) -> None:
        self.speaker, self.viewer = speaker, viewer

    def until(self, look: Any, what: str, seconds: float = 20.0) -> None:
        until(look, [self.speaker, self.viewer], seconds, what)

    def flow(self, kind: str = "video") -> dict[str, Any]:
        return self.viewer.page.evaluate(_FLOW).get(kind, {})  # type: ignore[no-any-return]

    def width(self, pixels: int) -> None:
        self.until(lambda: self.flow().get("width") == pixels, f"the picture is {pixels} wide")

    def look(self, **style: str) -> None:
        self.viewer.page.evaluate("([key, style]) => room.look(key, style)", [self.speaker.key(), style])

    def active(self, *rids: str) -> None:
        self.until(lambda: self.speaker.page.evaluate("room.active()") == list(rids), f"{rids} are sent")

    def packets_in_a_second(self, kind: str) -> int:
        before = self.flow(kind).get("packets", 0)
        self.viewer.page.wait_for_timeout(1000)
        return int(self.flow(kind).get("packets", 0) - before)


def enter(stack: contextlib.ExitStack, driver: Playwright, site: str, signalling: Signalling) -> Person:
    context = stack.enter_context(
        launch(driver, fake_media=True, args=("--autoplay-policy=no-user-gesture-required",))
    )
    person = Person(context.pages[0], signalling, endpoint(ROOM))
    person.page.goto(site)
    until(lambda: person.page.evaluate("globalThis.ready === true"), [person], what="the page is ready")
    return person


def test_tiles_decide_what_is_received_and_sent(
    driver: Playwright, site: str, worker: WorkerProcess, signalling: Signalling, tmp_path: Path
) -> None:
    with contextlib.ExitStack() as stack:
        pair = Pair(*(enter(stack, driver, site, signalling) for _ in range(2)))
        signalling.backend.grant(table(ROOM, 1, {pair.speaker.who.participant: may_send()}))
        pair.viewer.page.evaluate("room.subscribe()")
        pair.speaker.page.evaluate(_PUBLISH)
        pair.width(240)  # nothing was said of any tile: the lowest layer
        pair.active("l")

        pair.look(height="540px")
        pair.viewer.page.evaluate("key => room.watch(key)", pair.speaker.key())
        pair.width(960)
        pair.active("l", "h")

        pair.look(height="90px")
        pair.width(240)
        pair.active("l")

        pair.look(display="none")
        pair.until(lambda: pair.packets_in_a_second("video") == 0, "a hidden tile gets nothing")
        assert pair.packets_in_a_second("audio") > 25, "sound goes on"

        pair.look(display="block", height="300px")
        pair.width(480)
        pair.active("l", "m")
        pair.viewer.page.evaluate("room.views.setLowData(true)")
        pair.width(240)
