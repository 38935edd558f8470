"""What the core needs from a store. Two implementations, one contract suite."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lti_room.base.ids import RoomId
from lti_room.rooms.events import Event, Recorded
from lti_room.rooms.model import Room


class VersionConflict(Exception):
    """Somebody appended first. `missed` are the events since the expected version, oldest first."""

    def __init__(self, missed: Sequence[Recorded]) -> None:
        super().__init__(f"{len(missed)} events were appended first")
        self.missed = tuple(missed)


@dataclass(frozen=True)
class Appended:
    """What an append recorded; for a known command id, what it recorded the first time."""

    recorded: tuple[Recorded, ...]
    repeated: bool


class RoomStore(Protocol):
    """One stream of events per room, appended with the expected version."""

    def load(self, room: RoomId) -> Room:
        """Return the room at its latest version (snapshot and the events after it); version 0 if unknown."""
        ...

    def append(
        self, room: RoomId, expected: int, events: Sequence[Event], at: float, command_id: str | None = None
    ) -> Appended:
        """Append all events or none; no events are nothing to append.

        A known `command_id` is answered with what it caused the first time, whatever `expected` says.

        Raises:
            VersionConflict: the room is not at version `expected`.
            StoreUnavailable: Redis did not answer.
        """
        ...

    def outcome(self, room: RoomId, command_id: str) -> Appended | None:
        """Return what a command id caused the first time, None if it is not known.

        For a repeated command that the room, having moved on through its first time, would refuse.
        """
        ...

    def read(self, room: RoomId, after: int, limit: int = 1000) -> tuple[Recorded, ...]:
        """Return the events after a version, oldest first; none if they are no longer kept."""
        ...
