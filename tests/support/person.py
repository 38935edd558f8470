"""A person at a browser of their own: launches from a course page, presses buttons, looks and listens."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import BrowserContext, Error, Frame, Locator, Page, Playwright

from lti_room.devlms.persons import PEOPLE
from tests.support.browser import launch
from tests.support.faces import Face
from tests.support.stack import Stack

PATIENCE_SECONDS = 30.0
T = TypeVar("T")

LISTEN = """({name}) => {
  const tile = [...document.querySelectorAll('[data-participant]')].find((t) => t.dataset.name === name);
  if (!tile) return null;
  const ears = (window.__ears ??= {context: new AudioContext(), heard: new Map()});
  ears.context.resume();
  const sound = [...document.querySelectorAll('audio, video')]
    .filter((m) => m.srcObject instanceof MediaStream && m.dataset.participant === tile.dataset.participant)
    .flatMap((m) => m.srcObject.getAudioTracks())[0];
  if (!sound) return null;
  const heard = `${tile.dataset.participant} ${sound.id}`;
  let ear = ears.heard.get(heard);
  if (!ear) {
    ear = new AnalyserNode(ears.context, {fftSize: 32768, smoothingTimeConstant: 0});
    new MediaStreamAudioSourceNode(ears.context, {mediaStream: new MediaStream([sound])}).connect(ear);
    ears.heard.set(heard, ear);
  }
  const levels = new Float32Array(ear.frequencyBinCount);
  ear.getFloatFrequencyData(levels);
  let best = 20;
  for (let bin = 20; bin < levels.length; bin += 1) if (levels[bin] > levels[best]) best = bin;
  return {hertz: best * ears.context.sampleRate / ear.fftSize, level: levels[best]};
}"""

LOOK = """({name}) => {
  const tile = [...document.querySelectorAll('[data-participant]')].find((t) => t.dataset.name === name);
  const video = tile?.querySelector('video');
  if (!video || !video.videoWidth || video.readyState < 2) return null;
  const canvas = document.createElement('canvas');
  canvas.width = 32;
  canvas.height = 24;
  const pen = canvas.getContext('2d');
  pen.drawImage(video, 0, 0, 32, 24);
  const [r, g, b] = pen.getImageData(16, 10, 1, 1).data;
  return {rgb: [r, g, b], frames: video.getVideoPlaybackQuality().totalVideoFrames};
}"""

REMEMBER = """() => {
  if (window.__told) return;
  const told = (window.__told = []);
  const look = () => {
    const words = document.querySelector('.strip-words')?.textContent.trim();
    if (words && words !== told.latest) told.push(words);
    told.latest = words;
  };
  new MutationObserver(look).observe(document, {subtree: true, childList: true, characterData: true});
}"""
"""Some sentences go by themselves after four seconds: a slow machine may look too late."""

TOLD = """(sentence) => {
  const like = sentence.startsWith('/') && new RegExp(`^${sentence.slice(1, -1)}$`);
  const at = window.__told.findIndex((told) => (like ? like.test(told) : told === sentence));
  window.__told.splice(0, at + 1);
  return at >= 0;
}"""


class Person:
    """One person in one browser. Methods are what people do; each waits until the screen offers it."""

    def __init__(self, context: BrowserContext, stack: Stack, face: Face, *, touches: bool = False) -> None:
        self.context = context
        self.touches = touches
        self.context.add_init_script(f"({REMEMBER})()")
        self.face = face
        self._stack = stack
        self.name = ""
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        """The page with the room: the course page that frames it, or the window of its own."""
        assert self._page is not None, "has not launched yet"
        return self._page

    @property
    def room(self) -> Frame:
        """The frame that shows the room."""
        return self._until(
            self._room_frame, PATIENCE_SECONDS, f"{self.name or 'the person'} sees a room page"
        )

    def _room_frame(self) -> Frame | None:
        found = [frame for frame in self.page.frames if frame.url.startswith(f"{self._stack.url}/rooms/")]
        return found[0] if found else None

    def _until(self, look: Callable[[], T | None], seconds: float, what: str) -> T:
        """Poll. Between two looks the driver hears of new frames and pages; a plain sleep holds them up."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s: {what}")
            self.page.wait_for_timeout(50)
        return found

    def launch(self, lms: str, person: str, *, link: str = "link1", where: str = "frame") -> None:
        """Go through the emulated course page, as a click there does."""
        page = self.context.new_page()
        page.goto(self._stack.devlms_url)
        button = page.locator(f'[data-launch="{lms}/{person}/{link}/{where}"]')
        if where == "frame":
            button.click()
            self._page = page
        else:
            with self.context.expect_page() as opened:
                button.click()
            self._page = opened.value
        self.room.wait_for_selector("[data-view]", timeout=PATIENCE_SECONDS * 1000)
        self.name = PEOPLE[person].name

    def go_home(self) -> None:
        """Close all pages, and let the browser forget what this person preferred."""
        for page in self.context.pages:
            for frame in page.frames:
                if frame.url.startswith(self._stack.url):
                    frame.evaluate("localStorage.clear()")
        for page in self.context.pages[1:]:
            page.close()
        self.context.pages[0].goto("about:blank")
        self._page = None

    def follow_new_window(self) -> None:
        """Press "Open in a new window" and go on in the window that opens."""
        button = self.button("Open in a new window").first
        with self.context.expect_page() as opened:
            self.press_at(button)
        self.goes_on_in(opened.value)

    def goes_on_in(self, page: Page) -> None:
        """Wait for the room in a window that has just been opened, and turn to it."""
        self._page = page
        self.room.wait_for_selector("[data-view]", timeout=PATIENCE_SECONDS * 1000)

    def go_to(self, page: Page) -> None:
        """Look at another page that is already open."""
        self._page = page
        page.bring_to_front()

    def button(self, name: str) -> Locator:
        """The button with this accessible name."""
        return self.room.get_by_role("button", name=name, exact=True)

    def press_at(self, target: Locator) -> None:
        """Click or tap, as a person does: only that counts as a gesture for the browser."""
        target.wait_for(timeout=PATIENCE_SECONDS * 1000)
        target.scroll_into_view_if_needed()
        # A button that is unavailable may be pressed: it tells the reason.
        unavailable = target.get_attribute("aria-disabled") == "true"
        press = target.tap if self.touches else target.click
        press(timeout=PATIENCE_SECONDS * 1000, force=unavailable)

    def press(self, name: str) -> None:
        """Press the button with this name."""
        self.press_at(self.button(name).first)

    def offers(self, name: str) -> bool:
        """Whether the screen shows a button with this name."""
        return self.button(name).first.is_visible()

    def sees(self, text: str) -> None:
        """Wait until the screen shows this text."""
        self.room.get_by_text(text).first.wait_for(timeout=PATIENCE_SECONDS * 1000)

    def sees_button(self, name: str) -> None:
        """Wait until the screen offers this button."""
        self.button(name).first.wait_for(timeout=PATIENCE_SECONDS * 1000)

    def sees_no_button(self, name: str) -> None:
        """Wait until the screen offers no such button."""
        self._until(lambda: not self.offers(name), PATIENCE_SECONDS, f"no button {name} for {self.name}")

    def is_told(self, sentence: str) -> None:
        """Wait until the strip in the top bar has said exactly this, since the last time this was asked."""
        self._until(
            lambda: self.room.evaluate(TOLD, sentence), PATIENCE_SECONDS, f"{self.name} is told: {sentence}"
        )

    def is_told_like(self, pattern: str) -> None:
        """The same for a sentence of which a part is not known."""
        self._until(
            lambda: self.room.evaluate(TOLD, f"/{pattern}/"),
            PATIENCE_SECONDS,
            f"{self.name} is told like: {pattern}",
        )

    def notice(self, sentence: str) -> Locator:
        """Wait until the strip says exactly this and goes on saying it; return the strip."""
        strip = self.room.locator(".strip").filter(
            has=self.room.locator(".strip-words", has_text=re.compile(f"^{re.escape(sentence)}$"))
        )
        strip.wait_for(timeout=PATIENCE_SECONDS * 1000)
        return strip

    def answers(self, sentence: str, button: str) -> None:
        """Wait for a notice and press one of its buttons."""
        self.press_at(self.notice(sentence).get_by_role("button", name=button, exact=True))

    def stands(self, place: str) -> None:
        """Wait until the sentence at the start of the toolbar is this one."""
        sentence = self.room.locator("#place")
        self._until(lambda: sentence.inner_text().strip() == place, PATIENCE_SECONDS, f"{self.name}: {place}")

    def picks(self, opener: str, item: str) -> None:
        """Open a menu by its button and choose an item."""
        self.press(opener)
        self.press_at(self.menu_item(item))

    def menu_item(self, item: str) -> Locator:
        """The item of the open menu whose words begin so."""
        return self.room.locator("[role^=menuitem]").filter(has_text=re.compile(f"^{re.escape(item)}"))

    def is_invited_by(self, name: str) -> Locator:
        """Wait for the stage invitation of this person; return it."""
        invitation = self.room.get_by_role("region", name="Stage invitation")
        invitation.get_by_role("heading", name=f"{name} invites you to the stage.", exact=True).wait_for(
            timeout=PATIENCE_SECONDS * 1000
        )
        return invitation

    def waits_until(self, look: Callable[[], object], what: str) -> None:
        """Wait until `look` returns something true."""
        self._until(look, PATIENCE_SECONDS, f"{self.name}: {what}")

    def sees_dialog(self, title: str) -> Locator:
        """Wait for a dialog; return it."""
        dialog = self.room.get_by_role("dialog", name=title, exact=True)
        dialog.wait_for(timeout=PATIENCE_SECONDS * 1000)
        return dialog

    def says(self, text: str) -> None:
        """Open the chat and send a message; while the connection is lost, try again as a person does."""
        self.press("Chat")
        box = self.room.get_by_role("textbox", name="Write to everyone")
        box.fill(text)

        def is_sent() -> bool:
            box.press("Enter")
            return box.input_value() == ""

        self._until(is_sent, PATIENCE_SECONDS, f"{self.name} sends a message")

    def enter_as_viewer(self) -> None:
        """Set devices → Join as viewer."""
        self.press("Join as viewer")
        self.room.wait_for_selector('[data-view="room"]', timeout=PATIENCE_SECONDS * 1000)

    def enter_on_stage(self) -> None:
        """Set devices → Join stage."""
        self.press("Join stage")
        self.room.wait_for_selector('[data-view="room"]', timeout=PATIENCE_SECONDS * 1000)
        self.sees_on_stage(self.name)

    def accept_invitation(self) -> None:
        """Invitation → Join stage → Get ready to join the stage → Join stage."""
        self.press_at(
            self.room.get_by_role("region", name="Stage invitation").get_by_role("button", name="Join stage")
        )
        self.goes_live()

    def goes_live(self) -> None:
        """Get ready to join the stage → Join stage."""
        dialog = self.sees_dialog("Get ready to join the stage")
        self.press_at(dialog.get_by_role("button", name="Join stage"))
        self.sees_on_stage(self.name)

    def sees_on_stage(self, name: str) -> None:
        """Wait for the tile of this name."""
        self.room.locator(f'[data-participant][data-name="{name}"]').first.wait_for(
            timeout=PATIENCE_SECONDS * 1000
        )

    def sees_gone(self, name: str) -> None:
        """Wait until the tile of this name is gone."""
        tile = self.room.locator(f'[data-participant][data-name="{name}"]')
        self._until(lambda: tile.count() == 0, PATIENCE_SECONDS, f"the tile of {name} is gone")

    def decodes(self, name: str, face: Face, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the tile of this name shows the colour of `face`, in moving frames."""
        first = self._until(
            lambda: self._looks(name, face), seconds, f"{self.name} sees the picture of {name}"
        )
        self._until(
            lambda: (self._looks(name, face) or {"frames": 0})["frames"] > first["frames"],
            seconds,
            f"the picture of {name} moves for {self.name}",
        )

    def _looks(self, name: str, face: Face) -> dict[str, Any] | None:
        seen = self.room.evaluate(LOOK, {"name": name})
        if seen is None or any(abs(a - b) > 40 for a, b in zip(seen["rgb"], face.rgb, strict=True)):
            return None
        return dict(seen)

    def hears(self, name: str, face: Face, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the sound of the tile of this name has the pitch of `face`."""
        self._until(lambda: self._pitch_is(name, face), seconds, f"{self.name} hears {name}")

    def no_longer_hears(self, name: str, face: Face) -> None:
        """Wait until the voice of this face is silent for a whole second."""
        since = time.monotonic()

        def is_silent() -> bool:
            nonlocal since
            if self._pitch_is(name, face):
                since = time.monotonic()
            return time.monotonic() - since > 1.0

        self._until(is_silent, PATIENCE_SECONDS, f"{self.name} does not hear {name}")

    def sees_no_picture(self, name: str) -> None:
        """Wait until the tile of this name shows no picture."""
        video = self.room.locator(f'[data-participant][data-name="{name}"] video')
        self._until(lambda: video.count() == 0, PATIENCE_SECONDS, f"{self.name} sees no picture of {name}")

    def _pitch_is(self, name: str, face: Face) -> bool:
        heard = self.room.evaluate(LISTEN, {"name": name})
        return heard is not None and heard["level"] > -70 and abs(heard["hertz"] - face.hertz) < 15

    def takes_picture(self, path: Path) -> None:
        """Keep what the screen shows, if there is a screen."""
        with contextlib.suppress(Error):
            if self._page is not None:
                self._page.screenshot(path=path)

    def stays_without(self, what: str, seconds: float) -> None:
        """Hold that no element matching the selector appears for this long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.room.locator(what).count() == 0, f"{what} appeared for {self.name}"
            self.page.wait_for_timeout(50)


@contextlib.contextmanager
def a_person(driver: Playwright, stack: Stack, face: Face, folder: Path, **window: Any) -> Iterator[Person]:
    """Give somebody a browser whose camera and microphone are `face`."""
    video, audio = face.files(folder)
    with launch(driver, video_file=video, audio_file=audio, **window) as context:
        yield Person(context, stack, face, touches=window.get("phone", False))
