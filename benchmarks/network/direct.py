"""The peer: two Chromiums that talk to each other without any server, over the same bad network.

What a browser alone makes of a line that narrows, with the congestion control it has for calls. One link lies
between the two; the sound and the picture are those of the other measurements, without simulcast.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import BrowserContext, Page, Playwright

from benchmarks.network import scenery
from benchmarks.network.meeting import PUBLISHER, VIEWER, WATCH
from benchmarks.network.relay import RelayProcess
from benchmarks.network.scenarios import Scenario, Steps
from tests.support.browser import launch

LINK: Final = "between"
_ORIGIN: Final = "https://direct.invalid/"
_HOST: Final = re.compile(r"^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host", re.MULTILINE)
_CANDIDATES: Final = re.compile(r"^a=candidate:.*\r\n", re.MULTILINE)

_PREPARE: Final = """async ({constraints, offer}) => {
  const line = (globalThis.line = new RTCPeerConnection());
  const stream = await navigator.mediaDevices.getUserMedia(constraints);
  const video = document.body.appendChild(document.createElement("video"));
  video.autoplay = true;
  line.ontrack = ({ streams }) => (video.srcObject = streams[0]);
  if (offer) await line.setRemoteDescription({ type: "offer", sdp: offer });
  else for (const track of stream.getTracks()) line.addTrack(track, stream);
  await line.setLocalDescription();
  while (line.iceGatheringState !== "complete") await new Promise((go) => setTimeout(go, 20));
  return line.localDescription.sdp;
}"""
"""The viewer opens a microphone as well, and sends nothing: pages with one say their addresses."""

_TAKE: Final = """async ([sdp, port]) => {
  await line.setRemoteDescription({ type: "answer", sdp });
  const candidate = `candidate:1 1 udp 2122260223 127.0.0.1 ${port} typ host`;
  await line.addIceCandidate({ candidate, sdpMLineIndex: 0 });
}"""
_FIRST_PICTURES_SECONDS: Final = 3.0


class Call:
    """Both pages, and the relay between them."""

    def __init__(self, publisher: Page, viewer: Page, relay: RelayProcess) -> None:
        self.publisher = publisher
        self.viewer = viewer
        self.relay = relay

    def clock(self) -> float:
        """Return the viewer's clock now, in seconds."""
        return float(self.viewer.evaluate("performance.now()")) / 1000

    def noted(self) -> dict[str, Any]:
        """Return what the viewer's page noted so far."""
        return dict(self.viewer.evaluate("() => ({frames: __noted.frames, samples: __noted.samples})"))

    def wait(self, seconds: float) -> None:
        """Let it go on."""
        self.viewer.wait_for_timeout(seconds * 1000)


@contextlib.contextmanager
def call(driver: Playwright, folder: Path, seed: int) -> Iterator[Call]:
    """Let one Chromium send sound and picture to another."""
    video, audio = scenery.files(folder)
    with contextlib.ExitStack() as home:
        shows = home.enter_context(launch(driver, video_file=video, audio_file=audio))
        sees = home.enter_context(launch(driver, fake_media=True, width=1280, height=800))
        publisher, viewer = _open(shows), _open(sees)
        camera = {"width": scenery.WIDTH, "height": scenery.HEIGHT, "frameRate": scenery.RATE}
        asked = {"audio": True, "video": camera}
        offer = publisher.evaluate(_PREPARE, {"constraints": asked, "offer": ""})
        told = {"constraints": {"audio": True}, "offer": _CANDIDATES.sub("", offer)}
        answer = viewer.evaluate(_PREPARE, told)
        found = _HOST.search(answer)
        assert found, "the viewer's page says no address"
        relay = home.enter_context(RelayProcess((found[1], int(found[2])), (LINK,), seed=seed))
        publisher.evaluate(_TAKE, [_CANDIDATES.sub("", answer), relay.ports[LINK]])
        made = Call(publisher, viewer, relay)
        made.wait(_FIRST_PICTURES_SECONDS)
        assert made.noted()["frames"], "there is a picture"
        yield made


def steps(scenario: Scenario, seconds: float) -> Steps:
    """Return what the one link is like: the narrow one of both, as long as both together."""
    links = scenario.links(seconds)
    narrow, other = sorted((links[PUBLISHER], links[VIEWER]), key=len, reverse=True)
    more = other[0][1].delay
    return [(at, replace(like, delay=like.delay + more)) for at, like in narrow]


def _open(context: BrowserContext) -> Page:
    context.add_init_script(f"({WATCH.rstrip().rstrip(';')})(0)")
    page = context.new_page()
    page.route(f"{_ORIGIN}**", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.goto(_ORIGIN)
    return page
