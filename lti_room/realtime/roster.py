"""The list of people in a room as clients see it: deltas for small rooms, counts and pages for large ones."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lti_room.base.ids import ParticipantId
from lti_room.realtime.nameplates import Nameplates
from lti_room.realtime.presence import Row
from lti_room.rooms.commands import Actor
from lti_room.rooms.model import Room
from lti_room.rooms.policy import role_of
from lti_room.rooms.roles import Role


@dataclass(frozen=True)
class Listed:
    """One person on the list, with the highest role of their entered connections."""

    id: ParticipantId
    name: str
    role: Role
    on_stage: bool

    def encoded(self) -> dict[str, str]:
        """Return the person as clients see them."""
        return {"id": self.id, "name": self.name, "role": self.role.value}


@lru_cache(maxsize=10_000)
def folded(text: str) -> str:
    """Return text for searching: without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def listed(rows: Iterable[Row], room: Room, names: Nameplates) -> dict[ParticipantId, Listed]:
    """Return everybody who entered."""
    highest: dict[ParticipantId, Role] = {}
    for row in rows:
        if row.entered and row.role.rank >= highest.get(row.participant, Role.ATTENDEE).rank:
            highest[row.participant] = row.role
    return {
        who: Listed(who, names.of(who), role_of(room, Actor(who, role)), room.person(who).is_on_stage)
        for who, role in highest.items()
        if not room.person(who).removed
    }


class Roster:
    """The list as clients were last told it."""

    def __init__(self, full_people: int, page_size: int) -> None:
        self._full_people = full_people
        self._page_size = page_size
        self._people: Mapping[ParticipantId, Listed] = {}
        self._viewers: list[Listed] = []
        self.stale = True
        """Whether somebody came, went or changed since."""

    def change(self, people: Mapping[ParticipantId, Listed]) -> dict[str, Any] | None:
        """Take the new list; return what to tell the clients, None if nothing changed."""
        before, was_complete = self._people, self._is_complete
        self.stale = False
        if people == before:
            return None
        self._people = people
        self._viewers = sorted(
            (one for one in people.values() if not one.on_stage), key=lambda one: (folded(one.name), one.id)
        )
        told: Mapping[ParticipantId, Listed] = before if was_complete else {}
        joined = [one for one in people.values() if not _same(told.get(one.id), one)]
        left = [who for who in told if who not in people]
        shown = self._is_complete
        return {
            "joined": [one.encoded() for one in joined] if shown else [],
            "left": left if shown else [],
            "viewers": len(self._viewers),
            "people": len(people),
            "complete": shown,
        }

    def summary(self) -> dict[str, Any]:
        """Return the list of a snapshot: everybody, or the first page of the viewers."""
        complete = self._is_complete
        shown = self._people.values() if complete else self._viewers[: self._page_size]
        return {
            "people": [one.encoded() for one in shown],
            "total": len(self._people),
            "viewers": len(self._viewers),
            "complete": complete,
        }

    def page(self, number: int) -> dict[str, Any]:
        """Return page `number` (from 0) of the viewers, by name."""
        start = number * self._page_size
        people = self._viewers[start : start + self._page_size]
        return {"people": [one.encoded() for one in people], "total": len(self._viewers), "page": number}

    def search(self, text: str) -> dict[str, Any]:
        """Return those among everybody whose name holds `text`, at most one page of them."""
        wanted = folded(text)
        found = [one for one in self._people.values() if wanted in folded(one.name)]
        found.sort(key=lambda one: (folded(one.name), one.id))
        shown = found[: self._page_size]
        return {"people": [one.encoded() for one in shown], "total": len(found), "page": 0}

    @property
    def _is_complete(self) -> bool:
        return len(self._people) <= self._full_people


def _same(before: Listed | None, now: Listed) -> bool:
    return before is not None and (before.name, before.role) == (now.name, now.role)
