"""Launches that were started and wait for their authorisation request; in memory, one process."""

from lti_room.devlms.persons import Person
from lti_room.devlms.platform import Launch, Link, Placing, Platform

_KEPT_SECONDS = 3600


class Launches:
    """The started launches of one emulated LMS."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._started: dict[str, Launch] = {}

    def start(
        self, person: Person, link: Link, placing: Placing, now: float, *, places_links: bool = False
    ) -> Launch:
        """Remember a click for an hour: on a link, or on "Add a room"."""
        for key in [key for key, launch in list(self._started.items()) if launch.at < now - _KEPT_SECONDS]:
            self._started.pop(key, None)
        launch = Launch(self._platform.new_launch_key(), person, link, placing, now, places_links)
        self._started[launch.key] = launch
        return launch

    def take(self, key: str | None) -> Launch | None:
        """Return a launch, once where the LMS's hint works once."""
        if key is None:
            return None
        if self._platform.hint_works_once:
            return self._started.pop(key, None)
        return self._started.get(key)
