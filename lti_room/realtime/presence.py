"""Who is connected, in Redis: a hash of connections per room and one heartbeat per process.

A participant is *in* a room while one of their connections has entered. Every change that asks "is this the
last one?" is one script, so two processes cannot both think so. A row belongs to the socket that wrote it: an
old socket that ends late takes nothing from the page that came back.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any, Self

import orjson

from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.base.ids import ConnectionId, LaunchId, ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.rooms.roles import Role

PROCESSES = "procs"
BELIEVED_BEATS = 3


@dataclass(frozen=True, kw_only=True)
class Row:
    """One connection as every process sees it. `socket` is new at each (re)connect of the same page."""

    connection: ConnectionId
    participant: ParticipantId
    process: str
    socket: str
    role: Role
    launch: LaunchId
    kind: str
    since: float
    entered: bool = False
    phone: bool = False

    def encoded(self) -> bytes:
        """Return the row as JSON."""
        return orjson.dumps(asdict(self))

    @classmethod
    def decoded(cls, text: bytes) -> Self:
        """Return the row of `encoded`."""
        fields: dict[str, Any] = orjson.loads(text)
        return cls(**{**fields, "role": Role(fields["role"])})


@dataclass(frozen=True)
class Gone:
    """A connection was taken off the lists. `last`: its participant had entered and is gone now.

    `at`: when it went; of a dead process the time of its last heartbeat.
    """

    room: RoomId
    participant: ParticipantId
    connection: ConnectionId
    last: bool
    was_live: bool
    at: float


@dataclass(frozen=True)
class Arrival:
    """`is_back`: the page's earlier socket had not been noticed as gone. `still_in`: and it had entered."""

    is_back: bool
    still_in: bool


@dataclass(frozen=True)
class Entered:
    """`live`: this page is the participant's live one. `moved`: it was another one until now, or none."""

    live: bool
    moved: bool


