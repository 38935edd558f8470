"""The store of an installation: one Redis Stream per room, entry `<version>-0` being event `version`.

Appending compares and appends in one script. Every `snapshot_events` events the writer keeps a
snapshot and trims the stream below it, except for the events a reconnecting page may still ask for.
Rooms seen before are kept in the process, so loading one again reads only what came since.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

import redis.exceptions

from lti_room.base.errors import StoreUnavailable
from lti_room.base.ids import RoomId
from lti_room.base.log import logger
from lti_room.base.redis_client import Redis
from lti_room.rooms import codec, snapshot
from lti_room.rooms.apply import replay
from lti_room.rooms.events import Event, Recorded
from lti_room.rooms.model import Room
from lti_room.rooms.ports import Appended, VersionConflict

LOG_KEY: Final = "rooms:log"
LOG_LENGTH: Final = 10_000
COMMAND_SECONDS: Final = 3600
CATCH_UP_EVENTS: Final = 512
"""Events kept below a snapshot for pages that reconnect."""
KEPT_ROOMS: Final = 512
LOAD_ATTEMPTS: Final = 5
SCRIPTS: Final = Path(__file__).parent

Entry = tuple[bytes, bytes]
"""A stream entry's id and envelope."""

_log = logger("rooms.redis_store")


@dataclass(frozen=True)
class _Kept:
    """A room of the process's memory and the entry it ends with."""

    room: Room
    entry: Entry


class RedisRoomStore:
    """Implements `RoomStore`. Safe in threads and greenlets."""

    def __init__(self, redis: Redis, *, snapshot_events: int) -> None:
        self._redis = redis
        self._snapshot_events = snapshot_events
        self._append = redis.register_script((SCRIPTS / "append.lua").read_bytes())
        self._keep_snapshot = redis.register_script((SCRIPTS / "snapshot.lua").read_bytes())
        self._lock = Lock()
        self._rooms: OrderedDict[RoomId, _Kept] = OrderedDict()

    def load(self, room: RoomId) -> Room:
        """Return the room at its latest version; version 0 if unknown.

        Raises:
            StoreUnavailable: Redis did not answer.
            CodecError: the record cannot be read.
        """
        with self._lock:
            kept = self._rooms.get(room)
        with _translated():
            if kept is not None and (newer := self._since(kept)) is not None:
                return self._remember(kept, newer)
            return self._load_from_snapshot(room)

    def append(
        self, room: RoomId, expected: int, events: Sequence[Event], at: float, command_id: str | None = None
    ) -> Appended:
        """Append all events or none; see `RoomStore.append`."""
        if not events:
            return Appended((), repeated=False)
        recorded = tuple(
            Recorded(version, at, event, command_id)
            for version, event in enumerate(events, start=expected + 1)
        )
        with _translated():
            status, *rest = self._append(
                keys=[events_key(room), commands_key(room), LOG_KEY],
                args=[
                    room,
                    expected,
                    command_id or "",
                    COMMAND_SECONDS,
                    LOG_LENGTH,
                    *map(codec.encode, recorded),
                ],
            )
        if status == b"repeated":
            return Appended(_decoded(_entries(rest[0])), repeated=True)
        if status == b"conflict":
            raise VersionConflict(_contiguous(_decoded(_entries(rest[0])), expected))
        self._snapshot_if_due(room, expected, recorded[-1].version)
        return Appended(recorded, repeated=False)

    def outcome(self, room: RoomId, command_id: str) -> Appended | None:
        """Return what a command id caused, None if it is not known.

        Raises:
            StoreUnavailable: Redis did not answer.
        """
        with _translated():
            span: Any = self._redis.hget(commands_key(room), command_id)
            if span is None:
                return None
            first, _, last = span.partition(b":")
            entries = _entries(self._redis.xrange(events_key(room), min=first + b"-0", max=last + b"-0"))
        return Appended(_decoded(entries), repeated=True)

    def read(self, room: RoomId, after: int, limit: int = 1000) -> tuple[Recorded, ...]:
        """Return the events after a version, oldest first; empty if they are no longer kept.

        Raises:
            StoreUnavailable: Redis did not answer.
        """
        with _translated():
            return _contiguous(_decoded(self._range(room, after + 1, limit)), after)

    def _range(self, room: RoomId, first: int, limit: int | None = None) -> list[Entry]:
        return _entries(self._redis.xrange(events_key(room), min=f"{first}-0", count=limit))

    def _since(self, kept: _Kept) -> list[Entry] | None:
        """Return the entries after a kept room; None when the stream no longer holds the entry it ends with.

        That entry is read again because Redis may have lost its last second, and the versions may
        since have been given to other events.
        """
        entries = self._range(kept.room.id, kept.room.version)
        return entries[1:] if entries and entries[0] == kept.entry else None

    def _load_from_snapshot(self, room: RoomId) -> Room:
        for _ in range(LOAD_ATTEMPTS):
            data: Any = self._redis.get(snapshot_key(room))
            start = Room(room) if data is None else snapshot.decode(data)
            entries = self._range(room, max(start.version, 1))
            if not entries:
                return start
            if start.version and int(entries[0][0].partition(b"-")[0]) == start.version:
                return self._remember(_Kept(start, entries[0]), entries[1:])
            recorded = _decoded(entries)
            if recorded[0].version == start.version + 1:
                return self._put(_Kept(replay(start, recorded), entries[-1]))
            # A newer snapshot was kept, and the stream trimmed, between the two reads.
        raise StoreUnavailable

    def _remember(self, kept: _Kept, newer: list[Entry]) -> Room:
        if newer:
            kept = _Kept(replay(kept.room, _decoded(newer)), newer[-1])
        return self._put(kept)

    def _put(self, kept: _Kept) -> Room:
        with self._lock:
            self._rooms[kept.room.id] = kept
            self._rooms.move_to_end(kept.room.id)
            if len(self._rooms) > KEPT_ROOMS:
                self._rooms.popitem(last=False)
        return kept.room

    def _snapshot_if_due(self, room: RoomId, before: int, version: int) -> None:
        if before // self._snapshot_events == version // self._snapshot_events:
            return
        try:
            current = self.load(room)
            with _translated():
                self._keep_snapshot(
                    keys=[snapshot_key(room), events_key(room), commands_key(room)],
                    args=[current.version, snapshot.encode(current), CATCH_UP_EVENTS],
                )
        except StoreUnavailable:
            # The events are safe; the next multiple keeps a snapshot again.
            _log.warning("no snapshot was kept", extra={"room": room})


def events_key(room: RoomId) -> str:
    """Return the key of a room's stream: tails read it."""
    return f"room:{room}:events"


def commands_key(room: RoomId) -> str:
    """Return the key of the hash of command ids."""
    return f"room:{room}:commands"


def snapshot_key(room: RoomId) -> str:
    """Return the key of a room's snapshot."""
    return f"room:{room}:snapshot"


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except redis.exceptions.RedisError as error:
        raise StoreUnavailable from error


def _entries(raw: Any) -> list[Entry]:
    """Return entries as (id, envelope); fields are lists in a script's answer, mappings otherwise."""
    return [(entry, fields[b"e"] if isinstance(fields, dict) else fields[1]) for entry, fields in raw]


def _decoded(entries: Sequence[Entry]) -> tuple[Recorded, ...]:
    return tuple(codec.decode(envelope) for _, envelope in entries)


def _contiguous(recorded: tuple[Recorded, ...], after: int) -> tuple[Recorded, ...]:
    """Return events that follow a version without a gap, else none: the caller has to load the room."""
    return recorded if recorded and recorded[0].version == after + 1 else ()
