"""The last events of a room in memory: a page that was away for a moment is told only what it missed."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lti_room.base.ids import ParticipantId
from lti_room.rooms.events import Recorded
from lti_room.rooms.model import EVERYONE, STAFF, Audience, Room, only
from lti_room.rooms.roles import Role

EVENTS = 512


@dataclass(frozen=True)
class Heard:
    """An event as one audience hears it; `prev` is the version of that audience's event before it."""

    recorded: Recorded
    audience: Audience
    prev: int


def audiences_of(participant: ParticipantId, role: Role) -> dict[str, Audience]:
    """Return the audiences a page is in, by their names on the wire."""
    found = {"everyone": EVERYONE, "me": only(participant)}
    return {**found, "staff": STAFF} if role.is_staff else found


class Ring:
    """Everything heard since `floor`, which says what each audience had heard before that."""

    def __init__(self, room: Room) -> None:
        self._floor: dict[Audience, int] = dict(room.audience_versions)
        self._heard: deque[Heard] = deque()

    def add(self, heard: Heard) -> None:
        """Keep an event; the oldest one is dropped when there are too many."""
        self._heard.append(heard)
        if len(self._heard) > EVENTS:
            oldest = self._heard.popleft()
            self._floor[oldest.audience] = oldest.recorded.version

    def __iter__(self) -> Iterator[Heard]:
        return iter(self._heard)

    def missed(
        self, audiences: Mapping[str, Audience], seen: Mapping[str, int], room: Room
    ) -> list[Heard] | None:
        """Return what a page has not seen, in order; None when the ring does not reach back that far.

        `seen` must name exactly the audiences the page is in now, and nothing that has not happened.
        """
        if seen.keys() != audiences.keys():
            return None
        after = {audience: seen[name] for name, audience in audiences.items()}
        if any(not self._floor.get(one, 0) <= version <= room.heard(one) for one, version in after.items()):
            return None
        return [
            one for one in self._heard if one.recorded.version > after.get(one.audience, one.recorded.version)
        ]
