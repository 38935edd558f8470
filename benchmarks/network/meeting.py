"""The real program with a publisher and a viewer in real Chromiums, each behind a network of their own."""

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Playwright

from benchmarks.network import scenery
from benchmarks.network.relay import RelayProcess
from tests.support import faces
from tests.support.browser import launch
from tests.support.person import Person
from tests.support.stack import Stack, free_port

PUBLISHER: Final = "publisher"
VIEWER: Final = "viewer"
WATCH: Final = (Path(__file__).parent / "watch.js").read_text()
MEDIA_HOST: Final = "127.0.0.1"
_SPEAKER_NAME: Final = "Elena Marín"
_SEES_ITSELF: Final = "[...document.querySelectorAll('video')].some((video) => video.videoWidth > 0)"
"""Whoever joins before the camera is open joins with camera and microphone off."""


@dataclass
class Meeting:
    """Both people, in the room, and what lies between them and the media worker."""

    publisher: Person
    viewer: Person
    relay: RelayProcess
    worker: int

    def clock(self, person: Person) -> float:
        """Return the page's clock now, in seconds."""
        return float(person.room.evaluate("performance.now()")) / 1000

    def noted(self, person: Person) -> dict[str, Any]:
        """Return what the page noted so far."""
        return dict(
            person.room.evaluate("() => ({frames: __noted.frames, samples: __noted.samples})"),
        )

    def wait(self, seconds: float) -> None:
        """Let it go on; the browsers' driver must run meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.viewer.page.wait_for_timeout(min(left, 1.0) * 1000)


@contextlib.contextmanager
def browser(
    driver: Playwright, stack: Stack, folder: Path, *, port: int, shows: bool, **window: Any
) -> Iterator[Person]:
    """Give somebody a browser that notes what it gets. `port`: where it finds the worker; 0: as announced."""
    video, audio = scenery.files(folder)
    files = {"video_file": video, "audio_file": audio} if shows else {"fake_media": True}
    with launch(driver, **files, **window) as context:
        context.add_init_script(f"({WATCH.rstrip().rstrip(';')})({port})")
        yield Person(context, stack, faces.RED)


@contextlib.contextmanager
def meeting(driver: Playwright, folder: Path, seed: int) -> Iterator[Meeting]:
    """Let a teacher go on the stage and a student watch."""
    port = free_port(socket.SOCK_DGRAM)
    settings = {"LTI_ROOM_MEDIA_BIND": f"{MEDIA_HOST}:{port}"}
    with contextlib.ExitStack() as home:
        stack = home.enter_context(Stack(folder, media=1, devlms=True, settings=settings))
        relay = home.enter_context(RelayProcess((MEDIA_HOST, port), (PUBLISHER, VIEWER), seed=seed))
        people = {
            name: home.enter_context(
                browser(driver, stack, folder, port=relay.ports[name], shows=name == PUBLISHER, **window)
            )
            for name, window in ((PUBLISHER, {}), (VIEWER, {"width": 1280, "height": 800}))
        }
        publisher, viewer = people[PUBLISHER], people[VIEWER]
        publisher.launch("sakai", "instructor", where="window")
        publisher.waits_until(lambda: publisher.room.evaluate(_SEES_ITSELF), "the camera is open")
        publisher.enter_on_stage()
        viewer.launch("sakai", "student1", where="window")
        viewer.enter_as_viewer()
        viewer.sees_on_stage(_SPEAKER_NAME)
        viewer.waits_until(lambda: viewer.room.evaluate("__noted.frames.length > 24"), "there is a picture")
        yield Meeting(publisher, viewer, relay, stack.medias[0].pid)
