"""Two real Chromiums meet through a worker: one's picture and tone arrive at the other."""

import contextlib
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright

from lti_room.base.errors import AppError
from lti_room.base.ids import RoomId
from lti_room.base.redis_client import Redis
from lti_room.media.backend import (
    Endpoint,
    EndpointClosed,
    GrantRow,
    LayersWanted,
    MediaLost,
    MediaSource,
    PicturesPaused,
    SubscribeOffer,
    View,
)
from tests.support import faces
from tests.support.browser import launch
from tests.support.media import Signalling, WorkerProcess, endpoint, may_send, table

pytestmark = pytest.mark.browser
STATIC = Path(__file__).parents[2] / "static"


class _Files(http.server.SimpleHTTPRequestHandler):
    """The page of the test beside the program's own scripts."""

    def translate_path(self, path: str) -> str:
        folder = STATIC if path.startswith("/js/") else Path(__file__).parent / "page"
        return str(folder / path.lstrip("/").partition("?")[0])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/page.html"
    server.shutdown()
    server.server_close()


class Person:
    """One page, and its way to the backend. Events are handed to the page by `pump`."""

    def __init__(self, page: Page, signalling: Signalling, who: Endpoint) -> None:
        self.page = page
        self.who = who
        self._signalling = signalling
        self._seen = 0
        page.expose_function("signal", self._signal)

    def _signal(self, payload: dict[str, Any]) -> dict[str, Any]:
        backend = self._signalling.backend
        try:
            match payload["do"]:
                case "publish":
                    sources = {mid: MediaSource(name) for mid, name in payload["sources"].items()}
                    return {"ok": True, "sdp": backend.publish(self.who, payload["sdp"], sources)}
                case "subscribe":
                    backend.subscribe(self.who)
                case "answer":
                    backend.answer(self.who, payload["number"], payload["sdp"])
                case "view":
                    tiles = {tuple(name.split("/")): size for name, size in payload["tiles"].items()}
                    backend.view(self.who, View(tiles, payload["low_data"]))
                case "close":
                    backend.close(self.who)
        except AppError as error:
            return {"ok": False, "error": {"code": error.code, "message": error.message}}
        return {"ok": True}

    def pump(self) -> None:
        """Hand the page what the server said since the last time."""
        events, self._seen = self._signalling.events[self._seen :], len(self._signalling.events)
        for event in events:
            message: dict[str, Any] | None = None
            if isinstance(event, SubscribeOffer) and event.connection == self.who.connection:
                tracks = {mid: {"participant": p, "source": s} for mid, (p, s) in event.tracks.items()}
                message = {"do": "offer", "number": event.number, "sdp": event.sdp, "tracks": tracks}
            elif isinstance(event, EndpointClosed) and event.connection == self.who.connection:
                message = {"do": "closed", "which": event.which, "reason": event.reason}
            elif isinstance(event, LayersWanted) and event.connection == self.who.connection:
                message = {"do": "layers", "active": event.active}
            elif isinstance(event, PicturesPaused) and event.connection == self.who.connection:
                paused = ["/".join(tile) for tile in event.tiles]
                message = {"do": "paused", "tiles": paused, "weak": event.weak}
            elif isinstance(event, MediaLost):
                message = {"do": "restart"}
            if message:
                self.page.evaluate("message => { room.session.receive(message); }", message)

    def key(self, source: str = "camera") -> str:
        return f"{self.who.participant} {source}"


def until(look: Callable[[], Any], people: list[Person], seconds: float = 20.0, what: str = "") -> Any:
    deadline = time.monotonic() + seconds
    while True:
        for person in people:
            person.pump()
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        people[0].page.wait_for_timeout(50)


def enter(
    stack: contextlib.ExitStack,
    driver: Playwright,
    site: str,
    signalling: Signalling,
    room: RoomId,
    face: faces.Face,
    folder: Path,
) -> Person:
    video, audio = face.files(folder)
    context = stack.enter_context(
        launch(
            driver, video_file=video, audio_file=audio, args=("--autoplay-policy=no-user-gesture-required",)
        )
    )
    person = Person(context.pages[0], signalling, endpoint(room))
    person.page.goto(site)
    until(lambda: person.page.evaluate("globalThis.ready === true"), [person], what="the page is ready")
    return person


def sees(person: Person, other: Person, face: faces.Face, source: str = "camera") -> bool:
    colour = person.page.evaluate("key => room.colour(key)", other.key(source))
    frames = person.page.evaluate("key => room.frames(key)", other.key(source))
    return bool(colour) and frames > 5 and all(abs(a - b) < 40 for a, b in zip(colour, face.rgb, strict=True))


def hears(person: Person, other: Person, face: faces.Face) -> bool:
    hertz = person.page.evaluate("key => room.hertz(key)", other.key("microphone"))
    return hertz is not None and abs(hertz - face.hertz) < 30


