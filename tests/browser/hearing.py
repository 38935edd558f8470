"""Whether a page plays its sound, told by the page itself."""

import json
from typing import Any

from playwright.sync_api import ConsoleMessage

from tests.support.person import Person

WATCH = """
if (location.pathname.startsWith('/rooms/')) {
  setInterval(() => {
    const button = document.querySelector('.hear')?.getBoundingClientRect();
    const sounds = [...document.querySelectorAll('audio')].filter((one) => one.srcObject);
    console.debug('sound ' + JSON.stringify({
      playing: sounds.some((one) => !one.paused && one.currentTime > 0.3),
      button: button && {x: button.x + button.width / 2, y: button.y + button.height / 2},
    }));
  }, 200);
}
"""
"""The page itself tells: a look through the driver would count as a gesture and free the sound."""


class Ear:
    """Listens to what the pages of one browser tell of their sound."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._latest: dict[str, Any] = {}
        person.context.add_init_script(WATCH)
        person.context.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        about, _, told = message.text.partition(" ")
        if about == "sound":
            self._latest = json.loads(told)

    def waits_for(self, what: str) -> Any:
        """Wait until the page tells of it from now on."""
        self._latest = {}
        self._person.waits_until(lambda: self._latest.get(what), f"sound: {what}")
        return self._latest[what]

    def tells_of(self, what: str) -> bool:
        """Whether the latest told has it."""
        return bool(self._latest.get(what))