class Presence:
    """The lists of one installation, as one process writes them."""

    def __init__(self, redis: Redis, clock: Clock, settings: Settings, process: str) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._clock = clock
        self._settings = settings
        self.process = process
        scripts = {name: _script(name) for name in ("arrive", "enter", "gone", "use")}
        self._scripts = {name: redis.register_script(text) for name, text in scripts.items()}

    def arrive(self, room: RoomId, row: Row) -> Arrival:
        """List a connection.

        Raises:
            AppError: `room_full` (in all, or for this participant), `bad_message` for a foreign page's id.
        """
        limits = [self._settings.room_connections, self._settings.participant_connections]
        answer = self._run("arrive", room, row, row.encoded(), *limits)
        if answer == b"full":
            raise AppError("room_full", "This room is full. Try again later.")
        if answer == b"foreign":
            raise AppError("bad_message", "The page sent something this server does not understand.")
        return Arrival(is_back=answer != b"new", still_in=answer == b"still in")

    def enter(self, room: RoomId, row: Row, *, take_over: bool) -> Entered:
        """Count a connection in. It becomes the live one if there is none, or if it takes over."""
        live, moved = self._run("enter", room, row, row.encoded(), int(take_over))
        return Entered(bool(live), bool(moved))

    def use(self, room: RoomId, row: Row) -> None:
        """Make a page that has entered the live one of its participant."""
        self._run("use", room, row)

    def gone(self, room: RoomId, row: Row) -> Gone | None:
        """Take a connection off the lists; None if it was not there, or now belongs to a newer socket."""
        return self._gone(room, row.participant, row.connection, "socket", row.socket, self._clock.now())

    def is_listed(self, room: RoomId, connection: ConnectionId) -> bool:
        """Whether a connection is on the lists, whichever process has it."""
        return bool(self._redis.hexists(f"room:{room}:connections", connection))

    def live_page(self, room: RoomId, participant: ParticipantId) -> tuple[ConnectionId | None, str]:
        """Return the live page of a participant, and its kind (`tab` or `window`)."""
        connection = self._redis.hget(f"room:{room}:live", participant)
        text = self._redis.hget(f"room:{room}:connections", connection) if connection else None
        if not connection or not text:
            return None, "tab"
        return ConnectionId(connection.decode()), Row.decoded(text).kind

    def rows(self, room: RoomId) -> list[Row]:
        """Return every connection of a room."""
        return [Row.decoded(text) for text in self._redis.hvals(f"room:{room}:connections")]

    def participants(self, room: RoomId) -> set[ParticipantId]:
        """Return who is in a room."""
        return {row.participant for row in self.rows(room) if row.entered}

    def connections(self, room: RoomId) -> set[ConnectionId]:
        """Return the connections of a room that are on the lists."""
        return {ConnectionId(name.decode()) for name in self._redis.hkeys(f"room:{room}:connections")}

    def role_of(self, room: RoomId, participant: ParticipantId) -> Role | None:
        """Return the highest launch role among somebody's entered connections; None: not in the room."""
        pages = self._redis.smembers(f"room:{room}:pages:{participant}")
        texts = self._redis.hmget(f"room:{room}:connections", list(pages)) if pages else []
        roles = [row.role for row in map(Row.decoded, filter(None, texts)) if row.entered]
        return max(roles, key=lambda role: role.rank) if roles else None

    def empty_since(self, room: RoomId) -> float | None:
        """Return since when nobody is in a room; None while somebody is."""
        now = self._clock.now()
        if self._redis.scard(f"room:{room}:entered"):
            return None
        self._redis.set(f"room:{room}:empty_since", now, nx=True)
        return float(self._redis.get(f"room:{room}:empty_since") or now)

    def beat(self) -> bool:
        """Say that this process lives. True if it had been forgotten: all its rows must be written again."""
        return bool(self._redis.zadd(PROCESSES, {self.process: self._clock.now()}))

    def farewell(self) -> None:
        """This process stops; its rows are gone already."""
        self._redis.zrem(PROCESSES, self.process)

    def reap(self) -> Iterator[Gone]:
        """Take the connections of dead processes off the lists. Of several reapers, one gets each process."""
        limit = self._clock.now() - BELIEVED_BEATS * self._settings.process_beat_seconds
        for process, beat in self._redis.zrangebyscore(PROCESSES, "-inf", limit, withscores=True):
            if self._redis.zrem(PROCESSES, process):
                yield from self._clear(process.decode(), beat)

    def _clear(self, process: str, last_beat: float) -> Iterator[Gone]:
        key = f"proc:{process}:connections"
        for member in self._redis.smembers(key):
            room, participant, connection = member.decode().split("|")
            where = RoomId(room), ParticipantId(participant), ConnectionId(connection)
            gone = self._gone(*where, "process", process, last_beat)
            self._redis.srem(key, member)
            if gone is not None:
                yield gone

    def _gone(
        self,
        room: RoomId,
        participant: ParticipantId,
        connection: ConnectionId,
        field: str,
        value: str,
        at: float,
    ) -> Gone | None:
        keys = _keys(room, participant)
        answer = self._scripts["gone"](keys, [connection, participant, room, field, value, self._clock.now()])
        if answer is None:
            return None
        last, was_live = answer
        return Gone(room, participant, connection, bool(last), bool(was_live), at)

    def _run(self, name: str, room: RoomId, row: Row, *more: bytes | int) -> Any:
        member = f"{room}|{row.participant}|{row.connection}"
        arguments = [row.connection, row.participant, row.socket, row.process, member, *more]
        return self._scripts[name](_keys(room, row.participant), arguments)


def _keys(room: RoomId, participant: ParticipantId) -> list[str]:
    prefix = f"room:{room}"
    return [
        f"{prefix}:connections",
        f"{prefix}:pages:{participant}",
        f"{prefix}:entered",
        f"{prefix}:live",
        f"{prefix}:empty_since",
    ]


def _script(name: str) -> str:
    return files("lti_room.realtime").joinpath(f"presence_{name}.lua").read_text()
