"""The store of one process, in memory: for tests of what stands above it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from lti_room.base.ids import RoomId
from lti_room.rooms.apply import replay
from lti_room.rooms.events import Event, Recorded
from lti_room.rooms.model import Room
from lti_room.rooms.ports import Appended, VersionConflict


@dataclass
class _Stream:
    room: Room
    events: list[Recorded] = field(default_factory=list)
    commands: dict[str, tuple[Recorded, ...]] = field(default_factory=dict)


class MemoryRoomStore:
    """Implements `RoomStore`. Keeps every event; safe in threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._streams: dict[RoomId, _Stream] = {}

    def load(self, room: RoomId) -> Room:
        """Return the room at its latest version."""
        with self._lock:
            return self._stream(room).room

    def append(
        self, room: RoomId, expected: int, events: Sequence[Event], at: float, command_id: str | None = None
    ) -> Appended:
        """Append all events or none; see `RoomStore.append`."""
        with self._lock:
            if not events:
                return Appended((), repeated=False)
            stream = self._stream(room)
            if command_id is not None and command_id in stream.commands:
                return Appended(stream.commands[command_id], repeated=True)
            if stream.room.version != expected:
                raise VersionConflict(stream.events[expected:])
            recorded = tuple(
                Recorded(version, at, event, command_id)
                for version, event in enumerate(events, start=expected + 1)
            )
            stream.room = replay(stream.room, recorded)
            stream.events.extend(recorded)
            if command_id is not None:
                stream.commands[command_id] = recorded
            return Appended(recorded, repeated=False)

    def outcome(self, room: RoomId, command_id: str) -> Appended | None:
        """Return what a command id caused, None if it is not known."""
        with self._lock:
            recorded = self._stream(room).commands.get(command_id)
        return None if recorded is None else Appended(recorded, repeated=True)

    def read(self, room: RoomId, after: int, limit: int = 1000) -> tuple[Recorded, ...]:
        """Return the events after a version, oldest first."""
        with self._lock:
            return tuple(self._stream(room).events[after : after + limit])

    def _stream(self, room: RoomId) -> _Stream:
        return self._streams.setdefault(room, _Stream(Room(room)))