def test_two_people_see_and_hear_each_other(
    driver: Playwright, site: str, worker: WorkerProcess, signalling: Signalling, tmp_path: Path
) -> None:
    room = RoomId("r_browser")
    with contextlib.ExitStack() as stack:
        red = enter(stack, driver, site, signalling, room, faces.RED, tmp_path)
        green = enter(stack, driver, site, signalling, room, faces.GREEN, tmp_path)
        rows = {red.who.participant: may_send(), green.who.participant: may_send()}
        signalling.backend.grant(table(room, 1, rows))
        for person in (red, green):
            person.page.evaluate("room.capture()")
            person.page.evaluate("room.subscribe()")
        until(lambda: sees(green, red, faces.RED), [red, green], what="green sees red")
        until(lambda: hears(green, red, faces.RED), [red, green], what="green hears red")
        until(lambda: sees(red, green, faces.GREEN), [red, green], what="red sees green")
        until(lambda: hears(red, green, faces.GREEN), [red, green], what="red hears green")


def test_pages_come_back_by_themselves_when_the_worker_is_replaced(
    driver: Playwright,
    site: str,
    worker: WorkerProcess,
    signalling: Signalling,
    redis: Redis,
    tmp_path: Path,
) -> None:
    room = RoomId("r_again")
    with contextlib.ExitStack() as stack:
        red = enter(stack, driver, site, signalling, room, faces.RED, tmp_path)
        green = enter(stack, driver, site, signalling, room, faces.GREEN, tmp_path)
        signalling.backend.grant(table(room, 1, {red.who.participant: may_send()}))
        green.page.evaluate("room.subscribe()")
        red.page.evaluate("room.capture()")
        until(lambda: sees(green, red, faces.RED), [red, green], what="green sees red")
        worker.kill()
        worker.start()
        worker.wait_ready(redis)
        begun = time.monotonic()
        until(lambda: green.page.evaluate("room.gone.length") > 0, [red, green], what="the old is gone")
        until(lambda: sees(green, red, faces.RED), [red, green], what="green sees red again")
        assert time.monotonic() - begun < 6


def test_a_source_can_be_held_back_replaced_and_shared_without_a_new_connection(
    driver: Playwright, site: str, worker: WorkerProcess, signalling: Signalling, tmp_path: Path
) -> None:
    room = RoomId("r_replace")
    with contextlib.ExitStack() as stack:
        red = enter(stack, driver, site, signalling, room, faces.RED, tmp_path)
        green = enter(stack, driver, site, signalling, room, faces.GREEN, tmp_path)
        signalling.backend.grant(table(room, 1, {red.who.participant: may_send(*MediaSource)}))
        green.page.evaluate("room.subscribe()")
        red.page.evaluate("room.capture()")
        until(lambda: sees(green, red, faces.RED), [red, green], what="green sees red")
        red.page.evaluate("room.session.setOn('camera', false)")
        green.page.wait_for_timeout(500)
        held = green.page.evaluate("key => room.frames(key)", red.key())
        green.page.wait_for_timeout(700)
        assert green.page.evaluate("key => room.frames(key)", red.key()) <= held + 1
        red.page.evaluate("room.session.setOn('camera', true)")
        until(
            lambda: green.page.evaluate("key => room.frames(key)", red.key()) > held + 10,
            [red, green],
            what="the picture moves again",
        )
        red.page.evaluate("room.share()")
        until(lambda: sees(green, red, faces.BLUE, "screen"), [red, green], what="green sees what red shares")
        assert red.page.evaluate("room.states.filter(({state}) => state === 'connecting').length") == 1


def test_somebody_removed_sees_and_hears_nothing_any_more(
    driver: Playwright, site: str, worker: WorkerProcess, signalling: Signalling, tmp_path: Path
) -> None:
    room = RoomId("r_removed")
    with contextlib.ExitStack() as stack:
        red = enter(stack, driver, site, signalling, room, faces.RED, tmp_path)
        green = enter(stack, driver, site, signalling, room, faces.GREEN, tmp_path)
        rows = {red.who.participant: may_send(), green.who.participant: GrantRow()}
        signalling.backend.grant(table(room, 1, rows))
        green.page.evaluate("room.subscribe()")
        red.page.evaluate("room.capture()")
        until(lambda: sees(green, red, faces.RED), [red, green], what="green sees red")
        rows[green.who.participant] = GrantRow(receive=False)
        signalling.backend.grant(table(room, 2, rows))
        until(lambda: green.page.evaluate("room.received.size") == 0, [red, green], what="nothing is shown")
        closed = green.page.evaluate("room.states.at(-1)")
        assert closed == {"which": "subscribe", "state": "closed", "reason": "removed"}
